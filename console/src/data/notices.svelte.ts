/** Short notices at the foot of the page: what an action did, or why it did not. */
export interface Notice {
  id: number
  kind: 'done' | 'failed'
  text: string
  cure?: string
  link?: { text: string; href: string }
}

let last = 0
class Notices {
  list = $state<Notice[]>([])
  add(notice: Omit<Notice, 'id'>) {
    const id = ++last
    this.list.push({ ...notice, id })
    if (notice.kind === 'done') setTimeout(() => this.drop(id), 10_000)
  }
  drop(id: number) {
    this.list = this.list.filter((notice) => notice.id !== id)
  }
}
export const notices = new Notices()
