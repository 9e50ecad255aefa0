/** Filters that a person has given a name; each browser keeps them by who is signed in. */

export interface Saved {
  name: string
  query: string
}

const place = (list: string, who: string) => `millrace.saved.${list}.${who}`

export function savedOf(list: string, who: string): Saved[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(list, who)) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one): one is Saved => typeof one?.name === 'string' && typeof one?.query === 'string') : []
  } catch {
    return []
  }
}

/** Under a name that is there already the new one takes its place. */
export function withSaved(all: Saved[], one: Saved): Saved[] {
  return [...all.filter((other) => other.name !== one.name), one]
}

export const keepSaved = (list: string, who: string, all: Saved[]) => localStorage.setItem(place(list, who), JSON.stringify(all))
