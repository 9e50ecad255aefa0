/** The names that are most like a word, for a search that found nothing. */

function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at]
    for (let to = 1; to <= other.length; to += 1)
      next.push(Math.min(row[to]! + 1, next[to - 1]! + 1, row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1)))
    row = next
  }
  return row[other.length]!
}

export function nearest(word: string, names: string[], most = 3): string[] {
  const wanted = word.toLowerCase()
  return names
    .map((name) => ({ name, far: Math.min(distance(wanted, name.toLowerCase()), ...name.toLowerCase().split(/[._]/).map((part) => distance(wanted, part) + 1)) }))
    .sort((one, other) => one.far - other.far)
    .slice(0, most)
    .map((one) => one.name)
}
