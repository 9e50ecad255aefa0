/**
 * Walks through the page in a real browser, against a real service.
 *
 * usage: walk.mjs < {"chromium", "link": what `millrace open --print` said, "origin", "known": {"run", "asking", "loop", "called_off", "tagged", "workflow", "event"}, "pictures", "only"}
 *
 * Prints a line for each check: {"name", "problems": []}.
 */
import { open, settled, sideways, sizes, unfit, watched } from './browser.mjs'
import { check, expect, given, known, origin } from './checks.mjs'
import { actOnMany, actOnManyOnAPhone } from './many.mjs'

const browser = await open(given.chromium)
const at = (page) => new URL(page.url()).pathname + new URL(page.url()).search

// In by link.
let state
await check('a link opens the page, once', async () => {
  const { page, context, taken } = await watched(browser, origin)
  await page.goto(given.link)
  await page.waitForURL(`${origin}/`)
  await settled(page)
  const problems = [...expect((await page.locator('h1').textContent()) === 'Today', 'the link does not lead to Today'), ...expect(!page.url().includes('code'), 'the code stays in the address'), ...taken()]
  state = await context.storageState()
  await context.clearCookies()
  await page.goto(given.link)
  await page.getByRole('alert').waitFor()
  await context.close()
  return problems
})

const screens = {
  today: '/', inbox: '/inbox', runs: '/runs', 'runs that failed': '/runs?outcome=failed', run: `/runs/${known.run}`, 'a run that asks': `/runs/${known.asking}`,
  step: `/runs/${known.run}/steps/0.0`, loop: `/runs/${known.loop}/steps/0.1`, workflows: '/workflows', workflow: `/workflows/${known.workflow}`,
  'its steps': `/workflows/${known.workflow}?tab=steps`, 'its file': `/workflows/${known.workflow}?tab=file&line=3`, 'its runs': `/workflows/${known.workflow}?tab=runs`,
  why: `/workflows/${known.workflow}?tab=why`, versions: `/workflows/${known.workflow}?tab=versions`, editor: `/workflows/${known.workflow}/edit`, plans: '/plans',
  reports: '/reports', 'a page of a report': '/reports/weekly%2Fpage.html', 'a table of a report': '/reports/weekly%2Ftags-2026-11-27.csv', 'a report and the one before': '/reports/weekly%2Ftags-2026-11-27.csv?with=before',
  'a report that is kept': '/reports/weekly%2Fpage.pdf', 'a report that is gone': '/reports/weekly%2Fgone.html', events: '/events',
  event: `/events/${known.event}`, connections: '/connections', catalogue: '/catalogue?q=tags', audit: '/audit', health: '/health', people: '/people', nowhere: '/nowhere/at/all',
}

for (const [size, theme] of [['wide', 'light'], ['phone', 'dark']]) {
  const { page, context, taken } = await watched(browser, origin, { size, theme, state })
  for (const [name, path] of Object.entries(screens))
    await check(`${name} is as it should be, ${size} and ${theme}`, async () => {
      await page.goto(origin + path)
      await settled(page)
      if (given.pictures) await page.screenshot({ path: `${given.pictures}/${name.replaceAll(' ', '-')}-${size}-${theme}.png` })
      const alerts = (await page.getByRole('alert').allTextContents()).map((text) => `it says: ${text.trim()}`)
      return [...taken(), ...alerts, ...(await sideways(page)), ...(await unfit(page))]
    })
  await context.close()
}

{
  const { page, context, taken } = await watched(browser, origin, { state })
  await page.route('**/api/v1/**', (route) =>
    new URL(route.request().url()).pathname.endsWith('/session')
      ? route.fallback()
      : route.fulfill({ status: 500, contentType: 'application/json', body: JSON.stringify({ error: { code: 'internal', message: 'the store could not be read: disk I/O error' } }) }),
  )
  for (const name of ['today', 'inbox', 'runs', 'run', 'workflows', 'why', 'plans', 'reports', 'a page of a report', 'events', 'connections', 'catalogue', 'audit', 'health'])
    await check(`${name} says what went wrong, and what to do`, async () => {
      await page.goto(origin + screens[name])
      const alert = page.getByRole('alert').first()
      await alert.waitFor()
      const text = await alert.textContent()
      // A browser notes each answer of 500 by itself.
      taken()
      return [...expect(text.includes('disk I/O error') && text.includes('doctor'), `it says: ${text}`), ...(await unfit(page))]
    })
  await context.close()
}

{
  const { page, context } = await watched(browser, origin, { state })
  const nothing = { runs: { runs: [] }, events: { events: [] }, workflows: { workflows: [] }, plans: { plans: [] }, reports: { reports: [] }, connections: { connections: [] }, audit: { audit: [] }, catalog: { entries: [] }, attention: { approvals: [], unsure: [], stopped: [], alarms: [], failures: [] } }
  await page.route('**/api/v1/*', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').at(-1)
    return nothing[name] ? route.fulfill({ contentType: 'application/json', body: JSON.stringify(nothing[name]) }) : route.fallback()
  })
  for (const name of ['today', 'inbox', 'runs', 'workflows', 'plans', 'reports', 'events', 'connections', 'audit'])
    await check(`${name} says so where there is nothing`, async () => {
      await page.goto(origin + screens[name])
      await settled(page)
      return [...expect((await page.locator('.empty').count()) > 0, 'nothing says that it is empty'), ...(await unfit(page))]
    })
  await context.close()
}

{
  const { page, context, taken } = await watched(browser, origin, { state })
  const heading = () => page.locator('h1').textContent()
  await check('everything is reached by keys', async () => {
    await page.goto(`${origin}/`)
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.waitForURL(`${origin}/runs`)
    await settled(page)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    const problems = expect(await page.evaluate(() => document.activeElement?.matches('[data-row]')), 'j and k do not move')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/runs\/r/)
    await settled(page)
    await page.keyboard.press('Escape')
    await page.waitForURL(`${origin}/runs`)
    await settled(page)
    await page.keyboard.press('/')
    await page.keyboard.type('gr')
    problems.push(...expect(at(page).startsWith('/runs'), 'single keys act in a field'))
    await page.waitForURL(/q=gr/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    problems.push(...(await unfit(page)))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go anywhere' }).waitFor()
    problems.push(...(await unfit(page)))
    await page.keyboard.type('audit')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${origin}/audit`)
    return [...problems, ...taken()]
  })
  await check('an address holds the filter, and back leads where one was', async () => {
    await page.goto(`${origin}/runs?outcome=failed&mode=live`)
    await settled(page)
    const problems = expect((await page.getByLabel('Outcome', { exact: true }).inputValue()) === 'failed', 'the filter of the address is not shown')
    await page.locator('[data-row]').first().click()
    await page.waitForURL(/\/runs\/r/)
    await page.goBack()
    await page.waitForURL(`${origin}/runs?outcome=failed&mode=live`)
    return [...problems, ...expect((await heading()) === 'Runs', 'back does not show the list')]
  })
  await check('a workflow is switched off and on, each said before', async () => {
    await page.goto(`${origin}/workflows/${known.workflow}`)
    await settled(page)
    const problems = []
    for (const [verb, on] of [['Pause', 'false'], ['Resume', 'true']]) {
      await page.getByRole('switch').click()
      await page.getByRole('dialog').waitFor()
      problems.push(...(await unfit(page)))
      await page.getByRole('dialog').getByRole('button', { name: new RegExp(`^${verb}`) }).click()
      await page.waitForFunction((is) => document.querySelector('[role=switch]')?.getAttribute('aria-checked') === is, on)
    }
    return [...problems, ...taken()]
  })
  await check('what is typed is checked, kept, and saved over nobody', async () => {
    await page.goto(`${origin}/workflows/${known.workflow}/edit`)
    await settled(page)
    await page.locator('.cm-content').waitFor()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('\nnonsense: 1')
    await page.locator('.finding', { hasText: 'nonsense' }).waitFor()
    const problems = []
    problems.push(...(await unfit(page)))
    for (let key = 0; key < 'nonsense: 1'.length + 1; key += 1) await page.keyboard.press('Backspace')
    await page.keyboard.type('\n# a note')
    await page.waitForFunction(() => document.querySelectorAll('.finding').length === 0)
    // The draft is there after the page has gone.
    await page.getByText('draft kept').waitFor()
    await page.reload()
    await settled(page)
    await page.getByText('Not saved').waitFor()
    // Somebody else saves meanwhile, in a way that the page has not heard of.
    const before = await page.evaluate((id) => fetch(`api/v1/workflows/${id}`).then((answer) => answer.json()), known.workflow)
    await page.route(`**/api/v1/workflows/${known.workflow}`, (route) => (route.request().method() === 'GET' ? route.fulfill({ contentType: 'application/json', body: JSON.stringify(before) }) : route.fallback()))
    await page.evaluate(
      ({ id, text, version }) =>
        fetch(`api/v1/workflows/${id}`, { method: 'PUT', headers: { 'Content-Type': 'application/json', 'If-Match': `"${version}"`, 'X-Millrace-Key': localStorage.getItem('millrace.key') }, body: JSON.stringify({ text }) }),
      { id: known.workflow, text: `${before.text}# theirs\n`, version: before.version },
    )
    taken()
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody else was quicker').waitFor()
    await page.getByText('# theirs').first().waitFor()
    await page.getByRole('button', { name: 'Save the right side' }).click()
    await page.getByText('As in the file').waitFor()
    await page.unroute(`**/api/v1/workflows/${known.workflow}`)
    const saved = await page.evaluate((id) => fetch(`api/v1/workflows/${id}`).then((answer) => answer.json()), known.workflow)
    problems.push(...expect(saved.text.includes('# a note'), 'what was typed is not in the file'))
    // 412 is what was asked for here.
    return [...problems, ...taken().filter((line) => !line.includes('412'))]
  })
  await check('a report is found, looked at, compared and downloaded by keys', async () => {
    await page.goto(`${origin}/`)
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('f')
    await page.waitForURL(`${origin}/reports`)
    await settled(page)
    await page.keyboard.press('/')
    await page.keyboard.type('11-27')
    await page.waitForURL(/q=11-27/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'vip, "gold"', exact: true }).waitFor()
    const problems = expect((await page.getByRole('columnheader').count()) === 2, 'the table has no head')
    await page.getByRole('button', { name: 'Compare with the one before' }).press('Enter')
    await page.waitForURL(/with=before/)
    await page.getByText('1 line new and 1 gone since tags-2026-11-20.csv').waitFor()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).press('Enter')])
    problems.push(...expect(download.suggestedFilename() === 'tags-2026-11-27.csv', `it is kept as ${download.suggestedFilename()}`))
    await page.keyboard.press('Escape')
    await page.waitForURL((url) => !url.search.includes('with'))
    return [...problems, ...taken()]
  })
  await check('a report runs nothing, asks nobody, and leaves its frame alone', async () => {
    const arrived = []
    page.on('response', (response) => arrived.push(response.url()))
    await page.goto(`${origin}/reports/hostile.html`)
    await settled(page)
    const frame = page.frameLocator('iframe')
    await frame.getByText('A harmless title').waitFor()
    const problems = expect((await page.title()).includes('hostile.html'), 'it has changed the page')
    // A browser notes each script that it has not run and each picture that it has not loaded.
    const told = taken().filter((line) => !line.endsWith('example.com/seen.png') && !/sandboxed|content security policy|img-src|default-src|script-src/i.test(line))
    problems.push(...expect(!arrived.some((url) => !url.startsWith(origin)), `it has asked somebody: ${arrived.at(-1)}`))
    return [...problems, ...expect((await page.evaluate(() => localStorage.getItem('stolen'))) === null, 'its script has run'), ...told]
  })
  await actOnMany(page, taken)
  await check('whoever may not do it sees the button, and which role may', async () => {
    await page.route('**/api/v1/session', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...(await answer.json()), roles: ['viewer'] } })
    })
    await page.goto(`${origin}/runs/${known.run}`)
    await settled(page)
    const button = page.getByRole('button', { name: 'Retry', exact: true })
    const problems = expect((await button.isDisabled()) && (await button.getAttribute('title')).includes('editor'), 'a viewer is not told who may')
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    return [...problems, ...taken()]
  })
  await check('a plan is read, and nothing has happened', async () => {
    await page.goto(`${origin}/workflows/${known.workflow}`)
    await settled(page)
    await page.getByRole('button', { name: 'Plan', exact: true }).click()
    await page.waitForURL(/\/plans\/p/)
    await settled(page)
    await page.getByText('Planned').first().waitFor()
    return [...(await unfit(page)), ...taken()]
  })
  await check('where the service does not answer the page stays, and goes on by itself', async () => {
    await page.goto(`${origin}/runs`)
    await settled(page)
    const rows = await page.locator('[data-row]').count()
    await page.route('**/{api,healthz}**', (route) => route.abort())
    await page.route('**/api/v1/**', (route) => route.abort())
    await page.getByLabel('Outcome', { exact: true }).selectOption('completed')
    await page.getByText('The service does not answer. What you see').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.getByText('The service does not answer. What you see').waitFor({ state: 'detached' })
    taken()
    return expect(rows > 0, 'there were no runs')
  })
  await context.close()
}

await check('a question is answered on a phone', async () => {
  const { page, context, taken } = await watched(browser, origin, { size: 'phone', state })
  await page.goto(`${origin}/inbox`)
  await settled(page)
  const article = page.locator(`article[id="${known.asking}"]`)
  const [button] = await article.getByRole('button', { name: 'Reject' }).all()
  const box = await button.boundingBox()
  await article.getByRole('textbox').fill('not today')
  await button.click()
  await page.getByText('Rejected.').waitFor()
  await article.waitFor({ state: 'detached' })
  const problems = [...expect(box.height >= 44, `a target of ${box.height} px`), ...expect(sizes.phone.width === 360, 'the phone is wider'), ...taken()]
  await context.close()
  return problems
})

await actOnManyOnAPhone(browser, state)

await browser.close()
