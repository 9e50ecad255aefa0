/** Times and numbers as people read them. A clock time always names its zone. */

const language = 'en-GB'
const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = zone + JSON.stringify(options)
  let found = formats.get(name)
  if (!found) formats.set(name, (found = new Intl.DateTimeFormat(language, { timeZone: zone, ...options })))
  return found
}

/** Nanoseconds are cut: `Date` reads milliseconds. NaN where it is no time. */
export const millis = (time: string) => Date.parse(time.replace(/(\.\d{3})\d+/, '$1'))

/** `Fri 27 Nov 2026, 19:06:08 Europe/London` */
export function absolute(time: string, zone: string): string {
  const at = millis(time)
  if (Number.isNaN(at)) return time
  const day = format(zone, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(at).replace(/,/g, '')
  return `${day}, ${clock(at, zone, true)} ${zone}`
}

/** `19:06:08`, for places where the zone stands beside it. */
export const clock = (at: number, zone: string, seconds = false) =>
  format(zone, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}), hourCycle: 'h23' }).format(at)

/** `Fri 27 Nov` */
export const day = (at: number, zone: string) =>
  format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(at).replace(/,/g, '')

const relatives = new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'narrow' })
const steps: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [14, 'day'],
  [52 / 7, 'week'],
]

/** `2 min ago`, `in 12 hr`, `now` */
export function relative(time: string, now: number): string {
  const at = millis(time)
  if (Number.isNaN(at)) return time
  let left = (at - now) / 1000
  if (Math.abs(left) < 2) return 'now'
  for (const [size, unit] of steps) {
    if (Math.abs(left) < size) return relatives.format(Math.trunc(left), unit)
    left /= size
  }
  if (Math.abs(at - now) < 365 * 86_400_000) return relatives.format(Math.trunc((at - now) / (30.44 * 86_400_000)), 'month')
  return relatives.format(Math.trunc((at - now) / (365.25 * 86_400_000)), 'year')
}

/** `240 ms`, `3.9 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h` */
export function took(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return ''
  if (ms < 1) return '< 1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', Math.floor(seconds % 60), 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.floor(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

export const number = (value: number) => new Intl.NumberFormat(language).format(value)

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let unit = -1
  do {
    size /= 1024
    unit += 1
  } while (size >= 1024 && unit < units.length - 1)
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

/** Whether the clocks of `zone` change between two times. */
export function clocksChange(from: number, until: number, zone: string): boolean {
  const offset = (at: number) => format(zone, { timeZoneName: 'longOffset' }).formatToParts(at).find((part) => part.type === 'timeZoneName')?.value
  return offset(from) !== offset(until)
}
