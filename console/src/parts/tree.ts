/** Steps of a run as a tree: a step, what is inside it, and loops with their items. */
import type { Step } from '../data/types'

export interface Node {
  step: Step
  /** The path with dots, as addresses have it. */
  dotted: string
  inside: Node[]
  /** Of a loop: its items, which are windowed. */
  items: Item[]
}

export interface Item {
  index: number
  nodes: Node[]
  status: Step['status']
}

const worst: Step['status'][] = ['failed', 'unsure', 'running', 'waiting', 'succeeded', 'skipped']
const worstOf = (nodes: Node[]): Step['status'] => worst.find((status) => nodes.some((node) => node.step.status === status)) ?? 'skipped'

/** Paths alternate: list, place in it, then the list or item inside, place in it (`0/1/17/0`). */
export function treeOf(steps: Step[]): Node[] {
  const roots: Node[] = []
  const known = new Map<string, Node>()
  for (const step of steps) {
    const parts = step.path.split('/')
    const node: Node = { step, dotted: parts.join('.'), inside: [], items: [] }
    known.set(step.path, node)
    const parent = parts.length > 2 ? known.get(parts.slice(0, -2).join('/')) : undefined
    if (!parent) {
      roots.push(node)
      continue
    }
    const index = Number(parts.at(-2))
    // A label such as `marked[3]/files.write` tells that the part is an item of a loop.
    if (/\[\d+\][^[\]]*$/.test(step.label ?? '')) {
      const last = parent.items.at(-1)
      if (last?.index === index) last.nodes.push(node)
      else parent.items.push({ index, nodes: [node], status: 'waiting' })
    } else parent.inside.push(node)
  }
  const settle = (nodes: Node[]) => {
    for (const node of nodes) {
      settle(node.inside)
      for (const item of node.items) {
        settle(item.nodes)
        item.status = worstOf(item.nodes)
      }
    }
  }
  settle(roots)
  return roots
}

export function countItems(items: Item[]): [Step['status'], number][] {
  const counts = new Map<Step['status'], number>()
  for (const item of items) counts.set(item.status, (counts.get(item.status) ?? 0) + 1)
  return worst.filter((status) => counts.has(status)).map((status) => [status, counts.get(status)!])
}
