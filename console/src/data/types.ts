/** What the routes of /api/v1 answer, as far as the page reads it. */

export type Outcome =
  | 'running' | 'completed' | 'failed' | 'skipped' | 'waiting' | 'stopped_by_safety' | 'parked' | 'cancelled'
export type Effect = 'none' | 'read' | 'create' | 'update' | 'delete' | 'send'
export type Mode = 'live' | 'dry_run' | 'paused'

export interface RunHead {
  id: string
  workflow: string
  event: string | null
  outcome: Outcome
  started: string | null
  ended: string | null
  changes: number
  queued: boolean
  mode: 'live' | 'dry_run'
  trigger: string | null
  location: string | null
  made: string
  waits_until: string | null
  note: string | null
}

export interface Shortened {
  shortened: true
  bytes: number
  preview: unknown
}

export interface Failure {
  code: string
  message: string
}

export interface Step {
  path: string
  id: string | null
  action: string | null
  label: string | null
  kind?: string | null
  status: 'waiting' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'unsure'
  attempts: number
  started: string | null
  ended: string | null
  waits_for: 'approval' | 'time' | null
  waits_until: string | null
  error: Failure | null
  input_bytes?: number | null
  output_bytes?: number | null
  /** The condition that decided, where there is one. */
  condition?: string | null
  /** Of a loop: how many of its items ended how. */
  items?: Record<string, number> | null
}

export interface Attempt {
  started: string
  ended: string | null
  error: Failure | null
  again_at: string | null
}

/** A step with its values; large ones are shortened. */
export interface FullStep extends Step {
  input: unknown
  output: unknown
  before: unknown
  history: Attempt[]
}

export interface LoopItem {
  index: number
  item: unknown
  outcome: string
  started: string
  ended: string | null
  error: Failure | null
}

export interface Change {
  step: string | null
  action: string
  effect: Effect
  target: string
  summary: string
  request?: { method: string; url: string; body?: unknown } | null
  location?: string | null
}

export interface Run extends RunHead {
  version: string | null
  changed_since: unknown
  problem: string | null
  payload_bytes?: number | null
  steps: Step[]
  change_list: Change[]
  approve_url: string | null
  would_allow: { count: number; changes: (string | Change)[]; notes: string[] } | null
  previous?: string | null
  next?: string | null
}

export interface WorkflowHead {
  id: string
  name: string
  mode: Mode
  file: string
  paused: boolean
  paused_by: string | null
  paused_since: string | null
  problem: string | null
  triggers: string[]
  widened: string[]
  next: string | null
  last_run: string | null
  silent_too_long: boolean
  active: number
  queued: number
  last_outcome?: Outcome | null
  strip?: { run: string; outcome: Outcome }[]
  version?: string
  connections?: string[]
}

export interface Finding {
  from: number
  to: number
  line: number
  column: number
  rule: string
  severity: 'error' | 'warning' | 'note' | string
  message: string
  fix?: { from: number; to: number; text: string } | null
}

export interface WorkflowFile {
  id: string
  file: string
  text: string
  version: string
  live_version: string | null
  findings: Finding[]
  outline?: unknown
}

export interface Sentence {
  part: string
  about: string | null
  text: string | null
  number: string | null
  line: number | null
  column: number | null
  sentences: Sentence[]
}

export interface EventHead {
  id: string
  source: string
  source_id: string | null
  at: string
  runs: number
}

export interface FullEvent {
  id: string
  source: string
  source_id: string | null
  at: string
  payload: unknown
  delivery?: unknown
}

export interface Budget {
  location: string
  left: number | null
  most: number | null
  interval_seconds: number
  renewed_in_seconds: number
  day_left: number | null
  day_most: number | null
  day_renewed_in_seconds: number
  closed_for_seconds: number
}

export interface Connection {
  name: string
  plugin: string
  base_url: string
  locations: string[]
  state: string
  problem: string | null
  down: boolean
  reason: string | null
  waiting: number
  token_problem: string | null
  budget_remaining: number | null
  budgets: Budget[]
}

export interface Entry {
  name: string
  plugin: string
  kind: 'trigger' | 'action'
  effect: Effect | null
  scope: string | null
  method: string | null
  path: string | null
  summary: string
}

export interface AuditLine {
  at: string
  who: string
  what: string
  about: string | null
  detail: string | null
}

export interface Tally {
  source: string
  count: number
  reason: string
  at: string
}

export interface Status {
  ready: boolean
  draining: boolean
  not_ready_because: string | null
  workflows: number
  active_runs: number
  queued_runs: number
  next: string | null
  next_workflow: string | null
  alarms: { about: string; message: string; since: string }[]
  refused_deliveries: Tally[]
  other_bodies: Tally[]
  lacking_deliveries: Tally[]
  store: { bytes: number; events: number; runs: number; unfinished: number; schema: number; restored: boolean }
}

export interface Attention {
  approvals: { run: string; workflow: string; name: string; location?: string | null; question: string; asked: string; until: string | null; step: string }[]
  unsure: { run: string; workflow: string; name: string; location?: string | null; step: string | null; since: string; note?: string | null }[]
  stopped: { run: string; workflow: string; name: string; location?: string | null; note: string | null; since: string }[]
  alarms: { kind: string; about: string; since: string; message: string }[]
  failures: { workflow: string; name: string; error: string; count: number; latest: string; runs: string[] }[]
}

export interface Upcoming {
  from: string
  until: string
  zone: string
  upcoming: { workflow: string; name: string; at: string; local: string; words: string }[]
}

export interface Session {
  who: string
  roles: string[]
  expires: string | null
  project: string | null
  zone: string | null
  version: string | null
  public_url: string | null
  stream: boolean
}

export interface UndoPlan {
  undoes: string
  /** What it is done with; null where there is nothing to do. */
  plan: string | null
  mode: string
  changes: (Change | string)[]
  cannot_be_restored: string[]
  left_alone: string[]
  error: Failure | null
}

export interface Version {
  version: string
  runs: number
  first: string | null
  last: string | null
  live: boolean
  by: string | null
  written: string | null
}

export interface Difference {
  kind: string
  text: string
  file: string | null
  line: number | null
}

export interface Diff {
  same: boolean
  short: string
  differences: Difference[]
}

export interface Outline {
  kind: string
  name: string
  detail: string | null
  from: number
  to: number
  name_from: number
  name_to: number
  inside: Outline[]
}

export interface Checked {
  findings: Finding[]
  outline: Outline[]
  sentences: Sentence | null
}

export interface PlanHead {
  id: string
  workflow: string
  name: string
  version: string
  /** Whether it was made of what the file holds. */
  of_file: boolean
  who: string
  made: string
  state: 'planning' | 'planned' | 'comparing' | 'applying' | 'applied'
  locations: number
  locations_done: number
  counts: Partial<Record<Effect, number>>
  reads: number
  outcomes: { run: string; location: string | null; outcome: string; why: string | null; changes: number }[]
  limits: { max_changes: number | null; max_changes_from: string | null; max_percent: number | null; max_percent_from: string | null }
  calls: { connection: string | null; location: string | null; reads: number; writes: number; takes_seconds: number; day_left: number | null; day_most: number | null; fits_today: boolean }[]
  runs: string[]
  refused: { code: string; message: string; differences: string[] } | null
  not_made: Change[]
  event?: unknown
  example?: string | null
}

export interface PlannedChange extends Change {
  number: number
}
