import type { PlanHead, PlannedChange } from '../data/types'

export interface Row {
  change: PlannedChange
  locations: string[]
}

/** Equal changes at several locations are one row, in the order of the first of them. */
export function sameElsewhere(changes: PlannedChange[]): Row[] {
  const rows = new Map<string, Row>()
  for (const change of changes) {
    const name = JSON.stringify([change.step, change.action, change.effect, change.summary])
    const row = rows.get(name)
    // The same twice at one location is two changes.
    if (row && change.location && !row.locations.includes(change.location)) row.locations.push(change.location)
    else rows.set(row ? `${name}${change.number}` : name, { change, locations: change.location ? [change.location] : [] })
  }
  return [...rows.values()]
}

export const totalOf = (plan: PlanHead) => Object.entries(plan.counts).reduce((all, [effect, count]) => all + (effect === 'read' || effect === 'none' ? 0 : (count ?? 0)), 0)

/** How near a plan comes to the limit of changes in one run: the run that comes nearest. */
export function nearestLimit(plan: PlanHead): { location: string | null; changes: number; most: number } | undefined {
  const most = plan.limits.max_changes
  if (!most || plan.outcomes.length === 0) return
  const run = plan.outcomes.reduce((one, other) => (other.changes > one.changes ? other : one))
  return { location: run.location, changes: run.changes, most }
}

/** Whether the number of changes has to be typed before they are made. */
export function hasToBeTyped(plan: PlanHead): boolean {
  const limit = nearestLimit(plan)
  return (plan.counts.delete ?? 0) > 20 || (limit !== undefined && limit.changes / limit.most > 0.8)
}
