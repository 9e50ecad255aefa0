/** Resources of the API: asked for once, shared by all that show them, read again when the feed says that they changed. */
import { untrack } from 'svelte'
import { get, Refusal } from './api'

/** What the feed tells of. `*`: nobody knows what changed. */
export interface Told {
  what: 'run' | 'workflow' | 'event' | 'alarm' | 'plan' | 'connection' | '*'
  id: string
}

/** Which resources a change may be seen in, by the first part of their paths. */
const seenIn: Record<Exclude<Told['what'], '*'>, string[]> = {
  run: ['runs', 'attention', 'workflows', 'status', 'events', 'audit', 'reports'],
  workflow: ['workflows', 'upcoming', 'attention', 'status', 'audit'],
  event: ['events', 'status'],
  alarm: ['attention', 'status'],
  plan: ['plans', 'attention'],
  connection: ['connections', 'attention', 'status'],
}

/** Whether the resource at `path` may be another after `told`. */
export function concerns(path: string, told: Told): boolean {
  if (told.what === '*') return true
  const [place = ''] = path.split('?')
  const parts = place.split('/')
  const first = parts[0]!
  if (!seenIn[told.what].includes(first)) return false
  const own = { run: 'runs', workflow: 'workflows', event: 'events', plan: 'plans', connection: 'connections', alarm: '' }[told.what]
  // A page of one thing is not changed by what happens to another of its kind.
  if (first === own && parts.length > 1 && parts[1] !== 'counts') return parts[1] === encodeURIComponent(told.id)
  return true
}

export class Resource<T> {
  data = $state.raw<T | undefined>()
  failure = $state.raw<Refusal | undefined>()
  loading = $state(false)
  /** When what is shown was read; 0 before. */
  at = $state(0)
  holders = 0
  stale = true
  #reading: Promise<void> | undefined
  #again = false
  #last = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(readonly path: string) {}

  /** Ends when the resource is read as it is now or later: a reading that has begun before does not count. */
  refresh(): Promise<void> {
    if (this.#reading) this.#again = true
    else this.#reading = this.#read()
    return this.#reading
  }

  async #read() {
    this.loading = true
    do {
      this.#again = false
      this.stale = false
      this.#last = Date.now()
      try {
        this.data = await get<T>(this.path)
        this.failure = undefined
        this.at = Date.now()
      } catch (error) {
        this.failure = error instanceof Refusal ? error : new Refusal(0, 'other', String(error))
      }
    } while (this.#again)
    this.loading = false
    this.#reading = undefined
  }

  /** Reads again soon, not more than once in `quiet` milliseconds. */
  touch(quiet = 700) {
    this.stale = true
    if (this.holders === 0 || this.#timer !== undefined) return
    const wait = Math.max(0, this.#last + quiet - Date.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.holders > 0) void this.refresh()
    }, wait)
  }
}

const most = 60
const kept = new Map<string, Resource<unknown>>()

export function resource<T>(path: string): Resource<T> {
  let found = kept.get(path)
  if (found) kept.delete(path)
  else found = new Resource<unknown>(path)
  kept.set(path, found)
  for (const [name, old] of kept) {
    if (kept.size <= most) break
    if (old.holders === 0 && old !== found) kept.delete(name)
  }
  return found as Resource<T>
}

export function hold(entry: Resource<unknown>) {
  entry.holders += 1
  if (entry.stale || entry.failure || Date.now() - entry.at > 15_000) void entry.refresh()
}

export function release(entry: Resource<unknown>) {
  entry.holders -= 1
}

export function invalidate(told: Told) {
  for (const entry of kept.values()) if (concerns(entry.path, told)) entry.touch()
}

/** Forgets everything: another person has come in. */
export function forget() {
  for (const [name, entry] of kept) {
    if (entry.holders === 0) kept.delete(name)
    else void entry.refresh()
  }
}

export interface Used<T> {
  readonly data: T | undefined
  readonly failure: Refusal | undefined
  readonly loading: boolean
  readonly at: number
  refresh(): Promise<void>
}

/** The resource at `path` for as long as the component lives; undefined asks for nothing. */
export function use<T>(path: () => string | undefined): Used<T> {
  const entry = $derived.by(() => {
    const wanted = path()
    return wanted === undefined ? undefined : untrack(() => resource<T>(wanted))
  })
  $effect(() => {
    const held = entry
    if (!held) return
    untrack(() => hold(held))
    return () => release(held)
  })
  return {
    get data() {
      return entry?.data
    },
    get failure() {
      return entry?.failure
    },
    get loading() {
      return entry === undefined ? false : entry.loading || (entry.data === undefined && entry.failure === undefined)
    },
    get at() {
      return entry?.at ?? 0
    },
    refresh: async () => {
      await entry?.refresh()
    },
  }
}
