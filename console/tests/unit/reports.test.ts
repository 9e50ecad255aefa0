import { expect, test } from 'vitest'
import { beforeOf, byFolder, cellsOf, kindOf, linesBetween, pathOf, seriesOf, type Report } from '../../src/data/reports'

const report = (file: string, changed: string): Report => ({ file, changed, bytes: 1 })

test('a report of every day, week or month is one series, and another name is another', () => {
  const series = ['tags-2026-11-20.csv', 'tags-2026-11-27.csv', 'tags-20261127.csv', 'tags-2026-W48.csv', 'tags-2026-11.csv', 'tags-2026-11-27T09-30.csv', 'tags-2026-11-27_093000.csv']
  expect(new Set(series.map(seriesOf)).size).toBe(1)
  expect(seriesOf('posts-2026-11-27.csv')).not.toBe(seriesOf('tags-2026-11-27.csv'))
  expect(seriesOf('other/tags-2026-11-27.csv')).not.toBe(seriesOf('tags-2026-11-27.csv'))
  expect(seriesOf('v1234.csv')).toBe('v1234.csv')
})

test('the one before is the newest of its series that is older', () => {
  const all = [report('a-2026-11-27.csv', '2026-11-27T09:00:00Z'), report('b-2026-11-26.csv', '2026-11-26T09:00:00Z'), report('a-2026-11-20.csv', '2026-11-20T09:00:00Z'), report('a-2026-11-13.csv', '2026-11-13T09:00:00Z')]
  expect(beforeOf(all[0]!, all)?.file).toBe('a-2026-11-20.csv')
  expect(beforeOf(all[1]!, all)).toBeUndefined()
  expect(beforeOf(all[3]!, all)).toBeUndefined()
  const atOnce = [report('a-2026-11-20.csv', '2026-11-27T09:00:00Z'), report('a-2026-11-27.csv', '2026-11-27T09:00:00Z')]
  expect(beforeOf(atOnce[1]!, atOnce)?.file).toBe('a-2026-11-20.csv')
  expect(beforeOf(atOnce[0]!, atOnce)).toBeUndefined()
})

test('folders are told in the order of what changed last, and names go into addresses', () => {
  expect(byFolder([report('w/b', '2'), report('a', '1'), report('w/a', '0')]).map(([folder, files]) => [folder, files.length])).toEqual([['w', 2], ['', 1]])
  expect(pathOf('a b/ü?#%.html')).toBe('reports/a%20b/%C3%BC%3F%23%25.html')
  expect([kindOf('a.HTML'), kindOf('a.pdf'), kindOf('a.csv'), kindOf('noext')]).toEqual(['frame', 'none', 'table', 'none'])
})

test('CSV is read with quotes, line ends of both kinds, and whatever parts its cells', () => {
  expect(cellsOf('\ufeffa,b\r\n"1,""2""","x\ny"\r\n')).toEqual([['a', 'b'], ['1,"2"', 'x\ny']])
  expect(cellsOf('a;b,c;d\n1;2;3')).toEqual([['a', 'b,c', 'd'], ['1', '2', '3']])
  expect(cellsOf('a\tb\n')).toEqual([['a', 'b']])
  expect(cellsOf('')).toEqual([])
  expect(cellsOf('a,')).toEqual([['a', '']])
})

test('what is different between two texts is told in lines, with what stands around it', () => {
  expect(linesBetween('a\nb\n', 'a\nb\n')).toEqual([])
  const told = linesBetween('head\na\nb\nc\nfoot', 'head\na\nx\nc\nd\nfoot').map((line) => `${line.is}:${line.text}`)
  expect(told).toEqual(['same:a', 'gone:b', 'new:x', 'same:c', 'new:d', 'same:foot'])
  const long = Array.from({ length: 3000 }, (_, line) => `line ${line}`)
  const other = ['first', ...long.slice(1, -1), 'last']
  expect(linesBetween(long.join('\n'), other.join('\n')).filter((line) => line.is !== 'same').map((line) => line.text)).toEqual(['line 0', 'line 2999', 'first', 'last'])
})
