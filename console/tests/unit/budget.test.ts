import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

const dist = new URL('../../dist/', import.meta.url)
const budget = JSON.parse(readFileSync(new URL('../../budget.json', import.meta.url), 'utf8')) as {
  first_load: { script: number; style: number; rest: number }
  all: number
  editor: number
  screen: number
}
const packed = (name: string) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length / 1024

/** Files by how they begin to be loaded: with the page, with Today, or when they are needed. */
describe.skipIf(!existsSync(new URL('index.html', dist)))('of the built page (npm run build)', () => {
  const names = existsSync(dist) ? readdirSync(new URL('assets/', dist)).map((name) => `assets/${name}`) : []
  const text = (name: string) => readFileSync(new URL(name, dist), 'utf8')
  const imports = (name: string) => [...text(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map((match) => `assets/${match[1]}`)
  const reach = (roots: string[]) => {
    const found = new Set<string>()
    const walk = (name: string) => {
      if (found.has(name)) return
      found.add(name)
      imports(name).forEach(walk)
    }
    roots.forEach(walk)
    return found
  }
  const index = names.length ? readFileSync(new URL('index.html', dist), 'utf8') : ''
  const entry = [...index.matchAll(/assets\/[\w.-]+\.js/g)].map((match) => match[0])
  const today = names.filter((name) => /\/Today-.*\.js$/.test(name))
  const sum = (list: Iterable<string>) => [...list].reduce((total, name) => total + packed(name), 0)

  test('the first load with Today stays within its budget', () => {
    const script = reach([...entry, ...today])
    const chunks = [...script].map((name) => name.replace(/^assets\/|-[\w-]{8}\.js$/g, ''))
    const style = names.filter((name) => name.endsWith('.css') && (index.includes(name) || chunks.some((chunk) => name.startsWith(`assets/${chunk}-`))))
    const sizes = { script: sum(script), style: sum(style), rest: packed('index.html') + sum(names.filter((name) => name.endsWith('.svg'))) }
    console.log('first load, KiB gzip:', sizes)
    expect(sizes.script).toBeLessThan(budget.first_load.script)
    expect(sizes.style).toBeLessThan(budget.first_load.style)
    expect(sizes.rest).toBeLessThan(budget.first_load.rest)
  })

  test('all chunks together stay within theirs', () => {
    const all = sum(names.filter((name) => /\.(js|css)$/.test(name)))
    console.log('all, KiB gzip:', all)
    expect(all).toBeLessThan(budget.all)
  })

  test('a screen brings no more than its share', () => {
    const first = reach([...entry, ...today])
    const screens = readdirSync(new URL('../../src/screens/', import.meta.url)).map((name) => name.replace('.svelte', ''))
    for (const name of names.filter((one) => screens.some((screen) => one.startsWith(`assets/${screen}-`) && one.endsWith('.js')))) {
      const own = [...reach([name])].filter((one) => !first.has(one))
      expect(sum(own), name).toBeLessThan(budget.screen)
    }
    const editor = sum([...reach(names.filter((one) => /\/(Editing|merge)-.*\.js$/.test(one)))].filter((one) => !first.has(one)))
    console.log('editor, KiB gzip:', editor)
    expect(editor).toBeGreaterThan(50)
    expect(editor).toBeLessThan(budget.editor)
  })

  test('nothing stands inline and nothing comes from outside', () => {
    expect(index).not.toMatch(/<style|<script(?![^>]*src=)|\son\w+=|style=/)
    for (const name of names.filter((one) => one.endsWith('.css'))) expect(text(name)).not.toMatch(/url\(\s*["']?(https?:)?\/\//)
    for (const name of names.filter((one) => one.endsWith('.js'))) expect(text(name), name).not.toMatch(/\beval\(|new Function\(/)
  })
})
