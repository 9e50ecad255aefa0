import { number } from '../data/times'

/** How many there are of something, in words. */
export const many = (count: number, one: string, more = `${one}s`) => `${number(count)} ${count === 1 ? one : more}`
