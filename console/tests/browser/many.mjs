/** What is done to many at once, and what is taken back: each said before. */
import { settled, sideways, unfit, watched } from './browser.mjs'
import { check, expect, given, known, origin } from './checks.mjs'

export async function actOnMany(page, taken) {
  await check('runs are chosen by keys, and retried or called off together, each said before', async () => {
    await page.goto(`${origin}/runs?outcome=failed`)
    await settled(page)
    await page.locator('[data-row]').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.getByText('1 chosen').waitFor()
    const problems = expect(await page.getByRole('button', { name: 'Cancel 0 runs' }).isDisabled(), 'a run that has ended can be called off')
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/runs-chosen.png` })
    await page.getByRole('button', { name: 'Retry 1 run' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Fails each time').waitFor()
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/runs-retry.png` })
    problems.push(...(await unfit(page)))
    await dialog.getByRole('button', { name: 'Retry 1 run' }).click()
    await page.getByText('1 run goes on.').waitFor()
    await page.getByText('1 chosen').waitFor({ state: 'detached' })
    await page.goto(`${origin}/runs?outcome=waiting`)
    await settled(page)
    await page.locator('.pick', { has: page.locator(`[data-id="${known.called_off}"]`) }).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Cancel 1 run' }).click()
    await dialog.getByRole('button', { name: 'Cancel 1 run' }).click()
    await page.getByText('1 run is called off.').waitFor()
    await page.locator(`[data-id="${known.called_off}"]`).waitFor({ state: 'detached' })
    problems.push(...expect((await page.locator('.chosen').count()) === 0, 'what is gone from the list is still chosen'))
    return [...problems, ...taken()]
  })
  await check('what is refused of many is told, and stays chosen', async () => {
    await page.route('**/api/v1/runs/*/retry', (route) => route.fulfill({ status: 409, contentType: 'application/json', body: JSON.stringify({ error: { code: 'conflict', message: 'it has not ended yet' } }) }))
    await page.goto(`${origin}/runs?workflow=fails`)
    await settled(page)
    await page.getByRole('button', { name: 'Choose all failed' }).click()
    await page.getByRole('button', { name: 'Retry 1 run' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Retry 1 run' }).click()
    await page.getByRole('alert').getByText('it has not ended yet').waitFor()
    const problems = await unfit(page)
    await page.keyboard.press('Escape')
    await page.getByText('1 chosen').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    return [...problems, ...taken().filter((line) => !line.includes('409'))]
  })
  await check('a filter is saved under a name, for who is here, and forgotten', async () => {
    await page.goto(`${origin}/runs?outcome=failed&mode=live`)
    await settled(page)
    await page.getByRole('button', { name: 'Save this filter…' }).click()
    await page.getByLabel('Its name').fill('Broken live runs')
    const problems = await unfit(page)
    await page.keyboard.press('Enter')
    await page.goto(`${origin}/runs`)
    await settled(page)
    await page.getByRole('link', { name: 'Broken live runs' }).click()
    await page.waitForURL(`${origin}/runs?outcome=failed&mode=live`)
    await page.getByRole('button', { name: 'Forget Broken live runs' }).click()
    await page.getByRole('link', { name: 'Broken live runs' }).waitFor({ state: 'detached' })
    return [...problems, ...taken()]
  })
  await check('workflows are paused, resumed and planned together, each said before', async () => {
    await page.goto(`${origin}/workflows`)
    await settled(page)
    const choose = async () => {
      for (const name of ['Makes a tag', 'Fails each time']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
    }
    const problems = []
    for (const verb of ['Pause', 'Resume']) {
      await choose()
      await page.getByRole('button', { name: `${verb} 2 workflows` }).click()
      await page.getByRole('dialog').waitFor()
      problems.push(...(await unfit(page)))
      await page.getByRole('dialog').getByRole('button', { name: `${verb} 2 workflows` }).click()
      await page.getByText(`2 workflows ${verb.toLowerCase()}d.`).waitFor()
    }
    await choose()
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/workflows-chosen.png` })
    await page.getByRole('button', { name: 'Plan 2 workflows' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Plan 2 workflows' }).click()
    await page.waitForURL(`${origin}/plans`)
    await page.getByText('Makes a tag').first().waitFor()
    return [...problems, ...taken()]
  })
  await check('an undo is planned, shown with its counts, refused where the world has changed, and done', async () => {
    await page.goto(`${origin}/runs/${known.run}`)
    await settled(page)
    const never = page.getByRole('button', { name: 'Undo…' })
    const problems = expect((await never.isDisabled()) && (await never.getAttribute('title')).includes('changed nothing'), 'nothing says why it cannot be undone')
    await page.goto(`${origin}/runs/${known.tagged}`)
    await settled(page)
    await page.getByRole('button', { name: 'Undo…' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Undo now: make this change' }).waitFor()
    await dialog.getByText('1 delete').first().waitFor()
    problems.push(...(await unfit(page)))
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/undo.png` })
    const changed = { error: { code: 'conflict', message: 'the world has changed since this was shown, so nothing was undone' } }
    await page.route('**/undo/apply', (route) => route.fulfill({ status: 409, contentType: 'application/json', body: JSON.stringify(changed) }))
    await dialog.getByRole('button', { name: 'Undo now: make this change' }).click()
    await dialog.getByText('the world has changed').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await dialog.getByRole('button', { name: 'Plan anew' }).click()
    await dialog.getByRole('button', { name: 'Undo now: make this change' }).click()
    await page.waitForURL(new RegExp('/runs/(?!' + known.tagged + ')'))
    await page.getByText('It is done, with 1 change.').waitFor()
    return [...problems, ...taken().filter((line) => !line.includes('409'))]
  })
}

export async function actOnManyOnAPhone(browser, state) {
  await check('many are acted on, and an undo is asked for, on a phone and in the dark', async () => {
    const { page, context, taken } = await watched(browser, origin, { size: 'phone', theme: 'dark', state })
    await page.goto(`${origin}/runs`)
    await settled(page)
    const tick = page.locator('.pick', { has: page.locator(`[data-id="${known.run}"]`) })
    await tick.getByRole('checkbox').check()
    const retry = page.getByRole('button', { name: 'Retry 1 run' })
    const boxes = [await tick.locator('.tick').boundingBox(), await retry.boundingBox()]
    const problems = [...expect(boxes.every((box) => box.height >= 44), `targets of ${boxes.map((box) => box.height)} px`), ...(await sideways(page)), ...(await unfit(page))]
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/runs-chosen-phone.png` })
    await retry.click()
    await page.getByRole('dialog').waitFor()
    problems.push(...(await unfit(page)))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.goto(`${origin}/runs/${known.tagged}`)
    await settled(page)
    await page.getByRole('button', { name: 'Undo…' }).click()
    const dialog = page.getByRole('dialog')
    // It was undone before, or not, as checks were chosen.
    await dialog.getByRole('alert').or(dialog.getByText('1 delete')).first().waitFor()
    if (given.pictures) await page.screenshot({ path: `${given.pictures}/undo-phone.png` })
    problems.push(...(await unfit(page)), ...(await sideways(page)))
    await context.close()
    return [...problems, ...taken().filter((line) => !line.includes('409'))]
  })
}
