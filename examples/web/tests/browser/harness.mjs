// SPDX-License-Identifier: MIT
// What the scenarios run on: the service in a folder of its own, and people in windows of one browser.
import {spawn, execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const options = {
  service: '', // the program
  command: 'cruddur', // the command, which seeds a conversation
  static: '', // the folder of the page's files
  conversation: '', // the seeded one
  kills: 5, // of the service, while two people write
  shots: '', // a folder for screenshots of each state
};

export const PEOPLE = [
  {uuid: '1ffa6a99-36bf-40ac-846a-32cacca30827', handle: 'maren', display_name: 'Maren Solvik'},
  {uuid: '2ef016f1-8ae6-4c87-a0d7-0548acec244c', handle: 'teo', display_name: 'Téo Okafor'},
  {uuid: 'ff2649d1-c365-46c4-9f82-6532fb86cb6d', handle: 'layla', display_name: 'ليلى حداد'},
  {uuid: '7d0a2f0e-5c0b-4c55-9d0e-0b4d8d7a9a11', handle: 'mallory', display_name: '"><img src=x onerror=alert(1)>'},
];

// No wait is longer, on a slow machine: a guard against hanging.
export const PATIENCE_MS = 120000;

export function check(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}

export function same(is, wanted, what) {
  const [a, b] = [JSON.stringify(is), JSON.stringify(wanted)];
  check(a === b, `${what}:\n  is     ${a}\n  wanted ${b}`);
}

// Waits until a function returns something true.
export async function until(what, probe) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await probe();
    if (value) {
      return value;
    }
    check(Date.now() < end, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export class Service {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'cruddur-web-'));
    this.store = `sqlite:${this.folder}/messages.db`;
    this.users = `${this.folder}/users.json`;
    this.port = 0;
    writeFileSync(this.users, JSON.stringify(PEOPLE.map((person) => ({...person, email: `${person.handle}@example.com`}))));
  }

  // Starts it, at the same port as before, and waits until it has printed the links.
  async start() {
    const demo = PEOPLE.flatMap(({handle}) => ['--demo-sign-in', handle]);
    const args = ['--store', this.store, '--users', this.users, '--port', `${this.port}`, '--static', options.static,
      '--session-key', `${this.folder}/key`, '--reads', '0', '--writes', '0', '--streams-per-user', '64', '--quiet', ...demo];
    this.output = '';
    this.process = spawn(options.service, args, {stdio: ['ignore', 'pipe', 'inherit']});
    this.ended = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve(code ?? signal)));
    this.process.on('exit', () => { this.hasEnded = true; });
    this.hasEnded = false;
    this.process.stdout.on('data', (data) => { this.output += data; });
    this.links = await until('the links of the service', () => {
      check(!this.hasEnded, 'the service did not start');
      const links = this.output.match(/http:\/\/\S+code=\S+/g) ?? [];
      return links.length === PEOPLE.length && links;
    });
    this.origin = new URL(this.links[0]).origin;
    this.port = new URL(this.origin).port;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  // Ends it, which must succeed.
  async stop() {
    this.process.kill('SIGTERM');
    const code = await this.ended;
    rmSync(this.folder, {recursive: true});
    same(code, 0, 'the exit status of the service');
  }

  run(...args) {
    return execFileSync(options.command, args, {encoding: 'utf8',
      env: {...process.env, CRUDDUR_STORE: this.store, CRUDDUR_USERS: this.users, CRUDDUR_PAGER: ''}});
  }

  seed() {
    this.run('seed', options.conversation, '--me', '@maren', '--other', '@teo');
  }
}

// The world of one scenario: a service, and windows that report what must not happen in them.
export class World {
  constructor(browser) {
    this.browser = browser;
    this.contexts = [];
    this.faults = [];
    this.sessions = new Map(); // a link signs in once
  }

  async begin() {
    this.service = new Service();
    await this.service.start();
  }

  // A window in which a person is signed in.
  async window(handle, settings = {}) {
    const context = await this.browser.newContext({timezoneId: 'UTC', viewport: {width: 1100, height: 700},
      storageState: this.sessions.get(handle), ...settings});
    this.contexts.push(context);
    const page = await context.newPage();
    context.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.faults.push(`${handle}: ${error.message}`));
    page.on('dialog', (dialog) => this.faults.push(`${handle}: a dialog: ${dialog.message()}`));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/i.test(message.text())) {
        this.faults.push(`${handle}: ${message.text()}`);
      }
    });
    if (this.sessions.has(handle)) {
      await page.goto(url(this, '/messages'));
    } else {
      await page.goto(this.service.links[PEOPLE.findIndex((person) => person.handle === handle)]);
      this.sessions.set(handle, await context.storageState());
    }
    return page;
  }

  async end() {
    for (const context of this.contexts) {
      await context.close();
    }
    await this.service.stop();
    same(this.faults, [], 'errors in the windows');
  }
}

// ---- what people do and see ----

export const url = (world, path) => `${world.service.origin}${path}`;

export async function open(world, page, handle) {
  await page.goto(url(world, `/messages/new/${handle}`));
}

export async function write(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

export const texts = (page) => page.locator('li.message:not(.pending) .bubble > .text').allTextContents();
export const message = (page, text) => page.locator('li.message:not(.pending)', {has: page.locator('.bubble > .text', {hasText: text})}).last();

// The messages of a window are these, in this order, all stored.
export async function shows(page, wanted, what) {
  await until(`${what}: ${wanted.length} messages`, async () => JSON.stringify(await texts(page)) === JSON.stringify(wanted))
    .catch(async () => same(await texts(page), wanted, what));
}

export async function act(page, text, choose) {
  const item = message(page, text);
  await item.hover();
  await item.locator('.menu > summary').click();
  await choose(item.locator('.sheet'));
}

// Opens a direct conversation of two people in two windows; the first has written.
export async function pair(world, settings = {}) {
  const maren = await world.window('maren', settings);
  const teo = await world.window('teo', settings);
  await open(world, maren, 'teo');
  await write(maren, 'Hello, Téo!');
  await maren.waitForURL(/messages\/[0-9a-f-]{36}/);
  await teo.locator('a.group').first().click();
  await shows(teo, ['Hello, Téo!'], 'the first message');
  return {maren, teo};
}
