// Runs the loop of each backend, and prints the results.
// Usage: node suite.mjs FOLDER NAME.... `cargo xtask backends` installs the packages and calls this.

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runLoop } from './loop.mjs';
import { datasette } from './services/datasette.mjs';
import { dockerRegistry } from './services/docker-registry.mjs';
import { httpbin } from './services/httpbin.mjs';
import { jsonServer017, jsonServer10 } from './services/json-server.mjs';
import { shop } from './services/shop.mjs';
import { verdaccio } from './services/verdaccio.mjs';

const BACKENDS = [shop, jsonServer017, jsonServer10, dockerRegistry, httpbin, datasette, verdaccio];

/** Letters of a line that are printed. */
const LINE_MAX = 300;

const [folder, ...names] = process.argv.slice(2);
const cache = resolve(folder);
const selected = BACKENDS.filter(({ name }) => names.includes(name));
let failed = 0;
for (const backend of selected) {
  const run = join(cache, 'runs', backend.name);
  mkdirSync(run, { recursive: true });
  try {
    const result = await runLoop(backend, run, cache);
    printResult(backend.name, result);
    failed += result.wrong.length > 0;
  } catch (error) {
    console.log(`${backend.name}\n  ended early: ${error.message}\n`);
    failed += 1;
  }
}
console.log(`${selected.length - failed} of ${selected.length} backends passed`);
process.exit(failed > 0 ? 1 : 0);

function shortened(line) {
  return line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line;
}

function printResult(name, { requests, fixtures, problems, same, different, runs, found, expected, wrong }) {
  const rows = [
    ['requests recorded', requests],
    ['fixtures', fixtures],
    ['check problems', problems],
    ['stub responses', `${same} same, ${different} different`],
    ...runs.map((summary, index) => [`verify ${index + 1}`, Object.entries(summary).filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${outcome}`).join(', ')]),
    ['changes found', `${found} of ${expected}`],
  ];
  console.log(name);
  for (const [label, value] of rows) console.log(`  ${label.padEnd(18)} ${value}`);
  for (const { step, text } of wrong) console.log(`    ${step}: ${text.split('\n').map(shortened).join('\n')}`);
  console.log();
}
