/** A sentence of `why` in parts: ids of runs and events lead to their pages, times are shown in the reader's zone. */
export interface Part {
  kind: 'text' | 'run' | 'event' | 'time'
  text: string
}

const known = /\b(run|event) ((?:undo-)?[re][0-9a-z]{12,})|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))/g

export function partsOf(reason: string): Part[] {
  const parts: Part[] = []
  let at = 0
  const text = (until: number) => {
    if (until > at) parts.push({ kind: 'text', text: reason.slice(at, until) })
  }
  for (const match of reason.matchAll(known)) {
    const [whole, kind, id, time] = match
    text(time ? match.index : match.index + whole.length - id!.length)
    parts.push(time ? { kind: 'time', text: time } : { kind: kind as 'run' | 'event', text: id! })
    at = match.index + whole.length
  }
  text(reason.length)
  return parts
}
