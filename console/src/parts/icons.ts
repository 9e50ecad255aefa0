/** The icons of the sprite, by lucide's names; an icon stands beside a word or carries a label. */
export const icons = [
  'activity', 'arrow-left', 'arrow-right', 'ban', 'bell', 'book-open', 'calendar-clock', 'check', 'chevron-down',
  'chevron-right', 'circle-check', 'circle-dashed', 'circle-pause', 'circle-question-mark', 'circle-slash', 'circle-x',
  'clock', 'copy', 'corner-down-right', 'download', 'ellipsis', 'external-link', 'eye', 'file-text', 'flask-conical', 'git-compare',
  'hand', 'heart-pulse', 'history', 'hourglass', 'inbox', 'info', 'keyboard', 'list-filter', 'list-tree', 'loader-circle', 'lock',
  'log-in', 'log-out', 'map-pin', 'menu', 'moon', 'octagon-x', 'pause', 'pencil', 'play', 'plug', 'plus', 'refresh-cw',
  'repeat', 'rotate-ccw', 'save', 'scroll-text', 'search', 'send', 'shield-alert', 'sparkles', 'sun', 'sun-moon', 'terminal',
  'trash-2', 'triangle-alert', 'undo-2', 'users', 'webhook', 'wifi-off', 'workflow', 'x', 'zap',
] as const

export type IconName = (typeof icons)[number]
