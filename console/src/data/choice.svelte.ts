/** Rows that were chosen, by id: with a tick, or with `x` on the row that is looked at. */
import { SvelteSet } from 'svelte/reactivity'
import { onKey } from './keys.svelte'

export class Choice {
  #ids = new SvelteSet<string>()

  constructor() {
    onKey((key) => {
      const id = key === 'x' ? (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('[data-row]')?.dataset.id : undefined
      if (id !== undefined) this.turn(id)
      return id !== undefined
    })
  }

  has = (id: string) => this.#ids.has(id)
  get size() {
    return this.#ids.size
  }
  turn(id: string, on = !this.#ids.has(id)) {
    if (on) this.#ids.add(id)
    else this.#ids.delete(id)
  }
  clear = () => this.#ids.clear()
  /** What is gone from the list is chosen no more. */
  keep(there: Iterable<string>) {
    const known = new Set(there)
    for (const id of this.#ids) if (!known.has(id)) this.#ids.delete(id)
  }
}
