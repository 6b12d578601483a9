// The engine over loopback HTTP. The token comes in the part of the first URL that browsers do not send, and is
// taken out of the address bar at once; it lives as long as the tab.

import type { ApiError } from './commands';
import { EngineError, type Host } from './host';

const KEY = 'understudy-token';

/** What a code that is good once begins with: the token is asked for with it. */
const ONCE = 'once-';

async function token(): Promise<string> {
  const given = location.hash.slice(1);
  if (given) history.replaceState(null, '', location.pathname);
  if (given.startsWith(ONCE)) {
    const response = await fetch('/command/token', { method: 'POST', body: given.slice(ONCE.length) });
    if (response.ok) sessionStorage.setItem(KEY, (await response.json()) as string);
  } else if (given) {
    sessionStorage.setItem(KEY, given);
  }
  return sessionStorage.getItem(KEY) ?? '';
}

function failed(code: ApiError['code'], message: string, hint: string): EngineError {
  return new EngineError({ code, message, hint, details: [] });
}

export function httpHost(): Host {
  const authorization = token().then((token) => `Bearer ${token}`);
  return {
    async call(command, request) {
      let response: Response;
      try {
        const headers = { authorization: await authorization, 'content-type': 'application/json' };
        response = await fetch(`/command/${command}`, { method: 'POST', headers, body: JSON.stringify(request) });
      } catch {
        throw failed('port', 'Understudy does not answer', 'Start it again: understudy ui');
      }
      if (response.status === 200) return response.json();
      if (response.status === 422) throw new EngineError((await response.json()) as ApiError);
      throw failed('usage', await response.text(), 'Open the URL that `understudy ui` printed');
    },
  };
}
