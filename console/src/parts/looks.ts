/** How outcomes, statuses, modes and effects look: an icon, a word and a tone, never a tone alone. */
import type { Effect, Outcome, Step } from '../data/types'
import { t } from '../texts'
import type { IconName } from './icons'

export interface Look {
  icon: IconName
  tone: 'good' | 'bad' | 'warn' | 'calm' | 'quiet'
  text: string
}

const outcomes: Record<Outcome, [IconName, Look['tone']]> = {
  running: ['loader-circle', 'calm'],
  completed: ['circle-check', 'good'],
  failed: ['circle-x', 'bad'],
  skipped: ['circle-slash', 'quiet'],
  waiting: ['hourglass', 'warn'],
  stopped_by_safety: ['shield-alert', 'bad'],
  parked: ['circle-question-mark', 'warn'],
  cancelled: ['ban', 'quiet'],
}

export function lookOfRun(run: { outcome: Outcome; queued?: boolean }): Look {
  if (run.queued) return { icon: 'clock', tone: 'quiet', text: t.outcome.queued! }
  const [icon, tone] = outcomes[run.outcome] ?? ['circle-question-mark', 'quiet']
  return { icon, tone, text: t.outcome[run.outcome] ?? run.outcome }
}

const statuses: Record<Step['status'], [IconName, Look['tone']]> = {
  waiting: ['hourglass', 'warn'],
  running: ['loader-circle', 'calm'],
  succeeded: ['circle-check', 'good'],
  failed: ['circle-x', 'bad'],
  skipped: ['circle-slash', 'quiet'],
  unsure: ['circle-question-mark', 'warn'],
}

export function lookOfStep(status: Step['status']): Look {
  const [icon, tone] = statuses[status] ?? ['circle-dashed', 'quiet']
  return { icon, tone, text: t.status[status] ?? status }
}

export function lookOfMode(mode: string, paused = false): Look {
  if (paused || mode === 'paused') return { icon: 'circle-pause', tone: 'warn', text: t.mode.paused! }
  return mode === 'live' ? { icon: 'zap', tone: 'calm', text: t.mode.live! } : { icon: 'flask-conical', tone: 'quiet', text: t.mode[mode] ?? mode }
}

export const effectIcon: Record<Effect, IconName> = {
  none: 'circle-dashed',
  read: 'eye',
  create: 'plus',
  update: 'pencil',
  delete: 'trash-2',
  send: 'send',
}
export const effectTone: Record<Effect, Look['tone']> = {
  none: 'quiet',
  read: 'quiet',
  create: 'good',
  update: 'calm',
  delete: 'bad',
  send: 'warn',
}
/** Deletions first: what cannot be undone easily is read first. */
export const effectOrder: Effect[] = ['delete', 'update', 'create', 'send', 'read', 'none']

export function countEffects(changes: { effect: Effect }[]): [Effect, number][] {
  const counts = new Map<Effect, number>()
  for (const change of changes) counts.set(change.effect, (counts.get(change.effect) ?? 0) + 1)
  return effectOrder.filter((effect) => counts.has(effect)).map((effect) => [effect, counts.get(effect)!])
}

export const isOver = (outcome: Outcome) => outcome !== 'running' && outcome !== 'waiting'

export function lookOfPlan(plan: { state: string; refused: unknown }): Look {
  const text = t.plans.states[plan.state] ?? plan.state
  if (plan.state === 'applied') return { icon: 'circle-check', tone: 'good', text }
  if (plan.refused) return { icon: 'circle-x', tone: 'bad', text: t.plans.stopped }
  return plan.state === 'planned' ? { icon: 'list-tree', tone: 'calm', text } : { icon: 'loader-circle', tone: 'warn', text }
}
