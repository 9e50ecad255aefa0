/** Every text of the page: here those that stand on all screens. */
import { number } from '../data/times'
import { many } from './many'
import { ofRuns } from './runs'
import { ofTheService } from './service'
import { ofWorkflows } from './workflows'

export const t = {
  ...ofRuns,
  ...ofWorkflows,
  ...ofTheService,

  title: (page: string, project?: string | null) => [page, project, 'Millrace'].filter(Boolean).join(' · '),
  many,
  skip: 'Skip to the page',
  product: 'Millrace',

  nav: {
    label: 'Main',
    today: 'Today',
    inbox: 'Needs you',
    workflows: 'Workflows',
    runs: 'Runs',
    events: 'Events',
    plans: 'Plans',
    reports: 'Reports',
    connections: 'Connections',
    catalogue: 'Catalogue',
    audit: 'Audit',
    health: 'Health',
    people: 'People',
    more: 'More',
    groups: { work: 'Work', things: 'What it uses', house: 'The service' },
    search: 'Go to…',
    waiting: (count: number) => `${many(count, 'thing')} ${count === 1 ? 'needs' : 'need'} you`,
  },

  settings: {
    label: 'How the page looks',
    zone: 'Times in',
    zones: { project: 'the project’s zone', own: 'my zone', UTC: 'UTC' },
    theme: 'Theme',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
    keys: 'Single keys act',
    signOut: 'Sign out',
    who: (who: string, roles: string[]) => (roles.length ? `${who} (${roles.join(', ')})` : who),
  },

  loading: 'Loading…',
  again: 'Try again',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  all: 'All',
  open: 'Open',
  copy: 'Copy',
  copied: 'Copied',
  copyAsCommand: 'Copy as command',
  showMore: 'Show more',
  fresh: (count: number) => `${number(count)} new`,
  asOf: (time: string) => `as of ${time}`,
  none: 'none',
  unknown: 'not known',
  yes: 'yes',
  no: 'no',
  and: (rest: number) => `and ${number(rest)} more`,
  when: { now: 'now', never: 'never', due: 'due' },

  refusal: {
    noAnswer: 'The service does not answer.',
    away: 'Is it running? “millrace serve” starts it; this page goes on by itself.',
    older: 'This service does not tell that yet.',
    olderCure: 'A newer Millrace does; the command line may have it already.',
    status: (status: number) => `The service answered ${status}.`,
    other: 'Try again; “millrace doctor” looks for what is broken.',
    cures: {
      400: 'Change what you typed and try again.',
      401: 'Sign in again: “millrace open” gives a link.',
      403: 'Ask somebody whose role allows it.',
      404: 'It may be gone, or its name was mistyped.',
      409: 'Look at what it is now, and decide again.',
      412: 'Somebody else has saved meanwhile.',
      413: 'Send less at once.',
      429: 'Wait a moment and try again.',
      500: '“millrace doctor” looks for what is broken.',
      503: 'It starts, stops or is full; this page asks again by itself.',
    } as Record<number, string>,
    title: 'This could not be shown',
    actTitle: 'That was not done',
  },
  away: 'The service does not answer. What you see may be old; nothing can be changed until it is back.',

  needsRole: (role: string) => `Your role does not allow it; the role ${role} does.`,

  bulk: {
    label: 'What is chosen',
    chosen: (count: number) => `${number(count)} chosen`,
    none: 'Choose none',
    choose: (name: string) => `Choose ${name}`,
    progress: (reached: number, all: number) => `${number(reached)} of ${number(all)}`,
    refused: (count: number) => `${number(count)} ${count === 1 ? 'was' : 'were'} refused:`,
  },

  saved: {
    save: 'Save this filter…',
    title: 'Save this filter',
    name: 'Its name',
    keep: 'Save',
    lead: (who: string) => `It is kept in this browser, for ${who}.`,
    forget: (name: string) => `Forget ${name}`,
  },

  palette: {
    label: 'Go anywhere',
    hint: 'A workflow, a run’s or event’s id, a screen',
    none: 'Nothing of that name',
    screen: 'Screen',
    workflow: 'Workflow',
    run: 'Run',
    event: 'Event',
  },

  keys: {
    title: 'Keys',
    list: [
      ['Ctrl K', 'go anywhere'],
      ['g then t', 'Today'],
      ['g then w', 'Workflows'],
      ['g then r', 'Runs'],
      ['g then n', 'Needs you'],
      ['g then e', 'Events'],
      ['g then f', 'Reports'],
      ['g then c', 'Catalogue'],
      ['/', 'filter'],
      ['j, k', 'next and previous row'],
      ['x', 'choose the row, in lists where many can be acted on'],
      ['Enter', 'open'],
      ['Esc', 'back to where one was'],
      ['[, ]', 'previous and next run, on a run’s page'],
      ['Ctrl S, Ctrl Enter', 'save and plan, in the editor'],
      ['1 to 6', 'tabs, on a workflow’s page'],
      ['a', 'what needs me first, on Today'],
      ['?', 'this list'],
    ] as [string, string][],
    off: 'Single keys act outside fields only, and can be switched off under “How the page looks”.',
  },

  nowhere: { title: 'Nothing is here', lead: 'The address was mistyped, or what it named is gone.', home: 'Go to Today' },
}
