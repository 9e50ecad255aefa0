/** Keys of the whole page. Single keys never act inside fields, and can be switched off. */
import { parentOf } from './address'
import { route } from './route.svelte'
import { here } from './session.svelte'

const jumps: Record<string, string> = {
  t: '', w: 'workflows', r: 'runs', n: 'inbox', e: 'events', f: 'reports', c: 'catalogue', p: 'plans', o: 'connections', a: 'audit', h: 'health',
}

/** Keys of the screen that is shown; a screen puts its own here while it lives. */
const own = new Set<(key: string) => boolean>()
export function onKey(hear: (key: string) => boolean) {
  $effect(() => {
    own.add(hear)
    return () => own.delete(hear)
  })
}

export const inField = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.shadowRoot !== null || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))

/** Moves between the rows of a list: links that carry `data-row`. */
function move(by: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')]
  if (rows.length === 0) return false
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]!
  next.focus()
  next.scrollIntoView({ block: 'nearest' })
  return true
}

function back() {
  const parent = parentOf(route.place.path)
  if (parent === undefined) return false
  if (route.depth > 0) history.back()
  else route.go(parent)
  return true
}

export function watchKeys(open: { palette: () => void; help: () => void }): () => void {
  let jumping = 0
  const hear = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      open.palette()
      return
    }
    if (document.querySelector('dialog[open]')) return
    if (inField(event.target)) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape') {
      if (back()) event.preventDefault()
      return
    }
    if (!here.singleKeys) return
    const heard = (): boolean => {
      if (Date.now() - jumping < 1200) {
        jumping = 0
        const to = jumps[event.key]
        if (to === undefined) return false
        route.go(to || '.')
        return true
      }
      if (event.key === 'g') {
        jumping = Date.now()
        return true
      }
      for (const own1 of own) if (own1(event.key)) return true
      if (event.key === '?') open.help()
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('main [data-filter]')
        field?.focus()
        return field !== null
      } else if (event.key === 'j') return move(1)
      else if (event.key === 'k') return move(-1)
      else return false
      return true
    }
    if (heard()) event.preventDefault()
  }
  document.addEventListener('keydown', hear)
  return () => document.removeEventListener('keydown', hear)
}
