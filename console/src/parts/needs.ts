import type { Attention } from '../data/types'

export const needsCount = (of: Attention) =>
  of.approvals.length + of.unsure.length + of.stopped.length + of.alarms.length + of.failures.length
