/** Who is here, how the service is reached, and what the reader has chosen. */
import { connect, get, Refusal } from './api'
import { forget, invalidate } from './cache.svelte'
import { may, roleWith, type Right } from './rights'
import type { Session } from './types'
import { t } from '../texts'

const own = Intl.DateTimeFormat().resolvedOptions().timeZone

export type ZoneChoice = 'project' | 'own' | 'UTC'
export type Theme = 'system' | 'light' | 'dark'

const kept = <T extends string>(name: string, fallback: T) => (localStorage.getItem(`millrace.${name}`) as T | null) ?? fallback

class Here {
  /** Not known yet; nobody; somebody. */
  state = $state<'asking' | 'out' | 'in' | 'failed'>('asking')
  session = $state.raw<Session | undefined>()
  failure = $state.raw<Refusal | undefined>()
  /** The service does not answer. */
  away = $state(false)
  zoneChoice = $state<ZoneChoice>(kept('zone', 'project'))
  theme = $state<Theme>(kept('theme', 'system'))
  singleKeys = $state(kept('keys', 'on') === 'on')
  now = $state(Date.now())
  #waiting: (() => void)[] = []
  #knock: ReturnType<typeof setTimeout> | undefined

  zone = $derived(this.zoneChoice === 'own' ? own : this.zoneChoice === 'UTC' ? 'UTC' : (this.session?.zone ?? own))
  ownZone = own

  constructor() {
    connect({
      over: () => {
        this.state = 'out'
        return new Promise((resolve) => this.#waiting.push(resolve))
      },
      heard: (answers) => this.#heard(answers),
    })
    setInterval(() => {
      if (!document.hidden) this.now = Date.now()
    }, 5000)
  }

  async begin() {
    try {
      this.session = await get<Session>('session', { quiet: true })
      this.failure = undefined
      this.state = 'in'
    } catch (error) {
      const refusal = error as Refusal
      if (refusal.status === 401) this.state = 'out'
      else {
        this.failure = refusal
        this.state = 'failed'
      }
    }
  }

  /** After a code was taken: what waited for it goes on. */
  async entered() {
    const before = this.session?.who
    await this.begin()
    if (this.state !== 'in') return
    const waiting = this.#waiting
    this.#waiting = []
    waiting.forEach((go) => go())
    if (before !== undefined && before !== this.session?.who) forget()
  }

  /** Why something cannot be done now; undefined where it can. */
  barred(right: Right): string | undefined {
    if (this.away) return t.away
    return may(this.session?.roles ?? [], right) ? undefined : t.needsRole(roleWith(right))
  }

  choose(what: { zone?: ZoneChoice; theme?: Theme; keys?: boolean }) {
    if (what.zone) localStorage.setItem('millrace.zone', (this.zoneChoice = what.zone))
    if (what.theme) localStorage.setItem('millrace.theme', (this.theme = what.theme))
    if (what.keys !== undefined) localStorage.setItem('millrace.keys', (this.singleKeys = what.keys) ? 'on' : 'off')
  }

  #heard(answers: boolean) {
    if (answers === !this.away) return
    this.away = !answers
    if (answers) invalidate({ what: '*', id: '' })
    else this.#knockSoon()
  }

  #knockSoon() {
    clearTimeout(this.#knock)
    this.#knock = setTimeout(() => {
      fetch(new URL('healthz', document.baseURI), { cache: 'no-store' })
        .then((answer) => this.#heard(answer.ok))
        .catch(() => undefined)
        .finally(() => {
          if (this.away) this.#knockSoon()
        })
    }, 3000)
  }
}

export const here = new Here()
