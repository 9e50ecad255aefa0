import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/data/api'
import { concerns, hold, invalidate, release, resource } from '../../src/data/cache.svelte'
import { poll } from '../../src/data/feed'

type Answer = { status?: number; body: unknown }
let asked: string[] = []
let answer: (path: string) => Answer | Promise<Answer>

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  vi.stubGlobal('document', { baseURI: 'http://mill.example/' })
  vi.stubGlobal('localStorage', { getItem: () => null })
  vi.stubGlobal('fetch', async (url: URL) => {
    const path = url.pathname.replace('/api/v1/', '') + url.search
    asked.push(path)
    const { status = 200, body } = await answer(path)
    return new Response(JSON.stringify(body), { status })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a change is seen in its own page, in lists, and in no page of another', () => {
  const run = { what: 'run', id: 'r1' } as const
  expect(concerns('runs/r1?payloads=no', run)).toBe(true)
  expect(concerns('runs/r1/steps/0.2', run)).toBe(true)
  expect(concerns('runs/r2', run)).toBe(false)
  expect(concerns('runs?limit=50', run)).toBe(true)
  expect(concerns('runs/counts?by=outcome', run)).toBe(true)
  expect(concerns('attention', run)).toBe(true)
  expect(concerns('catalog', run)).toBe(false)
  expect(concerns('catalog', { what: '*', id: '' })).toBe(true)
  expect(concerns('connections', { what: 'connection', id: 'highlevel' })).toBe(true)
})

test('what is shown is read again after a change, not more than once in a while', async () => {
  answer = () => ({ body: { runs: [] } })
  const entry = resource('runs?limit=1')
  hold(entry)
  await vi.advanceTimersByTimeAsync(0)
  for (let change = 0; change < 20; change += 1) invalidate({ what: 'run', id: `r${change}` })
  await vi.advanceTimersByTimeAsync(5000)
  expect(asked).toHaveLength(2)
  release(entry)
  invalidate({ what: 'run', id: 'r1' })
  await vi.advanceTimersByTimeAsync(5000)
  expect(asked).toHaveLength(2)
})

test('whoever asks for a reading while one is under way gets what was read after that', async () => {
  let give: (answer: Answer) => void = () => {}
  const answers = [new Promise<Answer>((go) => (give = go)), { body: { runs: ['after'] } }, { body: { runs: ['later'] } }]
  answer = () => answers.shift()!
  const entry = resource<{ runs: string[] }>('runs?limit=4')
  void entry.refresh()
  const waiting = [entry.refresh(), entry.refresh()]
  give({ body: { runs: ['before'] } })
  await Promise.all(waiting)
  expect(entry.data?.runs).toEqual(['after'])
  expect(entry.loading).toBe(false)
  await entry.refresh()
  expect(entry.data?.runs).toEqual(['later'])
})

test('a failure leaves what was there, and says when it was read', async () => {
  answer = () => ({ body: { runs: ['first'] } })
  const entry = resource<{ runs: string[] }>('runs?limit=2')
  hold(entry)
  await vi.advanceTimersByTimeAsync(0)
  const at = entry.at
  answer = () => ({ status: 503, body: { error: { code: 'unavailable', message: 'the disk is full' } } })
  await vi.advanceTimersByTimeAsync(60_000)
  await entry.refresh()
  expect(entry.data).toEqual({ runs: ['first'] })
  expect(entry.failure).toMatchObject({ status: 503, message: 'the disk is full' })
  expect(entry.at).toBe(at)
  release(entry)
})

test('a request that finds the session over waits for another, and is sent once more', async () => {
  let over = true
  let come: () => void = () => {}
  connect({ over: () => new Promise((resolve) => (come = resolve)), heard: () => {} })
  answer = () => (over ? { status: 401, body: { error: { code: 'denied', message: 'over' } } } : { body: { runs: ['mine'] } })
  const entry = resource<{ runs: string[] }>('runs?limit=3')
  hold(entry)
  await vi.advanceTimersByTimeAsync(0)
  expect(entry.failure).toBeUndefined()
  expect(entry.loading).toBe(true)
  over = false
  come()
  await vi.advanceTimersByTimeAsync(0)
  expect(entry.data).toEqual({ runs: ['mine'] })
  release(entry)
})

test('without a stream, changes are asked for from where one was', async () => {
  let seq = 7
  answer = () => ({ body: { seq: seq++, reset: false, changes: [{ seq, what: 'run', id: 'r1' }] } })
  const told: string[] = []
  const stop = poll((one) => told.push(one.what), 2000)
  await vi.advanceTimersByTimeAsync(4100)
  stop()
  expect(asked).toEqual(['changes', 'changes?since=7'])
  expect(told).toEqual(['*', 'run'])
})

test('a service that does not tell changes has everything read again', async () => {
  answer = () => ({ status: 404, body: { error: { code: 'not_found', message: 'there is nothing at this address' } } })
  const told: string[] = []
  const stop = poll((one) => told.push(one.what), 2000, 5000)
  await vi.advanceTimersByTimeAsync(7100)
  stop()
  expect(told).toEqual(['*', '*'])
})
