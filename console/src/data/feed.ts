/** What changes, told by the service: one stream per browser, and questions every few seconds where there is none. */
import { get, Refusal } from './api'
import { invalidate, type Told } from './cache.svelte'

interface Changes {
  seq: number
  reset: boolean
  changes: (Told & { seq: number })[]
}

const everything: Told = { what: '*', id: '' }

/** Asks `changes` every `every` ms; a service without that route has everything read again, less often. */
export function poll(tell: (told: Told) => void, every = 2000, blind = 5000) {
  let since: number | undefined
  let over = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const ask = async () => {
    let wait = every
    try {
      const answer = await get<Changes>(since === undefined ? 'changes' : `changes?since=${since}`)
      if (answer.reset || since === undefined) tell(everything)
      else answer.changes.forEach(tell)
      since = answer.seq
    } catch (error) {
      wait = blind
      if (error instanceof Refusal && error.status === 404) tell(everything)
    }
    if (!over) timer = setTimeout(ask, wait)
  }
  timer = setTimeout(ask, every)
  return () => {
    over = true
    clearTimeout(timer)
  }
}

function listen(tell: (told: Told) => void, failed: () => void) {
  const source = new EventSource(new URL('api/v1/stream', document.baseURI))
  let opened = false
  source.onopen = () => {
    // What happened while nobody listened is not told again.
    if (opened) tell(everything)
    opened = true
  }
  source.onmessage = (message) => tell(JSON.parse(message.data as string) as Told)
  source.addEventListener('reset', () => tell(everything))
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED || !opened) failed()
  }
  return () => source.close()
}

/** Follows the service while the page is seen. With `stream` one tab listens and tells the others. */
export function follow(stream: boolean) {
  let stop: (() => void) | undefined
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('millrace.feed') : undefined
  if (channel) channel.onmessage = (message) => invalidate(message.data as Told)
  const tell = (told: Told) => {
    invalidate(told)
    channel?.postMessage(told)
  }
  const start = () => {
    if (stop || document.hidden) return
    if (!stream || !navigator.locks) {
      stop = poll(invalidate)
      return
    }
    const away = new AbortController()
    let close: (() => void) | undefined
    let done: (() => void) | undefined
    void navigator.locks
      .request('millrace.feed', { signal: away.signal }, () => {
        return new Promise<void>((resolve) => {
          done = resolve
          const instead = () => {
            close?.()
            close = poll(tell)
          }
          close = listen(tell, instead)
        })
      })
      .catch(() => undefined)
    stop = () => {
      close?.()
      if (done) done()
      else away.abort()
    }
  }
  const seen = () => {
    if (document.hidden) {
      stop?.()
      stop = undefined
    } else {
      invalidate(everything)
      start()
    }
  }
  document.addEventListener('visibilitychange', seen)
  start()
}
