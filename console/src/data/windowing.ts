/** Which rows of a long list are drawn: those that are seen, and some above and below. */
export interface Span {
  from: number
  to: number
  /** Pixels before and after. */
  above: number
  below: number
}

export function spanOf(count: number, rowHeight: number, top: number, height: number, spare = 12): Span {
  const first = Math.floor(Math.max(0, top) / rowHeight)
  const shown = Math.ceil(Math.max(0, height) / rowHeight) + 1
  const from = Math.min(Math.max(0, first - spare), Math.max(0, count - 1))
  const to = Math.min(count, first + shown + spare)
  return { from, to: Math.max(to, from), above: from * rowHeight, below: Math.max(0, count - Math.max(to, from)) * rowHeight }
}
