// Starts and stops programs: backends, and Understudy itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const PROGRAM = process.env.UNDERSTUDY ?? fileURLToPath(new URL('../../target/debug/understudy', import.meta.url));
const READY_MS = 30_000;
const END_MS = 10_000;

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Returns a port on which nobody listens. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program, and returns once it listens on the port. */
export async function start(command, args, { port, ...options }) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output = (output + text).slice(-4000)));
  let failure = null;
  child.once('error', (error) => (failure = error.message));
  const end = Date.now() + READY_MS;
  while (!(await listens(port))) {
    failure ??= child.exitCode === null ? null : `ended with ${child.exitCode}`;
    if (failure || Date.now() > end) throw new Error(`${command} ${args.join(' ')}: ${failure ?? `does not listen on port ${port}`}\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    /** Ends the program as Ctrl-C does, and returns what it printed. */
    async stop() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(timer);
      running.delete(child);
      return output;
    },
  };
}

/** Runs Understudy to its end. */
export async function understudy(args, cwd) {
  const child = spawn(PROGRAM, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (text) => (output[name] += text));
  const [exit] = await once(child, 'close');
  return { exit, ...output };
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
