import { placeOf, withQuery, type Place } from './address'

/** Where the page is served: the path of `<base href>`, with a slash at its end. */
const base = () => new URL(document.baseURI)

class Route {
  place = $state.raw<Place>(placeOf(new URL(location.href), base().pathname))
  /** How many places of the page were left by going on; whether back stays within the page. */
  depth = 0
  /** Asked before a place is left; false keeps the page where it is. */
  guard: (() => boolean) | undefined

  constructor() {
    addEventListener('popstate', () => {
      this.depth = Math.max(0, this.depth - 1)
      this.#read()
    })
    document.addEventListener('click', (click) => {
      const link = (click.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null
      if (!link || click.defaultPrevented || click.button !== 0 || click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return
      if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return
      if (!link.pathname.startsWith(base().pathname) || link.dataset.outside !== undefined) return
      click.preventDefault()
      if (link.getAttribute('href')?.startsWith('#')) return
      this.go(link.href)
    })
  }

  /** Shows `address`, a path below the prefix or a whole one. */
  go(address: string, how: { replace?: boolean } = {}) {
    const url = new URL(address, base())
    if (how.replace) history.replaceState(null, '', url)
    else {
      this.depth += 1
      history.pushState(null, '', url)
    }
    const before = this.place
    this.#read()
    // Another step of the same run leaves the page where it is.
    const same = this.place.screen === before.screen && this.place.params.id === before.params.id
    if (!how.replace && !same) scrollTo(0, 0)
  }

  /** Changes what stands behind the question mark; a filter replaces, a tab is a step of its own. */
  set(query: Record<string, string | null | undefined>, how: { push?: boolean } = {}) {
    const path = this.place.path.slice(1)
    this.go((path || '.') + (withQuery(this.place.query, query) || '?').replace(/^\?$/, ''), { replace: !how.push })
  }

  #read() {
    this.place = placeOf(new URL(location.href), base().pathname)
  }
}

export const route = new Route()
