// SPDX-License-Identifier: MIT
// Runs the scenarios in Debian's Chromium, and reports in the Test Anything Protocol.
//
//   node run.mjs --service PROGRAM --static FOLDER --conversation FILE [--command PROGRAM]
//                [--kills N] [--shots FOLDER] [--only NAME]…
import {existsSync, mkdirSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {options, World} from './harness.mjs';
import * as scenarios from './scenarios.mjs';
import * as states from './states.mjs';

const {values} = parseArgs({options: {
  service: {type: 'string'}, command: {type: 'string'}, static: {type: 'string'}, conversation: {type: 'string'},
  kills: {type: 'string'}, shots: {type: 'string'}, only: {type: 'string', multiple: true}, chromium: {type: 'string'},
}});
Object.assign(options, values, {kills: Number(values.kills ?? options.kills)});
if (options.shots) {
  mkdirSync(options.shots, {recursive: true});
}

const executablePath = values.chromium ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const {chromium} = await import('playwright-core').catch(() => ({}));
if (!executablePath || !chromium) {
  console.log(`1..0 # SKIP ${executablePath ? 'the npm packages are not installed' : 'there is no Chromium'}`);
  process.exit(0);
}

const all = Object.entries({...scenarios, ...states});
const chosen = all.filter(([name]) => !values.only || values.only.includes(name));
const browser = await chromium.launch({executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : []});
let failures = 0;
console.log(`1..${chosen.length}`);
for (const [index, [name, scenario]] of chosen.entries()) {
  const begun = Date.now();
  const world = new World(browser);
  let fault = null;
  let note = '';
  try {
    await world.begin();
    note = await scenario(world) ?? '';
  } catch (error) {
    fault = error;
  }
  await world.end().catch((error) => { fault ??= error; });
  failures += fault !== null;
  console.log(`${fault ? 'not ok' : 'ok'} ${index + 1} - ${name}`);
  console.log(`# ${((Date.now() - begun) / 1000).toFixed(1)} s${note ? `, ${note}` : ''}`);
  if (fault) {
    console.log(fault.stack.replace(/^/gm, '# '));
  }
}
await browser.close();
process.exitCode = failures > 0 ? 1 : 0;
