// How soon the window can be worked in: `npm run measure-window`, on a release build and with 10,000 fixtures.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './driver.mjs';

const FIXTURES = Number(process.env.FIXTURES ?? 10_000);
const ROUNDS = 7;

const home = mkdtempSync(join(tmpdir(), 'understudy-window-'));
const project = join(home, 'project');
mkdirSync(join(project, 's'), { recursive: true });
writeFileSync(join(project, 'understudy.yaml'), 'version: 1\nservices: { s: { dir: s } }\n');
for (let at = 0; at < FIXTURES; at += 1) {
  writeFileSync(join(project, 's', `f${at}.yaml`), `request: { path: /items/${at} }\nresponse: { body: { json: { id: ${at} } } }\n`);
}
mkdirSync(join(home, '.config/dev.understudy.desktop'), { recursive: true });
writeFileSync(join(home, '.config/dev.understudy.desktop/recent-projects'), project);

const took = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const app = await start(home);
  await app.find("//*[@role='treeitem'][3]");
  const usable = await app.run("return performance.timeOrigin + performance.getEntriesByName('usable')[0].startTime");
  took.push(usable - app.began());
  await app.close();
}
rmSync(home, { recursive: true });
took.sort((a, b) => a - b);
const ms = (value) => value.toFixed(0);
console.log(`${FIXTURES} fixtures, ${ROUNDS} starts: usable ${ms(took[ROUNDS >> 1])} ms after the process began (${ms(took[0])}-${ms(took.at(-1))})`);
