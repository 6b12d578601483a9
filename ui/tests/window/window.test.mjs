// The same front end in the real window: what only a window can get wrong.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { described } from '../journeys/stage.mjs';
import { start, until } from './driver.mjs';

test('the sample is opened, edited, served and verified, and the window comes back', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'understudy-window-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  let app = await start(home);
  t.after(() => app.end());
  await app.find("//h2[text()='sample']");
  const ask = async () => (await fetch('http://localhost:4010/plays/404')).json();
  assert.equal((await ask()).title, 'No such play');

  await app.click("//nav//button[contains(., 'Traffic')]");
  await app.click("//*[@role='row'][contains(., '/plays/404')]");
  await app.find("//h3[contains(., 'this one answers')]");

  await app.click("//nav//button[contains(., 'Services')]");
  await app.click("//*[@role='treeitem'][contains(., '/plays/404')]");
  await app.click("//*[@role='tab'][contains(., 'Source')]");
  await app.find("//*[contains(@class, 'cm-content')]");
  // Styles of the editor come from a script: the window's policy has to let them.
  assert.equal(await app.run("return getComputedStyle(document.querySelector('.cm-gutters')).display"), 'flex');
  await app.click("//*[contains(@class, 'cm-content')]");
  await app.press(['\uE009', '\uE010'], { together: true });
  await app.press([...'# mine']);
  const file = join(home, '.local/share/dev.understudy.desktop/sample/theatre/plays/unknown.yaml');
  await until('the file is saved', () => assert.match(readFileSync(file, 'utf8'), /# mine$/));
  await app.find("//*[@role='status'][contains(., 'Saved')]");
  assert.equal((await ask()).title, 'No such play');

  await app.click("//nav//button[contains(., 'Verify')]");
  await app.click("//button[contains(., 'Run 13 against')]");
  await app.find("//footer[contains(., 'last run')]");

  // The window records on the stub's own port, and writes what came of it.
  const backend = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"title":"A new play"}'));
  await new Promise((resolve) => backend.listen(0, '127.0.0.1', resolve));
  t.after(() => backend.close());
  await app.click("//nav//button[contains(., 'Record')]");
  await app.click("//form//option[.='theatre']");
  await app.click("//input[@aria-label='Address of the backend']");
  await app.press([...`http://127.0.0.1:${backend.address().port}`, '\uE007']);
  await app.find("//*[@aria-label='Recording theatre']");
  assert.equal((await (await fetch('http://localhost:4010/premieres/1')).json()).title, 'A new play');
  await app.click("//*[@role='treeitem'][contains(., '/premieres/{id}')]");
  await app.click("//button[contains(., 'Stop')]");
  await app.click("//button[contains(., 'Accept 1 into fixtures')]");
  const made = join(home, '.local/share/dev.understudy.desktop/sample/theatre/premieres.yaml');
  await until('the fixture is written', () => assert.match(readFileSync(made, 'utf8'), /A new play/));

  assert.equal(await app.run('return typeof window.__TAURI__'), 'undefined');
  await app.setRect({ x: 40, y: 30, width: 1000, height: 640 });
  await until('the window has another size', async () => assert.equal((await app.rect()).width, 1000));
  await app.close();

  const other = join(home, 'other');
  mkdirSync(join(other, 'shop'), { recursive: true });
  writeFileSync(join(other, 'understudy.yaml'), 'version: 1\nservices: { shop: { dir: shop } }\n');
  appendFileSync(join(home, '.config/dev.understudy.desktop/recent-projects'), `\n${other}`);
  app = await start(home);
  await app.find("//h2[text()='sample']");
  await until('the window is as it was', async () => assert.equal((await app.rect()).width, 1000));
  await until('the services answer again', ask);
  await app.click("//button[contains(@class, 'folder')][contains(., '/other')]");
  await app.find("//h2[text()='other']");
  await app.click("//button[contains(., 'Open the sample')]");
  await app.find("//h2[text()='sample']");
  await app.close();
});

test('what a description leaves open is seen, and made in one click', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'understudy-window-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const project = join(home, 'project');
  mkdirSync(join(project, 'shop'), { recursive: true });
  for (const [file, text] of Object.entries(described('http://127.0.0.1:9'))) writeFileSync(join(project, file), text);
  mkdirSync(join(home, '.config/dev.understudy.desktop'), { recursive: true });
  writeFileSync(join(home, '.config/dev.understudy.desktop/recent-projects'), project);
  const app = await start(home);
  t.after(() => app.end());
  await app.find("//h2[text()='project']");
  await app.click("//nav//button[contains(., 'Coverage')]");
  await app.find("//h2[text()='0 of 5 statuses have a fixture']");
  await app.click("//*[@role='option'][contains(., '/items/{id}')]");
  await app.click("//button[@aria-label='Make fixture for 200']");
  await app.find("//h2[text()='1 of 5 statuses have a fixture']");
  assert.match(readFileSync(join(project, 'shop/getItem.yaml'), 'utf8'), /path: \/items\/\{id\}/);
  await app.close();
});
