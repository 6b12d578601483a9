// A project in a folder of its own, the real program on it, and a browser before it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const PROGRAM = process.env.UNDERSTUDY ?? fileURLToPath(new URL('../../../target/debug/understudy', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

let browser;

/** A project with these files, opened in the app; or one that is there, opened once more. Ends with the test. */
export async function stage(t, files, { width = 1280, height = 800, there } = {}) {
  const parent = there ? null : mkdtempSync(join(tmpdir(), 'understudy-journey-'));
  const folder = there ?? join(parent, 'shop-frontend');
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const downloads = join(dirname(folder), 'Downloads');
  mkdirSync(downloads, { recursive: true });
  const env = { ...process.env, HOME: dirname(folder), XDG_CONFIG_HOME: join(folder, '.config'), XDG_STATE_HOME: join(dirname(folder), '.local/state') };
  const program = spawn(PROGRAM, ['ui', folder, '--no-open'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let context;
  const end = async () => {
    await context?.close();
    const ended = program.exitCode === null && program.signalCode === null ? once(program, 'exit') : null;
    program.kill('SIGTERM');
    await ended;
  };
  // Before anything can fail: a program that goes on would keep the tests from ending.
  t.after(async () => {
    await end();
    if (parent) rmSync(parent, { recursive: true, force: true });
  });
  const url = await new Promise((resolve, reject) => {
    program.once('exit', (code) => reject(new Error(`understudy ui ended with ${code}`)));
    program.stdout.on('data', (text) => {
      const found = /http:\S+/.exec(String(text));
      if (found) resolve(found[0]);
    });
  });
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  context = await browser.newContext({ viewport: { width, height }, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('response', (response) => response.status() >= 400 && errors.push(`${response.status()} ${new URL(response.url()).pathname}`));
  await page.goto(url);
  // A key that is pressed before the page knows the project does nothing.
  await page.waitForFunction(() => performance.getEntriesByName('usable').length > 0);
  const kill = () => program.kill('SIGKILL');
  /** Where a service answers. */
  const service = async (name) => {
    const { services } = await command('project', {});
    return services.find((service) => service.name === name).url;
  };
  /** Asks the engine past the page. */
  const command = async (name, request) => {
    const token = await page.evaluate(() => sessionStorage.getItem('understudy-token'));
    const answer = await fetch(new URL(`/command/${name}`, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(request),
    });
    return answer.json();
  };
  return { page, folder, downloads, write, service, command, kill, end, errors, url };
}

/** Asks until the answer is as wanted. */
export async function until(what, holds) {
  const end = Date.now() + 10_000;
  for (;;) {
    if (await holds()) return;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function finish() {
  await browser?.close();
}

/** A small shop: one service on a free port. */
export const shop = (backend = '') => ({
  'understudy.yaml': `version: 1\nservices:\n  shop: { dir: shop${backend} }\n`,
  'shop/items/list.yaml':
    'name: All items\nrequest:\n  path: /items\nresponse:\n  body:\n    json: { items: [{ id: 1, price: 10 }] }\n',
  'shop/items/get.yaml':
    '# one item\nrequest:\n  path: /items/{id}\n  params: { id: { type: integer, example: 1 } }\nresponse:\n  body:\n    json: { id: 1, price: 10 }\n',
});

/** A description of a shop, with three operations. */
export const DESCRIPTION = `openapi: 3.0.3
info: { title: Shop, version: "1" }
paths:
  /items:
    get:
      operationId: listItems
      responses:
        "200": { description: all, content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Item" } } } } }
        "500": { description: wrong }
  /items/{id}:
    get:
      operationId: getItem
      parameters: [{ name: id, in: path, required: true, schema: { type: integer }, example: 7 }]
      responses:
        "200": { description: one, content: { application/json: { schema: { $ref: "#/components/schemas/Item" }, example: { id: 7, name: lamp } } } }
        "404": { description: none }
    delete:
      operationId: removeItem
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { "204": { description: gone } }
components:
  schemas:
    Item: { type: object, required: [id, name], properties: { id: { type: integer }, name: { type: string } } }
`;

/** A shop with a description, a backend, and one fixture that the description does not know. */
export const described = (url) => ({
  'understudy.yaml': `version: 1\nservices:\n  shop: { dir: shop, openapi: openapi.yaml, backends: { real: { url: "${url}" } } }\n`,
  'shop/openapi.yaml': DESCRIPTION,
  'shop/old.yaml': 'request: { path: /orders }\nresponse: { status: 200 }\n',
});
