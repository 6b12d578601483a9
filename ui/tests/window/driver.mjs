// The real window, driven over WebDriver (W3C) by tauri-driver.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const APP = process.env.UNDERSTUDY_DESKTOP ?? fileURLToPath(new URL('../../../target/debug/understudy-desktop', import.meta.url));
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Starts the app with a home of its own. */
export async function start(home) {
  const [port, native] = [await freePort(), await freePort()];
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: `${home}/.config`, XDG_DATA_HOME: `${home}/.local/share` };
  delete env.DBUS_SESSION_BUS_ADDRESS;
  // A group of its own, to be ended whole: the driver, WebKit's driver and the app.
  const driver = spawn('tauri-driver', ['--port', port, '--native-port', native], { env, detached: true, stdio: 'ignore' });
  const ask = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const capabilities = { alwaysMatch: { browserName: 'wry', 'tauri:options': { application: APP } } };
  const { sessionId } = await until('the driver', () => ask('POST', '/session', { capabilities }));
  const session = `/session/${sessionId}`;
  const find = (xpath) => ask('POST', `${session}/element`, { using: 'xpath', value: xpath }).then((element) => element[ELEMENT]);
  return {
    find: (xpath) => until(xpath, () => find(xpath)),
    click: (xpath) => until(xpath, async () => ask('POST', `${session}/element/${await find(xpath)}/click`, {})),
    /** Presses keys where the focus is: one after the other, or all at once. */
    press: (keys, { together = false } = {}) => {
      const down = keys.map((value) => ({ type: 'keyDown', value }));
      const up = keys.map((value) => ({ type: 'keyUp', value }));
      const actions = together ? [...down, ...up.reverse()] : keys.flatMap((_, at) => [down[at], up[at]]);
      return ask('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] });
    },
    run: (script, ...args) => ask('POST', `${session}/execute/sync`, { script, args }),
    /** When the app's process began, in milliseconds since 1970; the system counts in hundredths of seconds. */
    began() {
      const [, , rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${member(driver.pid, 'understudy-desk')}/stat`, 'utf8'));
      const boot = Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1_000;
      return boot + Number(rest.split(' ')[19]) * 10;
    },
    rect: () => ask('GET', `${session}/window/rect`),
    setRect: (rect) => ask('POST', `${session}/window/rect`, rect),
    /** Ends the app as a session's end does: WebDriver's own way to close a window kills it. */
    async close() {
      const app = member(driver.pid, 'understudy-desk');
      process.kill(app, 'SIGTERM');
      await until('the app has ended', () => {
        if (existsSync(`/proc/${app}/exe`)) throw new Error('it is still there');
      });
      this.end();
    },
    end() {
      try {
        process.kill(-driver.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    },
  };
}

/** The process of a group that is called so. */
function member(group, name) {
  for (const id of readdirSync('/proc').filter((id) => /^\d+$/.test(id))) {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      const [, comm, rest] = /\((.*)\) (.*)/s.exec(stat);
      if (comm.startsWith(name) && Number(rest.split(' ')[2]) === group) return Number(id);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`no process ${name} in the group ${group}`);
}

/** Does something until it works. */
export async function until(what, work) {
  const end = Date.now() + 20_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw new Error(`never came: ${what}: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
