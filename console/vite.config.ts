import { readFileSync } from 'node:fs'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'
import { icons } from './src/parts/icons'

/** One sprite of the icons that the page names; `virtual:sprite` is its address. */
function sprite(): Plugin {
  const symbol = (name: string) => {
    const text = readFileSync(new URL(`node_modules/lucide-static/icons/${name}.svg`, import.meta.url), 'utf8')
    const shapes = text.slice(text.indexOf('>', text.indexOf('<svg')) + 1, text.indexOf('</svg>')).replace(/\s+/g, ' ').trim()
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
  }
  return {
    name: 'sprite',
    resolveId: (id) => (id === 'virtual:sprite' ? '\0sprite' : undefined),
    load(id) {
      if (id !== '\0sprite') return
      if (process.env.VITEST) return `export default 'sprite.svg'`
      const source = `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${icons.map(symbol).join('')}</svg>`
      const file = this.emitFile({ type: 'asset', name: 'icons.svg', source })
      return `export default import.meta.ROLLUP_FILE_URL_${file}`
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [sprite(), svelte()],
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  test: { include: ['tests/unit/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0])
