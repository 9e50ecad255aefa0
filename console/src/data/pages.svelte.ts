/** A list that is read page by page. It never jumps under the pointer: what is new waits until it is asked for. */
import { untrack } from 'svelte'
import { get, Refusal } from './api'
import { use } from './cache.svelte'

export interface Named {
  id: string
}

/** `shown` with what `first` tells: rows that are there are replaced, new ones are given apart. */
export function mergePage<T extends Named>(shown: T[], first: T[]): { rows: T[]; fresh: T[]; torn: boolean } {
  const incoming = new Map(first.map((row) => [row.id, row]))
  const known = new Set(shown.map((row) => row.id))
  const rows = shown.map((row) => incoming.get(row.id) ?? row)
  const fresh = first.filter((row) => !known.has(row.id))
  return { rows, fresh, torn: shown.length > 0 && fresh.length === first.length && first.length > 0 }
}

/** `path` with `limit` and, behind a row, `before`. */
export const pagePath = (path: string, limit: number, before?: string) =>
  `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ''}`

/** A list that is read onward: each page says in `next` what `after` is for the one behind it. */
export class Onward<T> {
  #first: ReturnType<typeof use<Record<string, T[]> & { next: number | null }>>
  #rest = $state.raw<T[]>([])
  next = $state<number | null>(null)
  loadingMore = $state(false)
  failure = $state.raw<Refusal | undefined>()
  rows = $derived.by(() => [...(this.#first.data?.[this.list] ?? []), ...this.#rest])

  constructor(
    private readonly path: () => string,
    private readonly list: string,
  ) {
    this.#first = use(path)
    $effect(() => {
      void path()
      const page = this.#first.data
      untrack(() => {
        this.#rest = []
        this.next = page?.next ?? null
      })
    })
  }

  get loading() {
    return this.#first.data === undefined && this.#first.failure === undefined
  }
  get refused() {
    return this.#first.failure
  }
  refresh = () => this.#first.refresh()

  more = async () => {
    const path = this.path()
    this.loadingMore = true
    this.failure = undefined
    try {
      const page = await get<Record<string, T[]> & { next: number | null }>(`${path}&after=${this.next}`)
      if (path !== this.path()) return
      this.#rest = [...this.#rest, ...(page[this.list] ?? [])]
      this.next = page.next
    } catch (error) {
      if (error instanceof Refusal) this.failure = error
    } finally {
      this.loadingMore = false
    }
  }
}

export class Pages<T extends Named> {
  rows = $state.raw<T[]>([])
  fresh = $state.raw<T[]>([])
  known = $state(false)
  more = $state(false)
  loadingMore = $state(false)
  failure = $state.raw<Refusal | undefined>()
  #path = ''
  #first: ReturnType<typeof use<Record<string, T[]>>>

  constructor(
    path: () => string,
    private readonly list: string,
    private readonly limit = 50,
  ) {
    this.#first = use<Record<string, T[]>>(() => pagePath(path(), limit))
    $effect(() => {
      const wanted = path()
      const page = this.#first.data?.[list]
      untrack(() => this.#take(wanted, page))
    })
  }

  get loading() {
    return !this.known && this.#first.failure === undefined
  }
  get refused() {
    return this.#first.failure
  }
  get at() {
    return this.#first.at
  }
  refresh = () => this.#first.refresh()

  #take(path: string, page: T[] | undefined) {
    if (path !== this.#path) {
      this.#path = path
      this.rows = []
      this.fresh = []
      this.known = false
      this.failure = undefined
    }
    if (!page) return
    if (!this.known) {
      this.rows = page
      this.known = true
      this.more = page.length >= this.limit
      return
    }
    const merged = mergePage(this.rows, page)
    this.rows = merged.rows
    this.fresh = merged.fresh
    if (merged.fresh.length > 0 && this.calm()) this.show()
  }

  /** Reads the list from its beginning, for whoever has changed it himself: what does not belong there any more is gone. */
  async anew() {
    await this.#first.refresh()
    this.known = false
    this.fresh = []
    this.#take(this.#path, this.#first.data?.[this.list])
  }

  /** Whether rows may appear by themselves: the reader is at the top and points at nothing here. */
  calm: () => boolean = () => true

  /** Shows what is new. Where more is new than a page holds, the list begins anew. */
  show() {
    const torn = this.fresh.length >= this.limit
    this.rows = torn ? this.fresh : [...this.fresh, ...this.rows]
    if (torn) this.more = true
    this.fresh = []
  }

  async older() {
    const last = this.rows.at(-1)
    if (!last || this.loadingMore) return
    this.loadingMore = true
    const path = this.#path
    try {
      const page = (await get<Record<string, T[]>>(pagePath(path, this.limit, last.id)))[this.list] ?? []
      if (path !== this.#path) return
      const known = new Set(this.rows.map((row) => row.id))
      const next = page.filter((row) => !known.has(row.id))
      this.rows = [...this.rows, ...next]
      // A service that does not page gives the same rows again.
      this.more = page.length >= this.limit && next.length > 0
      this.failure = undefined
    } catch (error) {
      if (error instanceof Refusal) this.failure = error
    } finally {
      this.loadingMore = false
    }
  }
}
