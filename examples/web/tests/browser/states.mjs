// SPDX-License-Identifier: MIT
// Every state of the page, wide and narrow, light and dark: axe-core finds nothing. With --shots each
// is drawn, too.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {act, check, message, open, options, shows, until, url, write} from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WIDE = {width: 1100, height: 700};
const LOOKS = [ // colours are the only thing that the colour scheme changes, and the width does not
  {name: 'wide-light', viewport: WIDE, colorScheme: 'light', rules: {}},
  {name: 'wide-dark', viewport: WIDE, colorScheme: 'dark', rules: {runOnly: ['color-contrast']}},
  {name: 'narrow-light', viewport: {width: 390, height: 740}, colorScheme: 'light', rules: {rules: {'color-contrast': {enabled: false}}}},
  {name: 'narrow-dark', viewport: {width: 390, height: 740}, colorScheme: 'dark', rules: null},
];

async function look(page, name, violations) {
  for (const {name: how, viewport, colorScheme, rules} of LOOKS.filter((it) => it.rules || options.shots)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    if (await page.evaluate(() => window.axe === undefined)) {
      await page.evaluate(axe);
    }
    const found = rules ? await page.evaluate(async (only) => {
      const {violations: all} = await window.axe.run(document, {resultTypes: ['violations'], ...only});
      return all.map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' ')}`);
    }, rules) : [];
    violations.push(...found.map((violation) => `${name}, ${how}: ${violation}`));
    for (const sheet of await page.locator('details[open] > .sheet').all()) {
      const {x, y, width, height} = await sheet.boundingBox();
      check(x >= 0 && y >= 0 && x + width <= viewport.width && y + height <= viewport.height, `${name}, ${how}: a menu is cut off`);
    }
    if (options.shots) {
      await page.screenshot({path: join(options.shots, `${name}-${how}.png`)});
    }
  }
  await page.setViewportSize(WIDE);
}

export async function states(world) {
  world.service.seed();
  const violations = [];
  const layla = await world.window('layla');
  await look(layla, 'empty', violations);
  await layla.goto(url(world, '/messages/new'));
  await look(layla, 'new', violations);
  await layla.goto(url(world, '/messages/new/nobody'));
  await look(layla, 'new-unknown', violations);
  await open(world, layla, 'maren');
  await look(layla, 'new-person', violations);
  await layla.goto(url(world, '/messages/ff2649d1-c365-46c4-9f82-6532fb86cb6d'));
  await look(layla, 'error', violations);

  const maren = await world.window('maren');
  await look(maren, 'inbox', violations);
  await maren.locator('a.group', {hasText: 'Téo'}).click();
  await until('the conversation', async () => await maren.locator('li.message').count() > 20);
  await look(maren, 'conversation', violations);

  const teo = await world.window('teo');
  await teo.locator('a.group', {hasText: 'Maren'}).click();
  await write(maren, 'هل أحضر الوسائد؟ 🎬');
  await act(maren, 'هل أحضر', (sheet) => sheet.getByText('❤️').click());
  await write(maren, 'Wrong window, sorry');
  await act(maren, 'Wrong window', async (sheet) => {
    await sheet.getByText('Delete', {exact: true}).click();
    await sheet.getByText('Delete for everyone').click();
  });
  await write(maren, 'I will bring the lantern');
  await act(maren, 'lantern', (sheet) => sheet.getByText('Edit').click());
  await write(maren, 'I will bring the lantern, and the long ladder.');
  await act(teo, 'ladder', (sheet) => sheet.getByText('🎉').click());
  await act(teo, 'ladder', (sheet) => sheet.getByText('Reply').click());
  await look(teo, 'reply', violations);
  await write(teo, 'Then I bring the piano stool.');
  await message(maren, 'piano stool').waitFor();
  await look(maren, 'messages', violations);
  for (const [name, text] of [['menu', 'lantern'], ['menu-other', 'piano stool']]) {
    await act(maren, text, () => {});
    await look(maren, name, violations);
    await maren.keyboard.press('Escape');
  }

  await maren.route('**/send', (route) => route.fulfill({status: 403, contentType: 'text/html', body: '<p>Nobody can write here at the moment.</p>'}));
  await write(maren, 'This one does not arrive');
  await maren.locator('li.failed').waitFor();
  await look(maren, 'failed', violations);
  await maren.getByText('Discard').click();
  await maren.unroute('**/send');

  await maren.goto(url(world, '/messages'));
  await write(teo, 'The moon keeps its promises.');
  await write(teo, 'And two more people want to come, is that all right?');
  await until('two unread', async () => await maren.locator('.badge').count() > 0 && (await maren.locator('.badge').first().textContent()).startsWith('2'));
  await look(maren, 'unread-inbox', violations);
  await maren.locator('a.group', {hasText: 'Téo'}).click();
  await maren.locator('#unread').waitFor();
  await look(maren, 'unread', violations);

  const plain = await world.window('maren', {javaScriptEnabled: false});
  await plain.locator('a.group', {hasText: 'Téo'}).click();
  await shows(plain, (await maren.locator('li.message .bubble > .text').allTextContents()).slice(-30), 'without the script').catch(() => {});
  for (const {name, viewport, colorScheme} of options.shots ? LOOKS : []) {
    await plain.setViewportSize(viewport);
    await plain.emulateMedia({colorScheme});
    await plain.screenshot({path: join(options.shots, `no-script-${name}.png`)});
  }

  await teo.locator('main .bar .menu > summary').click();
  await teo.locator('main .bar .sheet').getByText('Block', {exact: true}).click();
  await teo.locator('main .bar .sheet').getByText('Nobody can write here then').click();
  await teo.locator('.composer.closed').waitFor();
  await look(teo, 'blocked', violations);
  await teo.locator('.composer.closed button').click();

  const stranger = await maren.context().newPage(); // the other one may be loading something
  await maren.close();
  await stranger.context().clearCookies();
  await stranger.goto(url(world, '/sign-in'));
  await look(stranger, 'sign-in', violations);
  check(violations.length === 0, violations.join('\n'));
}
