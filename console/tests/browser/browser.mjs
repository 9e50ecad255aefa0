/** The one file that knows Playwright: a browser that notes all that a page must not do. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

export async function open(executablePath) {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-gpu'] })
}

export const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } }

/** A page whose console, policy and requests are watched; `noted` has what is wrong. */
export async function watched(browser, origin, { size = 'wide', theme = 'light', state } = {}) {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme: theme, hasTouch: size === 'phone', reducedMotion: 'reduce', storageState: state })
  const page = await context.newPage()
  const noted = []
  await page.exposeFunction('notePolicy', (text) => noted.push(`policy: ${text}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => window.notePolicy(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
  })
  page.on('console', (message) => noted.push(`console ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => noted.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) noted.push(`request from outside: ${request.url()}`)
  })
  return { page, context, noted, taken: () => noted.splice(0) }
}

/** Shown, and nothing is loading any more. */
export async function settled(page) {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.loading'))
}

/** What axe finds, in a line each. */
export async function unfit(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then((result) =>
      result.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} (${node.any[0]?.message ?? ''})`).join('; ')}`),
    ),
  )
  return found.map((line) => `axe ${line}`)
}

/** Whether the page has to be moved sideways. */
export async function sideways(page) {
  const [whole, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
  return whole > seen ? [`sideways: ${whole} in ${seen}`] : []
}
