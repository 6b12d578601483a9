// The whole loop for one backend: record, accept, check, serve, verify, verify after a change.

import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openChanged } from './change.mjs';
import { Client } from './client.mjs';
import { Session, compareSessions } from './compare.mjs';
import { PROGRAM, freePort, start, understudy } from './program.mjs';

/** Outcomes of `verify` that are right. */
const RIGHT = ['kept', 'skipped'];
const FAILED = 'broken';

/** Runs the loop in an empty folder, and returns what was counted and everything that was wrong. */
export async function runLoop(backend, folder, cache) {
  rmSync(folder, { recursive: true, force: true });
  const project = join(folder, 'project');
  mkdirSync(project, { recursive: true });
  const loop = new Loop(backend, folder, project, cache, await freePort());
  await loop.record();
  await loop.accept();
  await loop.check();
  await loop.serve();
  await loop.verify('first');
  await loop.verify('second');
  await loop.verifyChanged();
  return loop.result;
}

class Loop {
  result = { wrong: [], requests: 0, fixtures: 0, problems: 0, same: 0, different: 0, runs: [], found: 0, expected: 0 };
  #starts = 0;
  #seen = new Set();

  constructor(backend, folder, project, cache, port) {
    Object.assign(this, { backend, folder, project, cache, port, url: `http://localhost:${port}` });
  }

  /** Plays the session with the recorder before a fresh backend. */
  async record() {
    const server = await this.#startBackend();
    writeFileSync(join(this.project, 'understudy.yaml'), `version: 1\nservices:\n  ${this.backend.service}:\n    port: ${this.port}\n`);
    const recorder = await start(PROGRAM, ['record', '--backend', server.url], { port: this.port, cwd: this.project });
    this.recorded = await this.#play([this.url, `http://127.0.0.1:${this.port}`, server.url]);
    this.result.requests = this.recorded.exchanges.length;
    await recorder.stop();
    await server.stop();
    for (const [value, name] of this.recorded.secrets) {
      const places = filesWith(this.project, value);
      if (places.length > 0) this.#wrong('secret', `${name} is on the disk: ${places.join(', ')}`);
    }
  }

  async accept() {
    const { exit, stdout, stderr } = await understudy(['inbox', 'accept'], this.project);
    writeFileSync(join(this.folder, 'accept.txt'), stdout + stderr);
    if (exit !== 0) this.#wrong('accept', `exit code ${exit}: ${lastLine(stdout + stderr)}`);
    this.result.fixtures = filesBelow(join(this.project, 'fixtures')).filter((path) => /\.yaml$/.test(path)).length;
    if (this.result.fixtures === 0) throw new Error(`nothing was accepted: ${lastLine(stdout + stderr)}`);
  }

  async check() {
    const { stdout } = await understudy(['check', '--json'], this.project);
    // A session may ask for `?page=2` and for `?sort=name`, and never for both: which fixture is meant then, nobody knows.
    const problems = JSON.parse(stdout).problems.filter(({ code }) => code !== 'tie');
    this.result.problems = problems.length;
    for (const { severity, code, file, line, message } of problems) this.#wrong('check', `${severity}[${code}] ${file}:${line}: ${message}`);
  }

  /** Plays the same session with the stub. The backend has ended. */
  async serve() {
    const stub = await start(PROGRAM, ['serve'], { port: this.port, cwd: this.project });
    const stubbed = await this.#play([this.url, `http://127.0.0.1:${this.port}`], { isStub: true });
    writeFileSync(join(this.folder, 'serve.txt'), await stub.stop());
    const lines = compareSessions(this.recorded, stubbed);
    this.result.different = lines.length;
    this.result.same = this.result.requests - lines.length;
    for (const { request, reasons } of lines) this.#wrong('serve', `${request}\n      ${reasons.join('\n      ')}`);
  }

  /** Verifies the fixtures against a fresh backend at another port. */
  async verify(name) {
    const server = await this.#startBackend();
    const report = await this.#report(name, server.url);
    await server.stop();
    this.result.runs.push(report.summary);
    for (const fixture of report.fixtures.filter((fixture) => this.#isNewlyWrong(fixture))) this.#wrong(`verify, ${name} run`, describe(fixture));
  }

  /** Verifies the fixtures against a backend that was changed: exactly the changes have to be found. */
  async verifyChanged() {
    const server = await this.#startBackend();
    const port = await freePort();
    const changed = await openChanged(new URL(server.url).port, port, this.backend.changes);
    const report = await this.#report('changed', `http://127.0.0.1:${port}`);
    await changed.stop();
    await server.stop();
    const lineOf = (request, { kind, path }) => `${request}: ${kind} ${path}`;
    const found = new Set(report.fixtures.flatMap(({ request, differences }) => differences.map((difference) => lineOf(request, difference))));
    const expected = new Set(changed.made.map((difference) => lineOf(difference.request, difference)));
    this.result.expected = expected.size;
    this.result.found = [...expected].filter((line) => found.has(line)).length;
    for (const { request } of this.backend.changes.filter(({ request }) => !changed.made.some((made) => request.test(made.request)))) this.#wrong('change', `no request for ${request}`);
    for (const line of [...expected].filter((line) => !found.has(line))) this.#wrong('change', `not found: ${line}`);
    for (const line of [...found].filter((line) => !expected.has(line))) this.#wrong('change', `found, but not made: ${line}`);
    for (const fixture of report.fixtures.filter((fixture) => fixture.outcome !== FAILED && this.#isNewlyWrong(fixture))) this.#wrong('change', describe(fixture));
  }

  async #startBackend() {
    const port = await freePort();
    this.#starts += 1;
    const data = join(this.folder, `data-${this.#starts}`);
    mkdirSync(data);
    const [command, args, options = {}] = this.backend.command({ port, folder: data, cache: this.cache });
    const server = await start(command, args, { port, cwd: data, ...options, env: { ...process.env, ...options.env } });
    return { ...server, url: `http://127.0.0.1:${port}` };
  }

  async #play(addresses, options) {
    const client = new Client(this.url, options);
    await this.backend.session(client);
    client.close();
    return new Session(client, addresses);
  }

  async #report(name, url) {
    this.#writeBackend(name, { url, writes: true, vars: this.backend.vars });
    const { exit, stdout, stderr } = await understudy(['verify', '--backend', name, '--json'], this.project);
    writeFileSync(join(this.folder, `verify-${name}.json`), stdout);
    if (!stdout.startsWith('{')) throw new Error(`verify ended with ${exit}: ${lastLine(stderr)}`);
    return JSON.parse(stdout);
  }

  /** Writes the backend into the project's file, beside what accepting wrote there. */
  #writeBackend(name, backend) {
    const file = join(this.project, 'understudy.yaml');
    const [before, after] = readFileSync(file, 'utf8').replace(/^ {4}backends: .*\n/m, '').split(/(?<=^ {4}port: .*\n)/m);
    writeFileSync(file, `${before}    backends: ${JSON.stringify({ [name]: backend })}\n${after ?? ''}`);
  }

  /** Returns true if a fixture did not pass, and was not seen with this outcome in an earlier run. */
  #isNewlyWrong({ fixture, outcome }) {
    const line = `${fixture} ${outcome}`;
    if (RIGHT.includes(outcome) || this.#seen.has(line)) return false;
    this.#seen.add(line);
    return true;
  }

  #wrong(step, text) {
    this.result.wrong.push({ step, text });
  }
}

/** Returns a fixture's outcome, with every difference. */
function describe({ fixture, outcome, reason, request, differences }) {
  const lines = differences.map(({ path, kind, expected, received }) => `\n      ${kind} ${path}: expected ${expected}, received ${received}`);
  return `${fixture} ${outcome}${reason ? `: ${reason}` : ''}${request ? ` (${request})` : ''}${lines.join('')}`;
}

const lastLine = (text) => text.trim().split('\n').at(-1);

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

/** Returns the files below a folder that hold a text. */
function filesWith(folder, text) {
  return filesBelow(folder).filter((path) => readFileSync(path).includes(text)).map((path) => path.slice(folder.length + 1));
}
