import { expect, test } from 'vitest'
import { mergePage, pagePath } from '../../src/data/pages.svelte'
import { spanOf } from '../../src/data/windowing'

test('of a hundred thousand rows only those that are seen are drawn', () => {
  const span = spanOf(100_000, 44, 44 * 5000, 900)
  expect(span.to - span.from).toBeLessThan(60)
  expect(span.from).toBeLessThanOrEqual(5000)
  expect(span.to).toBeGreaterThan(5000 + 900 / 44)
  expect(span.above + (span.to - span.from) * 44 + span.below).toBe(100_000 * 44)
})

test('the ends of a list are whole', () => {
  expect(spanOf(10, 44, -500, 900)).toEqual({ from: 0, to: 10, above: 0, below: 0 })
  expect(spanOf(100, 44, 99_999, 900).to).toBe(100)
  expect(spanOf(0, 44, 0, 900)).toEqual({ from: 0, to: 0, above: 0, below: 0 })
})

const row = (id: string, value = 0) => ({ id, value })

test('rows that are there are replaced in place, and new ones wait', () => {
  const merged = mergePage([row('b'), row('a')], [row('c'), row('b', 1)])
  expect(merged.rows).toEqual([row('b', 1), row('a')])
  expect(merged.fresh).toEqual([row('c')])
  expect(merged.torn).toBe(false)
})

test('a page that does not meet the list is told', () => {
  expect(mergePage([row('a')], [row('z'), row('y')]).torn).toBe(true)
  expect(mergePage([], [row('z')]).torn).toBe(false)
})

test('the next page begins behind the last row', () => {
  expect(pagePath('runs', 50)).toBe('runs?limit=50')
  expect(pagePath('runs?outcome=failed', 50, 'r 1')).toBe('runs?outcome=failed&limit=50&before=r%201')
})
