import { expect, test } from 'vitest'
import { absolute, bytes, clocksChange, millis, relative, took } from '../../src/data/times'

test('a clock time names its zone', () => {
  expect(absolute('2026-11-27T19:06:08.258123456Z', 'Europe/London')).toBe('Fri 27 Nov 2026, 19:06:08 Europe/London')
  expect(absolute('2026-07-01T12:00:00Z', 'Asia/Kolkata')).toBe('Wed 1 Jul 2026, 17:30:00 Asia/Kolkata')
  expect(absolute('2026-07-01T00:00:00Z', 'UTC')).toBe('Wed 1 Jul 2026, 00:00:00 UTC')
})

test('nanoseconds are cut', () => {
  expect(millis('2026-11-27T19:06:08.258999999Z')).toBe(Date.UTC(2026, 10, 27, 19, 6, 8, 258))
})

test('what is no time stays as it was written, and never becomes "Invalid Date"', () => {
  expect(absolute('soon', 'UTC')).toBe('soon')
  expect(relative('soon', 0)).toBe('soon')
})

test('times near and far are said in one unit', () => {
  const now = Date.UTC(2026, 0, 31)
  const ago = (seconds: number) => relative(new Date(now - seconds * 1000).toISOString(), now)
  expect(ago(0)).toBe('now')
  expect(ago(30)).toMatch(/^30\s?s/)
  expect(ago(150)).toMatch(/^2 min/)
  expect(ago(7300)).toMatch(/^2 hr/)
  expect(ago(-7300)).toMatch(/^in 2 hr/)
  expect(ago(86_400 * 3)).toMatch(/^3 days/)
  expect(ago(86_400 * 800)).toMatch(/^2 yr/)
})

test('durations are read at a glance', () => {
  expect([0.4, 240, 3900, 42_000, 125_000, 12_000_000, 190_000_000].map(took)).toEqual(['< 1 ms', '240 ms', '3.9 s', '42 s', '2 min 5 s', '3 h 20 min', '2 d 4 h'])
  expect(took(Number.NaN)).toBe('')
})

test('a night in which the clocks change is told', () => {
  const noon = Date.UTC(2026, 2, 28, 12)
  expect(clocksChange(noon, noon + 86_400_000, 'Europe/London')).toBe(true)
  expect(clocksChange(noon, noon + 86_400_000, 'UTC')).toBe(false)
})

test('sizes are in binary units', () => {
  expect([900, 2048, 20 * 1024 * 1024].map(bytes)).toEqual(['900 B', '2.0 KiB', '20 MiB'])
})
