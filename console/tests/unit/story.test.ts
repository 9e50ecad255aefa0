import { expect, test } from 'vitest'
import { nearest } from '../../src/data/nearest'
import { partsOf } from '../../src/data/reasons'
import type { Outcome, Step } from '../../src/data/types'
import { countEffects, lookOfRun, lookOfStep } from '../../src/parts/looks'
import { treeOf } from '../../src/parts/tree'
import { t } from '../../src/texts'

const step = (path: string, label: string | null, status: Step['status'] = 'succeeded'): Step => ({
  path, label, status, id: null, action: 'files.write', attempts: 1, started: null, ended: null, waits_for: null, waits_until: null, error: null,
})

test('a branch holds its steps, and a loop what is told of it', () => {
  const roots = treeOf([step('0/0', 'tags'), step('0/1', 'marked'), step('0/2', 'either'), step('0/2/0/0', 'files.write'), step('0/2/0/1', 'files.write')])
  expect(roots.map((node) => node.dotted)).toEqual(['0.0', '0.1', '0.2'])
  expect(roots[2]!.inside.map((node) => node.dotted)).toEqual(['0.2.0.0', '0.2.0.1'])
})

test('steps without names are a tree all the same', () => {
  expect(treeOf([step('0/0', null), step('0/0/0/0', null)])[0]!.inside).toHaveLength(1)
})

test('a reason leads to the runs and events that it names, and its times are times', () => {
  expect(partsOf('event e035fzzn3b0000 (manual) came 2026-11-27T19:06:07+00:00 (22m ago)')).toEqual([
    { kind: 'text', text: 'event ' }, { kind: 'event', text: 'e035fzzn3b0000' }, { kind: 'text', text: ' (manual) came ' },
    { kind: 'time', text: '2026-11-27T19:06:07+00:00' }, { kind: 'text', text: ' (22m ago)' },
  ])
  expect(partsOf('run undo-r035fzzn3b0000 is done')[1]).toEqual({ kind: 'run', text: 'undo-r035fzzn3b0000' })
})

test('every outcome and status has an icon and a word', () => {
  const outcomes: Outcome[] = ['running', 'completed', 'failed', 'skipped', 'waiting', 'stopped_by_safety', 'parked', 'cancelled']
  const words = outcomes.map((outcome) => lookOfRun({ outcome }).text)
  expect(new Set(words).size).toBe(outcomes.length)
  expect(lookOfRun({ outcome: 'running', queued: true }).text).toBe(t.outcome.queued)
  for (const status of ['waiting', 'running', 'succeeded', 'failed', 'skipped', 'unsure'] as const) expect(lookOfStep(status).text).toBe(t.status[status])
})

test('an outcome that the page does not know is shown by its name', () => {
  expect(lookOfRun({ outcome: 'later' as Outcome })).toMatchObject({ text: 'later' })
})

test('deletions are counted first', () => {
  expect(countEffects([{ effect: 'create' }, { effect: 'delete' }, { effect: 'create' }])).toEqual([['delete', 1], ['create', 2]])
})

test('a name that was mistyped has the one that was meant near', () => {
  expect(nearest('tgas.upsert', ['log.write', 'tags.upsert', 'files.read'])[0]).toBe('tags.upsert')
})
