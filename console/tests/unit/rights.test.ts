import { expect, test } from 'vitest'
import { may, roleWith, type Right } from '../../src/data/rights'
import { withSaved } from '../../src/data/saved'

const rights: Right[] = ['answer', 'pause', 'apply', 'edit']

test('each role may what the service lets it do, and a refusal names the least of them', () => {
  expect(rights.filter((right) => may(['viewer'], right))).toEqual([])
  expect(rights.filter((right) => may(['approver'], right))).toEqual(['answer', 'pause', 'apply'])
  expect(rights.filter((right) => may(['editor'], right))).toEqual(['pause', 'apply', 'edit'])
  expect(rights.filter((right) => may(['viewer', 'admin'], right))).toEqual(rights)
  expect(may(['approver', 'editor'], 'answer') && may(['approver', 'editor'], 'edit')).toBe(true)
  expect(rights.map(roleWith)).toEqual(['approver', 'approver', 'approver', 'editor'])
})

test('a filter that is saved again under its name takes the place of the old one', () => {
  const all = [{ name: 'a', query: 'x=1' }, { name: 'b', query: 'x=2' }]
  expect(withSaved(all, { name: 'a', query: 'x=3' })).toEqual([{ name: 'b', query: 'x=2' }, { name: 'a', query: 'x=3' }])
})
