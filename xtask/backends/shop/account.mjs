// Users of the shop: sessions of pages (cookie and CSRF token), and tokens of the API (JWT and refresh token).

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { PASSWORD } from './data.mjs';
import { problem, route } from './http.mjs';

const USER = { id: 7, email: 'ada@shop.example', name: 'Ada Byron', role: 'clerk' };
const TOKEN_SECONDS = 900;

const isRight = ({ email, password }) => email === USER.email && password === PASSWORD;
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(store, claims) {
  const text = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${text}.${createHmac('sha256', store.key).update(text).digest('base64url')}`;
}

function newTokens(store) {
  const now = Math.floor(Date.now() / 1000);
  const access_token = signed(store, { sub: String(USER.id), name: USER.name, scope: 'orders:write', iat: now, exp: now + TOKEN_SECONDS, jti: randomUUID() });
  const refresh_token = randomBytes(24).toString('base64url');
  store.refreshTokens.set(refresh_token, USER.id);
  return { access_token, token_type: 'Bearer', expires_in: TOKEN_SECONDS, refresh_token };
}

/** Returns the user of a valid bearer token. */
export function userOf(store, request) {
  const [, head, claims, signature] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (!head) return undefined;
  const isGenuine = createHmac('sha256', store.key).update(`${head}.${claims}`).digest('base64url') === signature;
  return isGenuine && JSON.parse(Buffer.from(claims, 'base64url')).exp > Date.now() / 1000 ? USER : undefined;
}

/** Begins a session of pages, or returns the one of the request. */
export function sessionOf(store, request) {
  const known = store.sessions.get(request.cookies.sid);
  if (known) return known;
  const session = { id: randomBytes(18).toString('base64url'), csrf: randomBytes(20).toString('hex'), xsrf: randomBytes(24).toString('base64url'), user: null, theme: 'light' };
  store.sessions.set(session.id, session);
  return session;
}

export const sessionCookies = (session) => ({
  'set-cookie': [`sid=${session.id}; Path=/; HttpOnly; SameSite=Lax`, `XSRF-TOKEN=${session.xsrf}; Path=/; SameSite=Lax`, `theme=${session.theme}; Path=/; Max-Age=31536000`],
});

export const accountRoutes = (store) => [
  route('POST /login', (request) => {
    const form = Object.fromEntries(new URLSearchParams(request.body.toString()));
    const session = store.sessions.get(request.cookies.sid);
    if (!session || form._csrf !== session.csrf) return problem(403, 'The form has expired');
    if (!isRight(form)) return { status: 401, type: 'text/html; charset=utf-8', body: '<!doctype html><title>Sign in</title><p role="alert">Wrong e-mail or password</p>\n' };
    store.sessions.delete(session.id);
    const begun = sessionOf(store, { cookies: {} });
    begun.user = USER;
    return { status: 303, headers: { location: `${request.origin}/account`, ...sessionCookies(begun) } };
  }),
  route('PUT /account/preferences', (request) => {
    const session = store.sessions.get(request.cookies.sid);
    if (!session?.user) return problem(401, 'Sign in first');
    if (request.headers['x-xsrf-token'] !== request.cookies['XSRF-TOKEN'] || request.cookies['XSRF-TOKEN'] !== session.xsrf) return problem(403, 'The XSRF token is wrong');
    session.theme = request.json.theme;
    return { json: { theme: session.theme, newsletter: request.json.newsletter } };
  }),
  route('POST /logout', (request) => {
    const session = store.sessions.get(request.cookies.sid);
    if (request.headers['x-xsrf-token'] !== session?.xsrf) return problem(403, 'The XSRF token is wrong');
    store.sessions.delete(session.id);
    return { status: 204, headers: { 'set-cookie': 'sid=; Path=/; Max-Age=0' } };
  }),
  route('POST /api/auth/token', (request) => {
    if (!isRight(request.json)) return problem(401, 'Wrong e-mail or password');
    return { json: newTokens(store) };
  }, { isOpen: true }),
  route('POST /api/auth/refresh', (request) => {
    if (!store.refreshTokens.delete(request.json.refresh_token)) return problem(401, 'The refresh token is unknown');
    return { json: newTokens(store) };
  }, { isOpen: true }),
  route('GET /api/me', (request) => ({ json: request.user })),
  route('GET /api/admin/settings', () => problem(403, 'Only for administrators')),
];
