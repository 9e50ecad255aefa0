import { expect, test } from 'vitest'
import { parentOf, placeOf, to, withQuery } from '../../src/data/address'

const at = (path: string, prefix = '/') => placeOf(new URL(path, 'http://mill.example'), prefix)

test('each address shows its screen, with what it names', () => {
  expect(at('/').screen).toBe('today')
  expect(at('/runs')).toMatchObject({ screen: 'runs', params: {} })
  expect(at('/runs/r035/steps/0.2.17')).toMatchObject({ screen: 'run', params: { id: 'r035', step: '0.2.17' } })
  expect(at('/workflows/a%20b%2Fc/edit')).toMatchObject({ screen: 'edit', params: { id: 'a b/c' } })
  expect(at('/runs/').screen).toBe('runs')
})

test('an address that nobody knows, or that cannot be read, is nowhere', () => {
  expect(at('/elsewhere').screen).toBe('nowhere')
  expect(at('/runs/a/b').screen).toBe('nowhere')
  expect(at('/runs/%E0%A4%A').screen).toBe('nowhere')
})

test('below a prefix the same addresses work', () => {
  expect(at('/mill/', '/mill/').screen).toBe('today')
  expect(at('/mill/runs/r1', '/mill/')).toMatchObject({ screen: 'run', params: { id: 'r1' }, path: '/runs/r1' })
})

test('paths are percent-encoded and leave empty values out', () => {
  expect(to('workflows', 'a b/c')).toBe('workflows/a%20b%2Fc')
  expect(to('runs', { workflow: 'x', outcome: '', event: null, limit: 50 })).toBe('runs?workflow=x&limit=50')
  expect(at(`/${to('workflows', '100% & more/?#')}`).params.id).toBe('100% & more/?#')
})

test('a filter changes its own part of the query', () => {
  const query = new URLSearchParams('outcome=failed&workflow=x')
  expect(withQuery(query, { outcome: 'completed' })).toBe('?outcome=completed&workflow=x')
  expect(withQuery(query, { outcome: null, workflow: '' })).toBe('')
})

test('back leads to the list that a page belongs to', () => {
  expect(parentOf('/runs/r1/steps/0.2')).toBe('runs/r1')
  expect(parentOf('/workflows/w/edit')).toBe('workflows/w')
  expect(parentOf('/events/e1')).toBe('events')
  expect(parentOf('/')).toBeUndefined()
})
