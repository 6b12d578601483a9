// How the app feels with much of everything: `npm run measure`. Prints what was measured; SECONDS changes how long traffic comes.

import http from 'node:http';
import { finish, shop, stage, until } from './stage.mjs';

const SECONDS = Number(process.env.SECONDS ?? 60);
const RATE = 2_000;
const FIXTURES = 10_000;

const ends = [];
const t = { after: (end) => ends.push(end) };
const ms = (value) => `${value.toFixed(0)} ms`;

/** Frame intervals and long tasks, from now on. */
const watch = (page) =>
  page.evaluate(() => {
    const seen = (window.seen = { frames: [], tasks: [], on: true });
    let last = performance.now();
    const frame = (now) => {
      seen.frames.push(now - last);
      last = now;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
  });

const seen = async (page) => {
  const { frames, tasks } = await page.evaluate(() => ((window.seen.on = false), window.seen));
  frames.sort((a, b) => a - b);
  return { p95: frames[Math.floor(frames.length * 0.95)] ?? 0, worst: Math.max(0, ...tasks), tasks: tasks.length };
};

// Many fixtures.
{
  const files = { 'understudy.yaml': 'version: 1\nservices: { s: { dir: s } }\n' };
  for (let at = 0; at < FIXTURES; at += 1) files[`s/f${at}.yaml`] = `request: { path: /items/${at} }\nresponse: { body: { json: { id: ${at} } } }\n`;
  const { page } = await stage(t, files);
  await page.getByRole('treeitem').nth(5).waitFor();
  const began = Date.now();
  await page.reload();
  await page.getByRole('treeitem').nth(5).waitFor();
  console.log(`${FIXTURES} fixtures: the page is usable after ${ms(Date.now() - began)}`);
  await watch(page);
  await page.mouse.move(200, 400);
  for (let at = 0; at < 120; at += 1) await page.mouse.wheel(0, 1_500);
  const { p95, worst } = await seen(page);
  console.log(`  scrolling the tree: 95 % of frames within ${p95.toFixed(1)} ms, longest task ${ms(worst)}`);
}

// Much traffic.
{
  const { page, service } = await stage(t, shop());
  const url = new URL(`${await service('shop')}/items`);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  let sent = 0;
  const send = () => {
    sent += 1;
    http.get(url, { agent }, (answer) => answer.resume()).on('error', () => {});
  };
  const devtools = await page.context().newCDPSession(page);
  const heap = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1e6;
  };
  await page.keyboard.press('Control+2');
  const load = setInterval(() => Array.from({ length: RATE / 50 }, send), 20);
  await until('the list is full', async () => (await page.locator('.counted').textContent().catch(() => '')).includes('10,000'));
  await page.mouse.move(500, 400);
  // Scrolled once, so that what scrolling makes is there.
  for (let at = 0; at < 60; at += 1) {
    await page.mouse.wheel(0, at % 40 < 20 ? -900 : 900);
    await page.waitForTimeout(30);
  }
  const before = await heap();
  await watch(page);
  const end = Date.now() + SECONDS * 1_000;
  const from = sent;
  for (let at = 0; Date.now() < end; at += 1) {
    await page.mouse.wheel(0, at % 40 < 20 ? -900 : 900);
    await page.waitForTimeout(30);
  }
  const rate = (sent - from) / SECONDS;
  const { p95, worst, tasks } = await seen(page);
  clearInterval(load);
  agent.destroy();
  const after = await heap();
  console.log(`traffic, ${rate.toFixed(0)} requests a second for ${SECONDS} s while the list scrolls:`);
  console.log(`  95 % of frames within ${p95.toFixed(1)} ms, ${tasks} tasks over 50 ms, the longest ${ms(worst)}`);
  console.log(`  heap ${before.toFixed(1)} MB before, ${after.toFixed(1)} MB after`);
}

// A large body.
{
  const items = Array.from({ length: 50_000 }, (_, id) => ({ id, name: `item ${id}`, tags: ['a', 'b'], price: 1.5, note: 'x'.repeat(20) }));
  const body = JSON.stringify({ items });
  const { page, service } = await stage(t, {
    ...shop(),
    'shop/large.yaml': 'request: { path: /large }\nresponse: { body: { file: bodies/large.json } }\n',
    'shop/bodies/large.json': body,
  });
  await (await fetch(`${await service('shop')}/large`)).text();
  await page.keyboard.press('Control+2');
  await page.getByRole('row').filter({ hasText: '/large' }).click();
  await page.getByRole('tab', { name: 'Answer' }).click();
  await page.getByRole('button', { name: 'Show it all' }).waitFor();
  await watch(page);
  const began = Date.now();
  await page.getByRole('button', { name: 'Show it all' }).click();
  await page.getByText('"items": [').waitFor();
  const took = Date.now() - began;
  await page.waitForTimeout(500);
  const { worst } = await seen(page);
  console.log(`a body of ${(body.length / 1e6).toFixed(1)} MB: shown after ${ms(took)}, the longest task ${ms(worst)}`);
}

for (const end of ends.reverse()) await end();
await finish();
