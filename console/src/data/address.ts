/** Addresses of the page: which screen a path shows, and a path below the prefix that the page is served at. */

export interface Place {
  screen: string
  params: Record<string, string>
  query: URLSearchParams
  path: string
}

/** Each screen by its path; `:name` stands for one part, percent-encoded. The first that fits is shown. */
const screens: [string, string][] = [
  ['', 'today'],
  ['enter', 'enter'],
  ['inbox', 'inbox'],
  ['workflows', 'workflows'],
  ['workflows/:id', 'workflow'],
  ['workflows/:id/edit', 'edit'],
  ['runs', 'runs'],
  ['runs/:id', 'run'],
  ['runs/:id/steps/:step', 'run'],
  ['plans', 'plans'],
  ['plans/:id', 'plan'],
  ['reports', 'reports'],
  ['reports/:id', 'report'],
  ['events', 'events'],
  ['events/:id', 'event'],
  ['connections', 'connections'],
  ['catalogue', 'catalogue'],
  ['catalogue/:name', 'catalogue'],
  ['audit', 'audit'],
  ['health', 'health'],
  ['people', 'people'],
]

function fit(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/'), parts = path.split('/')
  if (wanted.length !== parts.length) return
  const params: Record<string, string> = {}
  for (const [index, want] of wanted.entries()) {
    const part = parts[index]!
    if (want.startsWith(':')) {
      if (part === '') return
      try {
        params[want.slice(1)] = decodeURIComponent(part)
      } catch {
        return
      }
    } else if (want !== part) return
  }
  return params
}

/** What `address` shows; `prefix` ends with a slash, as in `/` or `/mill/`. */
export function placeOf(address: URL, prefix: string): Place {
  const below = address.pathname.startsWith(prefix) ? address.pathname.slice(prefix.length) : address.pathname.slice(1)
  const path = below.replace(/\/+$/, '')
  for (const [pattern, screen] of screens) {
    const params = fit(pattern, path)
    if (params) return { screen, params, query: address.searchParams, path: `/${path}` }
  }
  return { screen: 'nowhere', params: {}, query: address.searchParams, path: `/${path}` }
}

/** A path of the page with parameters: `to('runs', id)`, `to('runs', {outcome: 'failed'})`. Empty values are left out. */
export function to(...parts: (string | Record<string, string | number | null | undefined>)[]): string {
  const path: string[] = []
  const query = new URLSearchParams()
  for (const part of parts) {
    if (typeof part === 'string') path.push(...(part === '' ? [] : [encodeURIComponent(part)]))
    else
      for (const [name, value] of Object.entries(part))
        if (value !== null && value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return path.join('/') + (text ? `?${text}` : '')
}

/** The query with some values set, and those that are empty taken away. */
export function withQuery(query: URLSearchParams, set: Record<string, string | null | undefined>): string {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(set)) {
    if (value === null || value === undefined || value === '') next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text ? `?${text}` : ''
}

/** Where Esc leads to: the list that a page belongs to. */
export function parentOf(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length < 2) return
  if (parts[0] === 'runs' && parts[2] === 'steps') return `runs/${parts[1]}`
  if (parts[0] === 'workflows' && parts[2] === 'edit') return `workflows/${parts[1]}`
  return parts[0]
}
