/** What each check of the walk knows, and how it is told. */
import { readFileSync } from 'node:fs'

export const given = JSON.parse(readFileSync(0, 'utf8'))
export const { origin, known } = given
const tell = (name, problems) => console.log(JSON.stringify({ name, problems }))

export async function check(name, what) {
  if (given.only && !new RegExp(given.only).test(name)) return
  try {
    tell(name, (await what()) ?? [])
  } catch (error) {
    tell(name, [String(error.message ?? error).split('\n').slice(0, 6).join(' | ')])
  }
}
export const expect = (truth, text) => (truth ? [] : [text])
