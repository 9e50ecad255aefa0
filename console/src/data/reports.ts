/** Files below output/: which belong together, how each is shown, and what is different between two of them. */

export interface Report {
  file: string
  bytes: number
  changed: string
}

export type Kind = 'frame' | 'picture' | 'table' | 'values' | 'text' | 'none'

const kinds: Record<string, Kind> = {
  html: 'frame', htm: 'frame', svg: 'picture', png: 'picture', jpg: 'picture', jpeg: 'picture', gif: 'picture', webp: 'picture',
  csv: 'table', json: 'values', txt: 'text', md: 'text',
}
/** More than this is kept, and not shown. */
export const most: Record<Kind, number> = { frame: 20_000_000, picture: 20_000_000, table: 2_000_000, values: 2_000_000, text: 2_000_000, none: 0 }

export const kindOf = (file: string): Kind => kinds[/\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''] ?? 'none'
export const nameOf = (file: string) => file.slice(file.lastIndexOf('/') + 1)
export const folderOf = (file: string) => file.slice(0, Math.max(0, file.lastIndexOf('/')))
/** Where the service gives it, below /api/v1. */
export const pathOf = (file: string) => `reports/${file.split('/').map(encodeURIComponent).join('/')}`

/** The file without the days, weeks and times in its name: equal for one report of every day. */
export const seriesOf = (file: string) =>
  file.replace(/\d{4}-?(?:W\d\d|Q[1-4]|\d\d(?:-?\d\d)?)(?:[T_-]?\d\d[:.-]?\d\d(?:[:.-]?\d\d)?Z?)?/g, '·')

/** The newest of the same series that is older; `all` has the newest first. */
export function beforeOf(report: Report, all: Report[]): Report | undefined {
  const series = seriesOf(report.file)
  return all.find((one) => one.file !== report.file && seriesOf(one.file) === series && (one.changed < report.changed || (one.changed === report.changed && one.file < report.file)))
}

/** By folder, the one that changed last first; within one the newest first. */
export function byFolder(all: Report[]): [string, Report[]][] {
  const folders = new Map<string, Report[]>()
  for (const one of all) {
    const folder = folderOf(one.file)
    folders.set(folder, [...(folders.get(folder) ?? []), one])
  }
  return [...folders]
}

/** The cells of CSV; what parts them is what the first line has most of. */
export function cellsOf(text: string): string[][] {
  const first = text.slice(0, Math.max(0, text.indexOf('\n')) || undefined)
  const parting = [',', ';', '\t'].reduce((one, other) => (first.split(other).length > first.split(one).length ? other : one))
  const rows: string[][] = []
  let row: string[] = [], cell = '', quoted = false
  const end = () => {
    row.push(cell)
    cell = ''
  }
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; at += 1) {
    const sign = text[at]!
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (text[at + 1] === '"') cell += text[(at += 1)]
      else quoted = false
    } else if (sign === '"' && cell === '') quoted = true
    else if (sign === parting) end()
    else if (sign === '\n') {
      end()
      rows.push(row)
      row = []
    } else if (sign !== '\r') cell += sign
  }
  if (cell !== '' || row.length) {
    end()
    rows.push(row)
  }
  return rows
}

export interface Line {
  is: 'gone' | 'new' | 'same'
  text: string
}

/** What was taken away and added, with the line before and behind each; in long texts without their order. */
export function linesBetween(before: string, now: string): Line[] {
  const old = before.split('\n'), fresh = now.split('\n')
  let begin = 0
  while (begin < old.length && begin < fresh.length && old[begin] === fresh[begin]) begin += 1
  let end = 0
  while (end < old.length - begin && end < fresh.length - begin && old.at(-1 - end) === fresh.at(-1 - end)) end += 1
  const a = old.slice(begin, old.length - end), b = fresh.slice(begin, fresh.length - end)
  const same = (text: string | undefined): Line[] => (text === undefined ? [] : [{ is: 'same', text }])
  if (a.length === 0 && b.length === 0) return []
  const inside = a.length * b.length <= 4_000_000 ? inOrder(a, b) : inNoOrder(a, b)
  return [...same(old[begin - 1]), ...inside, ...same(end > 0 ? old[old.length - end] : undefined)]
}

function inOrder(a: string[], b: string[]): Line[] {
  const width = b.length + 1
  const longest = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
  const lines: Line[] = []
  let i = 0, j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ is: 'same', text: a[i]! })
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) lines.push({ is: 'gone', text: a[i++]! })
    else lines.push({ is: 'new', text: b[j++]! })
  }
  return lines.filter((line, at) => line.is !== 'same' || lines[at - 1]?.is !== 'same' || (lines[at + 1]?.is ?? 'same') !== 'same')
}

function inNoOrder(a: string[], b: string[]): Line[] {
  const left = new Set(a), right = new Set(b)
  return [...a.filter((text) => !right.has(text)).map((text): Line => ({ is: 'gone', text })), ...b.filter((text) => !left.has(text)).map((text): Line => ({ is: 'new', text }))]
}
