// Compares the responses of a recorded session with those of the stub.

import { isUtf8 } from 'node:buffer';

/** Headers that a client acts on. The others may differ. */
const HEADERS = ['content-type', 'location', 'link', 'etag', 'x-total-count', 'content-range', 'content-disposition', 'www-authenticate', 'allow', 'retry-after'];

/** Headers of the response to a HEAD, which describe what a GET gets. */
const HEADERS_OF_HEAD = [...HEADERS, 'content-length'];

/** Returns one line for each response of the stub that is not equivalent to the recorded one. */
export function compareSessions(recorded, stubbed) {
  const lines = [];
  for (const [index, before] of recorded.exchanges.entries()) {
    const after = stubbed.exchanges[index];
    const reasons = after ? compareResponses(before.method, recorded.view(before), stubbed.view(after)) : ['the client did not come so far'];
    if (reasons.length > 0) lines.push({ request: `${index + 1}. ${before.method} ${before.target}`, reasons });
  }
  return lines;
}

function compareResponses(method, before, after) {
  if (before.status !== after.status) return [`status ${before.status}, the stub sends ${after.status}`];
  const reasons = [];
  if (after.isElsewhere) reasons.push('a link leads the client to another server than the stub');
  for (const name of method === 'HEAD' ? HEADERS_OF_HEAD : HEADERS) {
    // The stub derives the 304 from the 200, including its tag.
    if (before.status === 304 && before.headers[name] === undefined) continue;
    if (meaning(name, before.headers[name]) !== meaning(name, after.headers[name])) reasons.push(`${name}: ${before.headers[name]}, the stub sends ${after.headers[name]}`);
  }
  if (String(before.cookies) !== String(after.cookies)) reasons.push(`set-cookie: ${before.cookies}, the stub sends ${after.cookies}`);
  reasons.push(...compareBodies(before.body, after.body));
  return reasons;
}

/** Returns a header without what means nothing: JSON has no charset, and the stub's tag is weak where it compresses. */
function meaning(name, value) {
  if (name === 'content-type') return value?.replace(/^([^;]*[/+]json); *charset=utf-8$/i, '$1');
  return name === 'etag' ? value?.replace(/^W\//, '') : value;
}

function compareBodies(before, after) {
  if (before === after) return [];
  try {
    return differences(JSON.parse(before), JSON.parse(after), '$');
  } catch {
    const at = [...before].findIndex((letter, index) => after[index] !== letter);
    const from = Math.max(0, (at < 0 ? before.length : at) - 20);
    return [`body: …${before.slice(from, from + 60)}…, the stub sends …${after.slice(from, from + 60)}…`];
  }
}

function differences(before, after, path) {
  if (Object.is(before, after)) return [];
  const areContainers = [before, after].every((value) => typeof value === 'object' && value !== null);
  if (!areContainers || Array.isArray(before) !== Array.isArray(after)) return [`${path}: ${JSON.stringify(before)}, the stub sends ${JSON.stringify(after)}`];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], `${path}.${key}`));
}

/** A finished session, with each named value replaced by its name and each own address by one word. */
export class Session {
  constructor(client, addresses) {
    this.exchanges = client.exchanges;
    this.secrets = client.secrets;
    const names = [...client.names].map(([value, name]) => [value, `<${name}>`]);
    this.words = [...names, ...addresses.map((address) => [address, '<address>'])].sort(([a], [b]) => b.length - a.length);
  }

  view({ status, headers, cookies, body, isElsewhere }) {
    const plain = (text) => this.words.reduce((text, [value, word]) => text.replaceAll(value, word), text);
    const fields = Object.entries(headers).filter(([, value]) => typeof value === 'string');
    return {
      status,
      isElsewhere,
      headers: Object.fromEntries(fields.map(([name, value]) => [name, plain(value)])),
      cookies: cookies.map(plain),
      body: plain(isUtf8(body) ? body.toString() : body.toString('latin1')),
    };
  }
}
