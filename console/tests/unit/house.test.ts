/** The rules of console/ that a compiler does not hold. */
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'svelte/compiler'
import { expect, test } from 'vitest'

const src = new URL('../../src/', import.meta.url)
const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => /\.(svelte|ts)$/.test(name))
const read = (name: string) => readFileSync(new URL(name, src), 'utf8')
const components = files.filter((name) => name.endsWith('.svelte'))

interface Part {
  type?: string
  name?: string
  data?: string
  value?: unknown
}
/** Every node of a template, without its script and style. */
function* parts(of: unknown): Generator<Part> {
  if (Array.isArray(of)) for (const one of of) yield* parts(one)
  else if (of !== null && typeof of === 'object') {
    yield of as Part
    for (const [name, value] of Object.entries(of)) if (name !== 'metadata' && name !== 'expression') yield* parts(value)
  }
}
// Names of keys are the same in every language.
const isWords = (part: Part) => part.type === 'Text' && /\p{L}{2}/u.test((part.data ?? '').replace(/Ctrl[ +]\w+/, ''))
const readAloud = ['title', 'placeholder', 'aria-label', 'alt', 'label']

test('every text stands in texts/', () => {
  const found: string[] = []
  for (const name of components) {
    for (const part of parts(parse(read(name), { modern: true }).fragment)) {
      if (part.type === 'Attribute' || part.type === 'StyleDirective') {
        const value: Part[] = Array.isArray(part.value) ? part.value : []
        if (readAloud.includes(part.name!) && value.some(isWords)) found.push(`${name}: ${part.name}`)
        // What is read aloud is looked at here, and the rest is for no eyes.
        part.value = undefined
      }
      if (part.type === 'Text' && isWords(part)) found.push(`${name}: ${part.data!.trim()}`)
    }
  }
  expect(found).toEqual([])
})

test('no style stands inline, and no HTML is made of text', () => {
  for (const name of components) {
    const text = read(name)
    expect(text, name).not.toMatch(/\sstyle="/)
    expect(text, name).not.toContain('{@html')
  }
  for (const name of files) expect(read(name), name).not.toMatch(/innerHTML|insertAdjacentHTML|document\.write/)
})

test('CodeMirror is known to the editor only, which is loaded when it is needed', () => {
  for (const name of files) {
    const text = read(name)
    if (!name.startsWith('editor/')) {
      expect(text, name).not.toMatch(/@codemirror|@lezer/)
      expect(text, name).not.toMatch(/^import (?!type).*\/editor\//m)
    }
  }
})

test('only one place asks the service', () => {
  const asking = files.filter((name) => /\bfetch\(|new EventSource/.test(read(name)))
  expect(asking.sort()).toEqual(['data/api.ts', 'data/feed.ts', 'data/session.svelte.ts'])
})
