// SPDX-License-Identifier: MIT
// Every state of the page, light and dark: axe-core finds nothing. With --shots each is drawn, too.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {act, check, message, open, options, shows, until, url, write} from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function look(page, name, violations) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    if (await page.evaluate(() => window.axe === undefined)) {
      await page.evaluate(axe);
    }
    const found = await page.evaluate(async () => {
      const {violations: all} = await window.axe.run(document, {resultTypes: ['violations']});
      return all.map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' ')}`);
    });
    violations.push(...found.map((violation) => `${name}, ${colorScheme}: ${violation}`));
    if (options.shots) {
      const width = page.viewportSize().width > 600 ? 'wide' : 'narrow';
      await page.screenshot({path: join(options.shots, `${name}-${width}-${colorScheme}.png`)});
    }
  }
}

async function walk(world, viewport) {
  const violations = [];
  const layla = await world.window('layla', {viewport});
  await look(layla, 'empty', violations);
  await layla.goto(url(world, '/messages/new'));
  await look(layla, 'new', violations);
  await layla.goto(url(world, '/messages/new/nobody'));
  await look(layla, 'new-unknown', violations);
  await open(world, layla, 'maren');
  await look(layla, 'new-person', violations);
  await layla.goto(url(world, '/messages/ff2649d1-c365-46c4-9f82-6532fb86cb6d'));
  await look(layla, 'error', violations);

  const maren = await world.window('maren', {viewport});
  await look(maren, 'inbox', violations);
  await maren.locator('a.group', {hasText: 'Téo'}).click();
  await until('the conversation', async () => await maren.locator('li.message').count() > 20);
  await look(maren, 'conversation', violations);

  const teo = await world.window('teo', {viewport});
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
  await act(maren, 'lantern', () => {});
  await look(maren, 'menu', violations);
  await maren.keyboard.press('Escape');

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

  const plain = await world.window('maren', {viewport, javaScriptEnabled: false});
  await plain.locator('a.group', {hasText: 'Téo'}).click();
  await shows(plain, (await maren.locator('li.message .bubble > .text').allTextContents()).slice(-30), 'without the script').catch(() => {});
  if (options.shots) {
    for (const colorScheme of ['light', 'dark']) {
      await plain.emulateMedia({colorScheme});
      await plain.screenshot({path: join(options.shots, `no-script-${viewport.width > 600 ? 'wide' : 'narrow'}-${colorScheme}.png`)});
    }
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

export async function states_wide(world) {
  world.service.seed();
  await walk(world, {width: 1100, height: 700});
}

export async function states_narrow(world) {
  world.service.seed();
  await walk(world, {width: 390, height: 740});
}
