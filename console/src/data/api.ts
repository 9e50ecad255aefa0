/** The one place that talks to the service. */
import { t } from '../texts'

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: unknown = undefined,
    readonly after = 0,
  ) {
    super(message)
  }
  /** What to do about it, in a sentence. */
  get cure(): string {
    if (this.status === 0) return t.refusal.away
    if (this.code === 'no_route') return t.refusal.olderCure
    return t.refusal.cures[this.status] ?? t.refusal.other
  }
}

export interface Answer<T> {
  data: T
  etag: string | null
}

interface Doors {
  /** The session is over: answers once there is another, or never. */
  over: () => Promise<void>
  /** Whether the service answers. */
  heard: (answers: boolean) => void
}

let doors: Doors = { over: () => new Promise(() => {}), heard: () => {} }
export const connect = (to: Doors) => {
  doors = to
}

const keyName = 'millrace.key'
export const key = {
  read: () => localStorage.getItem(keyName) ?? '',
  keep: (value: string) => localStorage.setItem(keyName, value),
  drop: () => localStorage.removeItem(keyName),
}

const noRoute = 'there is nothing at this address'

function refusalOf(status: number, body: unknown, after: number): Refusal {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  const code = typeof error?.code === 'string' ? error.code : 'other'
  const message = typeof error?.message === 'string' ? error.message : t.refusal.status(status)
  // The page is newer than the service, which has no such route.
  if (status === 404 && message === noRoute) return new Refusal(status, 'no_route', t.refusal.older, body)
  return new Refusal(status, code, message, body, after)
}

async function ask(method: string, path: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal) {
  const all: Record<string, string> = { Accept: 'application/json', ...headers }
  if (method !== 'GET') {
    all['Content-Type'] = 'application/json'
    const own = key.read()
    if (own) all['X-Millrace-Key'] = own
  }
  try {
    const answer = await fetch(new URL(path, document.baseURI), {
      method,
      headers: all,
      body: method === 'GET' || body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    })
    doors.heard(true)
    return answer
  } catch (error) {
    if (signal?.aborted) throw error
    doors.heard(false)
    throw new Refusal(0, 'away', t.refusal.noAnswer)
  }
}

async function read<T>(answer: Response): Promise<Answer<T>> {
  const text = await answer.text()
  let body: unknown
  try {
    body = text === '' ? undefined : JSON.parse(text)
  } catch {
    body = undefined
  }
  if (!answer.ok) throw refusalOf(answer.status, body, Number(answer.headers.get('Retry-After') ?? 0))
  return { data: body as T, etag: answer.headers.get('ETag') }
}

export interface Options {
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Whether a session that is over is an answer, and nothing to sign in for. */
  quiet?: boolean
}

/** One request below /api/v1. Where the session is over it waits for another and asks once more. */
async function answered(method: string, path: string, body: unknown, options: Options): Promise<Response> {
  const whole = `api/v1/${path.replace(/^\//, '')}`
  let answer = await ask(method, whole, body, options.headers ?? {}, options.signal)
  if (answer.status === 401 && !options.quiet) {
    await doors.over()
    answer = await ask(method, whole, body, options.headers ?? {}, options.signal)
  }
  return answer
}

export const call = async <T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<Answer<T>> =>
  read<T>(await answered(method, path, body, options))
/** A file, as text. */
export async function text(path: string): Promise<string> {
  const answer = await answered('GET', path, undefined, {})
  if (!answer.ok) await read(answer)
  return answer.text()
}
export const get = async <T>(path: string, options: Options = {}) => (await call<T>('GET', path, undefined, options)).data
export const post = async <T>(path: string, body: unknown = {}, options: Options = {}) =>
  (await call<T>('POST', path, body, options)).data

/** Enters: with a code that works once, with a name and a password, or with an invitation and the password to be. */
export async function enter(by: { code: string } | { name: string; password: string } | { invitation: string; password: string }): Promise<void> {
  const way = 'code' in by ? 'code' : 'name' in by ? 'password' : 'invitation'
  const { data } = await read<{ key: string }>(await ask('POST', `enter/${way}`, by, {}))
  key.keep(data.key)
}
