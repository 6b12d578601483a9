// A client that sends requests like a page in Chrome, and stores the responses.

import { request as httpRequest, Agent } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

const BROWSER = {
  'sec-ch-ua-platform': '"Linux"',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  'sec-ch-ua': '"Not;A=Brand";v="99", "Google Chrome";v="139", "Chromium";v="139"',
  'sec-ch-ua-mobile': '?0',
};
const FETCH = { accept: '*/*', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'upgrade-insecure-requests': '1',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-user': '?1',
  'sec-fetch-dest': 'document',
};
const DECODERS = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

export class Client {
  /** The headers of every request, such as a bearer token. */
  headers = {};
  /** Requests and their responses, in order. */
  exchanges = [];
  /** Values of this session by a name each: secrets, for which there are stand-ins, and what the backend makes anew. */
  names = new Map();
  /** The secrets among them. */
  secrets = new Map();
  #cookies = new Map();
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** A client of a stub sends `wrong-password` where a backend is sent a wrong password: a stub takes any other. */
  constructor(url, { isStub = false } = {}) {
    this.url = url;
    this.isStub = isStub;
  }

  get = (target, options) => this.send('GET', target, options);
  post = (target, options) => this.send('POST', target, options);
  put = (target, options) => this.send('PUT', target, options);
  patch = (target, options) => this.send('PATCH', target, options);
  delete = (target, options) => this.send('DELETE', target, options);
  head = (target, options) => this.send('HEAD', target, options);

  /** Opens a page, as the address bar does. */
  visit = (target, options) => this.send('GET', target, { navigate: true, ...options });

  /** Sends one request. A target that is a whole URL goes to where the client is connected. */
  async send(method, target, { headers = {}, json, form, text, multipart, navigate = false } = {}) {
    const { pathname, search, host } = new URL(target ?? '/undefined', this.url);
    const [type, body] = bodyOf({ json, form, text, multipart });
    const fields = {
      host: new URL(this.url).host,
      connection: 'keep-alive',
      ...(body !== undefined || !['GET', 'HEAD'].includes(method) ? { 'content-length': Buffer.byteLength(body ?? '') } : {}),
      ...BROWSER,
      ...(navigate ? NAVIGATION : FETCH),
      ...(type && { 'content-type': type }),
      ...(method === 'GET' || method === 'HEAD' ? {} : { origin: this.url }),
      ...(navigate ? {} : { referer: `${this.url}/` }),
      'accept-encoding': 'gzip, deflate, br',
      'accept-language': 'en-GB,en;q=0.9',
      ...(this.#cookies.size > 0 && { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') }),
      ...this.headers,
      ...headers,
    };
    const response = await this.#exchange(method, pathname + search, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)), body);
    response.isElsewhere = host !== new URL(this.url).host;
    this.#keepCookies(response);
    this.exchanges.push({ method, target: pathname + search, status: response.status, headers: response.headers, cookies: response.cookies, body: response.body, isElsewhere: response.isElsewhere });
    return response;
  }

  /** Names a secret, and returns it. */
  secret(name, value) {
    if (value) this.secrets.set(value, name);
    return this.made(name, value);
  }

  /** Names a value that is another one for each request, and returns it. */
  made(name, value) {
    if (value) this.names.set(value, name);
    return value;
  }

  /** Returns a value that is refused. */
  wrong(kind, value) {
    return this.isStub ? `wrong-${kind}` : value;
  }

  cookie(name) {
    return this.#cookies.get(name);
  }

  close() {
    this.#agent.destroy();
  }

  #exchange(method, path, headers, body) {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ hostname, port, method, path, headers, agent: this.#agent, timeout: 20_000 }, (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', (error) => reject(new Error(`${method} ${path}: ${error.message}`)));
        response.on('end', () => {
          const decode = DECODERS[response.headers['content-encoding']];
          const bytes = Buffer.concat(pieces);
          const content = decode && bytes.length > 0 ? decode(bytes) : bytes;
          resolve({
            status: response.statusCode,
            headers: response.headers,
            cookies: response.headers['set-cookie'] ?? [],
            body: content,
            get text() {
              return content.toString();
            },
            get json() {
              try {
                return JSON.parse(content);
              } catch {
                return undefined;
              }
            },
          });
        });
      });
      sent.on('error', (error) => reject(new Error(`${method} ${path}: ${error.message}`)));
      sent.on('timeout', () => sent.destroy(new Error('no response in 20 s')));
      sent.end(body);
    });
  }

  #keepCookies({ cookies }) {
    for (const line of cookies) {
      const [pair, ...attributes] = line.split(/; */);
      const [name, value] = pair.split(/=(.*)/s);
      if (attributes.some((attribute) => /^max-age=(0|-.*)$/i.test(attribute))) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

/** Returns the content type and the bytes of a body. */
function bodyOf({ json, form, text, multipart }) {
  if (json !== undefined) return ['application/json', JSON.stringify(json)];
  if (form) return ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()];
  if (multipart) {
    const boundary = `----WebKitFormBoundary${Math.random().toString(36).slice(2, 10)}${Math.random().toString(36).slice(2, 10)}`;
    const parts = multipart.map(({ name, filename, type, content }) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ''}\r\n${type ? `content-type: ${type}\r\n` : ''}\r\n${content}\r\n`);
    return [`multipart/form-data; boundary=${boundary}`, `${parts.join('')}--${boundary}--\r\n`];
  }
  return [undefined, text];
}
