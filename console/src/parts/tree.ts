/** Steps of a run as a tree: a step, and what is inside it. Items of loops are asked for apart. */
import type { Step } from '../data/types'

export interface Node {
  step: Step
  /** The path with dots, as addresses have it. */
  dotted: string
  inside: Node[]
}

/** Paths alternate: list, place in it, then the list inside, place in it (`0/1/2/0`). */
export function treeOf(steps: Step[]): Node[] {
  const roots: Node[] = []
  const known = new Map<string, Node>()
  for (const step of steps) {
    const parts = step.path.split('/')
    const node: Node = { step, dotted: parts.join('.'), inside: [] }
    known.set(step.path, node)
    const parent = parts.length > 2 ? known.get(parts.slice(0, -2).join('/')) : undefined
    ;(parent?.inside ?? roots).push(node)
  }
  return roots
}
