/** Drafts: what was typed and not saved yet, kept in the browser by file and person. */

export interface Draft {
  text: string
  /** The version it is made from, and its text; empty for a new file. */
  base: string
  baseText: string
  at: number
}

const store = 'drafts'

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('millrace', 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(store)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function within<T>(mode: IDBTransactionMode, ask: (of: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open()
  try {
    return await new Promise<T>((resolve, reject) => {
      const change = base.transaction(store, mode)
      const asked = ask(change.objectStore(store))
      change.oncomplete = () => resolve(asked.result)
      change.onabort = change.onerror = () => reject(change.error)
    })
  } finally {
    base.close()
  }
}

const key = (who: string, workflow: string) => `${document.baseURI} ${who} ${workflow}`

export const drafts = {
  read: (who: string, workflow: string) => within<Draft | undefined>('readonly', (of) => of.get(key(who, workflow)) as IDBRequest<Draft | undefined>),
  keep: (who: string, workflow: string, draft: Draft) => within('readwrite', (of) => of.put(draft, key(who, workflow))),
  drop: (who: string, workflow: string) => within('readwrite', (of) => of.delete(key(who, workflow))),
}
