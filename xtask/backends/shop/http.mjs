// Routes, and errors as responses.

/** Makes a route: `GET /api/customers/:id`. */
export function route(line, handle, { isOpen = false } = {}) {
  const [method, path] = line.split(' ');
  return { method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`), handle, isOpen };
}

/** An error by RFC 9457. */
export function problem(status, title, more = {}) {
  return { status, type: 'application/problem+json', json: { title, status, ...more } };
}
