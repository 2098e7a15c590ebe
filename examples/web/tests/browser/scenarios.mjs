// SPDX-License-Identifier: MIT
// What two people do with the page, and what must be true then.
import {act, check, message, open, options, pair, same, shows, texts, until, url, write} from './harness.mjs';

const badge = (page) => page.locator('a.group .badge').first();

export async function talk(world) {
  const maren = await world.window('maren');
  const teo = await world.window('teo');
  await open(world, maren, 'teo');
  await write(maren, 'Hello, Téo!');
  await teo.locator('a.group', {hasText: 'Maren Solvik'}).waitFor(); // without a reload
  await until('one unread', async () => (await badge(teo).textContent()).startsWith('1'));
  await write(maren, 'Are you there?');
  await until('two unread', async () => (await badge(teo).textContent()).startsWith('2'));
  check((await teo.title()).startsWith('(2)'), 'the title has the number of unread messages');
  same(await maren.locator('li.seen').count(), 0, 'receipts before it was read');

  await teo.locator('a.group').first().click();
  await shows(teo, ['Hello, Téo!', 'Are you there?'], 'what Téo sees');
  await teo.locator('#unread', {hasText: '2 new'}).waitFor();
  await maren.locator('li.seen').waitFor();
  same(await maren.locator('li.seen').evaluate((seen) => seen.previousElementSibling.textContent.includes('Are you there?')),
    true, 'the receipt is below the newest message');
  await until('nothing unread', async () => await teo.locator('a.group .badge').count() === 0);

  for (let i = 0; i < 8; i++) { // both at once
    await Promise.all([write(maren, `from Maren ${i}`), write(teo, `from Téo ${i}`)]);
  }
  await until('18 messages in both', async () => (await texts(maren)).length === 18 && (await texts(teo)).length === 18);
  const order = await texts(maren);
  same(await texts(teo), order, 'the order in both windows');
  for (const name of ['Maren', 'Téo']) {
    same(order.filter((text) => text.startsWith(`from ${name}`)), [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `from ${name} ${i}`), 'the order of one author');
  }
  await maren.reload();
  await shows(maren, order, 'the order after a reload');
  same(await maren.locator('#unread').count(), 0, 'unread lines when everything was read');
}

export async function life_of_a_message(world) {
  const {maren, teo} = await pair(world);
  await write(maren, 'A typo, she saidd');
  await act(maren, 'A typo', (sheet) => sheet.getByText('Edit').click());
  same(await maren.inputValue('#text'), 'A typo, she saidd', 'the text to edit');
  await write(maren, 'A typo, she said');
  await message(teo, 'A typo, she said').locator('.edited').waitFor();

  await act(teo, 'A typo', (sheet) => sheet.getByText('👍').click());
  await message(maren, 'A typo').locator('.reaction', {hasText: '👍 1'}).click();
  await message(teo, 'A typo').locator('.reaction', {hasText: '👍 2'}).waitFor();
  await message(maren, 'A typo').locator('.reaction[aria-pressed=true]').click();
  await message(teo, 'A typo').locator('.reaction', {hasText: '👍 1'}).waitFor();

  await act(teo, 'A typo', (sheet) => sheet.getByText('Reply').click());
  await teo.locator('#context', {hasText: 'A typo'}).waitFor();
  await write(teo, 'No harm done');
  same(await message(maren, 'No harm done').locator('.quote').textContent(), 'In reply to You A typo, she said', 'the quote');

  await act(maren, 'A typo', async (sheet) => {
    await sheet.getByText('Delete', {exact: true}).click();
    await sheet.getByText('Delete for everyone').click();
  });
  await shows(teo, ['Hello, Téo!', 'This message was deleted', 'No harm done'], 'the tombstone');
  await shows(maren, ['Hello, Téo!', 'You deleted this message', 'No harm done'], 'the tombstone of her own');
}

export async function settings(world) {
  const {maren, teo} = await pair(world);
  const set = async (page, text) => {
    await page.locator('main .bar .menu > summary').click();
    await page.locator('main .bar .sheet').getByText(text, {exact: true}).click();
  };
  await set(teo, 'Mute');
  await teo.locator('main .bar .tag', {hasText: 'muted'}).waitFor();
  await set(teo, 'Archive');
  await teo.locator('#inbox .hint').waitFor();
  await teo.getByText('Archived conversations').click();
  await teo.locator('a.group .tag', {hasText: 'archived'}).waitFor();
  await teo.locator('a.group').click();
  await set(teo, 'Back to the inbox');
  await set(teo, 'Block');
  await teo.locator('main .bar .sheet').getByText('Nobody can write here then').click();
  await teo.locator('.composer.closed', {hasText: 'You block'}).waitFor();
  await maren.locator('.composer.closed', {hasText: 'Nobody can write'}).waitFor(); // by the events
  await teo.locator('.composer.closed button').click();
  await write(teo, 'Peace');
  await maren.locator('textarea#text').waitFor();
  await shows(maren, ['Hello, Téo!', 'Peace'], 'after the block');

  await teo.goto(url(world, '/messages/new?handle=@nobody.here'));
  await teo.locator('#error', {hasText: 'Nobody has this handle'}).waitFor();
  await teo.goto(url(world, '/messages/new/teo'));
  await teo.locator('#error', {hasText: 'That is you'}).waitFor();
  await teo.goto(url(world, '/messages/new'));
  await teo.fill('#text', '@maren');
  await teo.press('#text', 'Enter');
  await teo.waitForURL(/messages\/[0-9a-f-]{36}/); // the one that they have
}

export async function offline(world) {
  const {maren, teo} = await pair(world);
  await teo.context().setOffline(true);
  for (let i = 0; i < 4; i++) {
    await write(maren, `while he was away ${i}`);
    await write(teo, `without a connection ${i}`);
  }
  await teo.locator('li.pending .note', {hasText: 'Waiting for the connection'}).first().waitFor();
  same(await teo.locator('li.pending').count(), 4, 'messages that wait');
  await teo.locator('#state', {hasText: 'Offline'}).waitFor();
  await teo.context().setOffline(false);
  await until('all 9 in both windows', async () => (await texts(maren)).length === 9 && (await texts(teo)).length === 9);
  const order = await texts(maren);
  same(await texts(teo), order, 'the order in both windows');
  same(new Set(order).size, 9, 'different messages');
  same(order.filter((text) => text.startsWith('without')), [0, 1, 2, 3].map((i) => `without a connection ${i}`), 'their order');

  // A message that was refused says so, and can be sent again or discarded.
  await teo.route('**/send', (route) => route.fulfill({status: 403, contentType: 'text/html', body: '<p>Not allowed.</p>'}));
  await write(teo, 'refused');
  await write(teo, 'refused, too');
  await teo.locator('li.failed', {hasText: 'refused, too'}).getByText('Discard').click();
  await teo.unroute('**/send');
  await teo.reload(); // the outbox outlives it
  await teo.locator('li.failed', {hasText: 'refused'}).getByText('Try again').click();
  await shows(maren, [...order, 'refused'], 'after the second try');
  await shows(teo, [...order, 'refused'], 'after the second try');
}

// While both write, the service is killed again and again.
export async function killed(world) {
  const {maren, teo} = await pair(world);
  const wanted = ['Hello, Téo!'];
  let isOver = false;
  const chatter = async (page, name) => {
    for (let i = 0; !isOver; i++) {
      const text = `${name} ${i}`;
      wanted.push(text);
      await write(page, text);
      await page.waitForTimeout(40);
    }
  };
  const writers = [chatter(maren, 'Maren'), chatter(teo, 'Téo')];
  for (let i = 0; i < options.kills; i++) {
    const before = (await texts(maren)).length;
    await until('messages come again', async () => (await texts(maren)).length > before);
    await world.service.kill();
    await world.service.start();
  }
  isOver = true;
  await Promise.all(writers);
  await until('nothing is on its way', async () => await maren.locator('li.pending').count() === 0 && await teo.locator('li.pending').count() === 0);
  await until('everything is in both windows', async () => (await texts(maren)).length >= wanted.length && (await texts(teo)).length >= wanted.length);
  const order = await texts(maren);
  same(await texts(teo), order, 'the order in both windows');
  same([...order].sort(), [...wanted].sort(), 'what was written and what is there');
  for (const name of ['Maren', 'Téo']) {
    const own = order.filter((text) => text.startsWith(name));
    same(own, own.map((_, i) => `${name} ${i}`), `the order of ${name}`);
  }
  await maren.reload(); // what the store has
  await maren.locator('#log').evaluate(async (log) => {
    while (document.querySelector('#older')) {
      log.scrollTop = -log.scrollHeight;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  await shows(maren, order, 'what is stored');
  return `${options.kills} kills, ${wanted.length} messages`;
}

export async function older(world) {
  world.service.seed();
  const maren = await world.window('maren');
  const teo = await world.window('teo');
  await maren.locator('a.group').click();
  await until('the newest messages', async () => (await texts(maren)).length >= 30);
  same(await maren.locator('#log').evaluate((log) => log.scrollTop), 0, 'it begins at the end');

  // Scrolls to the top of what is there; what is in view must not move when older ones come.
  const first = maren.locator('li.message').first();
  const id = await first.getAttribute('id');
  await maren.evaluate(() => { document.querySelector('#log').scrollTop = -1e6; });
  await until('older ones', async () => await first.getAttribute('id') !== id);
  const place = () => maren.evaluate((it) => {
    const item = document.getElementById(it).getBoundingClientRect();
    const log = document.querySelector('#log').getBoundingClientRect();
    return item.top >= log.top - 120 && item.top < log.bottom;
  }, id);
  check(await place(), 'the message that was at the top is still in view');

  await teo.locator('a.group').click();
  await write(teo, 'One more chair, please');
  await maren.locator('#pill', {hasText: '1 new message'}).waitFor();
  check(await place(), 'a new message below does not move what is in view');
  await maren.locator('#pill').click();
  await until('the end', async () => await maren.locator('#log').evaluate((log) => log.scrollTop) === 0);
  await until('no pill', async () => maren.locator('#pill').isHidden());

  await maren.locator('#log').evaluate(async (log) => {
    while (document.querySelector('#older')) {
      log.scrollTop = -log.scrollHeight;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  const ids = await maren.locator('li.message').evaluateAll((items) => items.map((item) => item.id));
  same(new Set(ids).size, ids.length, 'each message once');
  check(ids.length > 100, `all messages are there: ${ids.length}`);
}

const HOSTILE = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '"><svg/onload=window.hacked=1>',
  '</textarea><script>window.hacked = 1</script>',
  '&lt;b&gt; &amp; %3Cscript%3E %s %d',
  '<!-- --><base href="//example.com/"><form action="//example.com"><button>',
  'javascript:window.hacked=1',
  '\u202Egnp.exe\u2066\u2069 {{7*7}} ${7*7}',
];

export async function hostile_text(world) {
  const maren = await world.window('maren');
  const mallory = await world.window('mallory');
  await open(world, mallory, 'maren');
  for (const text of HOSTILE) {
    await write(mallory, text);
    await mallory.waitForURL(/messages\/[0-9a-f-]{36}/);
  }
  await shows(mallory, HOSTILE, 'what Mallory wrote');
  await act(mallory, 'window.hacked = 1</script>', (sheet) => sheet.getByText('Reply').click()); // in a quote
  await write(mallory, 'reply');
  const all = [...HOSTILE, 'reply'];
  for (const hasScript of [true, false]) {
    const page = hasScript ? maren : await world.window('mallory', {javaScriptEnabled: false});
    await page.locator('a.group').first().click();
    await shows(page, all, 'what is read');
  }
  for (const page of [maren, mallory]) {
    await page.reload();
    await shows(page, all, 'after a reload');
    same(await page.evaluate(() => window.hacked), undefined, 'foreign script');
    same(await page.locator('img, base, script:not([src]), [onerror], [onload], [style]').count(), 0, 'foreign elements');
  }
  same(await maren.locator('main h1').textContent(), '"><img src=x onerror=alert(1)>', 'a hostile name');
}

// Everything by forms: a browser without scripts.
export async function without_script(world) {
  const teo = await world.window('teo');
  const maren = await world.window('maren', {javaScriptEnabled: false});
  const press = (page, item, text) => page.locator('li.message', {hasText: item}).last().locator('.sheet').getByText(text, {exact: true}).click();
  const menu = (page, item) => page.locator('li.message', {hasText: item}).last().locator('.menu > summary').first();
  await maren.locator('.inbox .bar a').click();
  await maren.fill('#text', 'teo');
  await maren.click('.finder button');
  await maren.fill('#text', 'Two lines\nof text');
  await maren.click('.send');
  await shows(maren, ['Two lines\nof text'], 'the first message');

  // A form that is sent twice is one message.
  const [uuid, csrf] = await Promise.all(['message_uuid', 'csrf'].map((name) => maren.locator(`#composer [name=${name}]`).inputValue()));
  for (let i = 0; i < 2; i++) {
    const answer = await maren.context().request.post(`${maren.url().split('#')[0]}/send`,
      {form: {csrf, message_uuid: uuid, text: 'once'}, headers: {Origin: world.service.origin}});
    same(answer.ok(), true, 'the form is taken');
  }
  await maren.reload();
  await shows(maren, ['Two lines\nof text', 'once'], 'after the same form twice');

  await maren.fill('#text', 'x'.repeat(1025));
  await maren.click('.send');
  await maren.locator('#error', {hasText: 'too long'}).waitFor();
  same((await maren.inputValue('#text')).length, 1025, 'the draft is kept');
  same(await maren.locator('#left output').textContent(), '-1', 'characters left');
  await maren.goto(maren.url().replace(/\/send.*$/, ''));

  await menu(maren, 'once').click();
  await press(maren, 'once', 'Edit');
  await maren.fill('#text', 'once and for all');
  await maren.click('.send');
  await maren.locator('.edited').waitFor();
  await menu(maren, 'for all').click();
  await press(maren, 'for all', '🎉');
  await maren.locator('.reaction', {hasText: '🎉 1'}).click();
  same(await maren.locator('.reaction').count(), 0, 'reactions after it was taken back');
  await menu(maren, 'for all').click();
  await press(maren, 'for all', 'Reply');
  await maren.fill('#text', 'an answer');
  await maren.click('.send');
  await maren.locator('.quote', {hasText: 'once and for all'}).waitFor();
  await menu(maren, 'an answer').click();
  await press(maren, 'an answer', 'Delete');
  await press(maren, 'an answer', 'Delete for everyone');
  await maren.locator('.deleted', {hasText: 'You deleted this message'}).waitFor();

  await teo.locator('a.group').click();
  await write(teo, 'An answer from the other side');
  await message(teo, 'An answer from the other side').waitFor(); // it is stored
  await maren.goto(url(world, '/messages'));
  same((await badge(maren).textContent()).replace(/ .*/, ''), '1', 'unread');
  await maren.locator('a.group').click();
  await maren.locator('#unread button').click();
  same(await maren.locator('#unread').count(), 0, 'unread lines after they were marked');
  await maren.selectOption('.zone select', '330');
  const utc = await maren.locator('li.message time').last().getAttribute('datetime');
  await maren.click('.zone button');
  await maren.locator('a.group').click();
  const shifted = new Date(new Date(utc).getTime() + 330 * 60000).toISOString().slice(11, 16);
  same((await maren.locator('li.message time').last().textContent()).slice(-5), shifted, 'the time in the zone that was chosen');
  await maren.locator('.receipts', {hasText: /Seen by Téo Okafor up to \d+ \w+ \d{4}, \d\d:\d\d/}).waitFor();
  await maren.locator('.inbox').getByText('Sign out').click();
  await maren.goto(url(world, '/messages'));
  same(new URL(maren.url()).pathname, '/sign-in', 'where one is after signing out');
}

// Everything by keys.
export async function keyboard(world) {
  const {maren, teo} = await pair(world);
  const keys = async (...names) => {
    for (const name of names) {
      await maren.keyboard.press(name);
    }
  };
  const focused = () => maren.evaluate(() => {
    const {activeElement: it} = document;
    return it.id || it.textContent.trim();
  });
  const reach = async (key, wanted) => {
    const passed = [];
    for (let i = 0; i < 30; i++) {
      await keys(key);
      passed.push(await focused());
      if (passed.at(-1).includes(wanted)) {
        return;
      }
    }
    check(false, `${key} never gets to ${wanted}: ${passed}`);
  };
  await write(teo, 'Press a key');
  await shows(maren, ['Hello, Téo!', 'Press a key'], 'both');
  same((await maren.locator('#announcer').textContent()), 'Téo Okafor: Press a key', 'what is announced');

  await maren.goto(url(world, '/messages'));
  await keys('Tab'); // the first thing is the way past what is above
  same(await focused(), 'Skip to the conversations', 'the first focus');
  await keys('Enter', 'Tab');
  check((await focused()).includes('@teo'), 'the skip link leads to the conversations');
  await keys('Enter');
  await shows(maren, ['Hello, Téo!', 'Press a key'], 'the conversation');
  await until('the field has the focus', async () => await focused() === 'text');
  await maren.keyboard.type('Written');
  await keys('Shift+Enter');
  await maren.keyboard.type('by keys');
  await keys('Enter');
  await shows(teo, ['Hello, Téo!', 'Press a key', 'Written\nby keys'], 'a message by keys');

  await reach('Shift+Tab', 'Actions'); // of the newest message; its own menu is on the way
  await keys('ArrowUp');
  check((await focused()).startsWith('m-'), 'the arrows walk from message to message');
  await keys('Enter', 'Tab', 'Enter'); // opens the menu, goes to the first reaction, adds it
  await message(teo, 'Press a key').locator('.reaction').waitFor();
  check((await focused()).startsWith('m-'), 'the focus is on the message again');
  await keys('Enter');
  await reach('Tab', 'Reply');
  await keys('Enter');
  same(await focused(), 'text', 'the field is ready for the reply');
  await maren.locator('#context', {hasText: 'Press a key'}).waitFor();
  await keys('Escape');
  check(await maren.locator('#context').isHidden(), 'Escape ends the reply');
  await reach('Shift+Tab', 'Conversation settings');
  await keys('Enter');
  check(await maren.locator('main .bar .sheet').isVisible(), 'the menu is open');
  await keys('Escape');
  check(await maren.locator('main .bar .sheet').isHidden(), 'Escape closes it');
  same(await focused(), 'Conversation settings', 'and the focus is where it was');
  await reach('Shift+Tab', 'New conversation');
  await keys('Enter');
  await maren.waitForURL(/new$/);
  await maren.keyboard.type('layla');
  await keys('Enter');
  await maren.waitForURL(/handle=layla|new\/layla/);
  await maren.keyboard.type('مرحبا');
  await keys('Enter');
  await maren.waitForURL(/messages\/[0-9a-f-]{36}/);
  same(await maren.locator('li.message .text').evaluate((text) => getComputedStyle(text).direction), 'rtl', 'the direction of Arabic text');
}

// Times are those of the reader, and characters are counted as the library counts them.
export async function readers_ways(world) {
  const {maren} = await pair(world, {timezoneId: 'Asia/Kathmandu'});
  const [datetime, shown] = await maren.locator('li.message time').last().evaluate((time) => [time.dateTime, time.textContent]);
  same(shown, new Date(new Date(datetime).getTime() + 345 * 60000).toISOString().slice(11, 16), 'the time at the reader\'s place');
  await maren.fill('#text', '👩‍👩‍👧‍👦'); // seven code points
  same(await maren.locator('#left output').textContent(), '1017', 'characters left');
  await maren.fill('#text', '😀'.repeat(1025));
  same(await maren.locator('#left output').textContent(), '-1', 'characters left');
  check(await maren.locator('.send').isDisabled(), 'too much cannot be sent');
  await write(maren, '😀'.repeat(1024));
  await shows(maren, ['Hello, Téo!', '😀'.repeat(1024)], 'the longest message');
}
