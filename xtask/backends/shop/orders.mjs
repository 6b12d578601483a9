// Orders: prefixed ids, numbers by year, idempotency keys, and files that belong to an order.

import { addOrder, pageOf, prefixedId } from './data.mjs';
import { problem, route } from './http.mjs';

/** Reads the first file of a multipart body. */
function fileOf({ headers, body }) {
  const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
  const text = body.toString('latin1');
  const part = boundary && text.split(`--${boundary}`).find((part) => /filename="/.test(part));
  if (!part) return undefined;
  const end = part.indexOf('\r\n\r\n');
  const head = part.slice(0, end);
  return { filename: /filename="([^"]*)"/.exec(head)[1], type: /content-type: *(.*)/i.exec(head)?.[1] ?? 'application/octet-stream', bytes: Buffer.from(part.slice(end + 4, -2), 'latin1') };
}

export function orderRoutes(store) {
  const withOrder = (handle) => (request, id, more) => {
    const order = store.orders.get(id);
    return order ? handle(request, order, more) : problem(404, 'No such order');
  };
  return [
    route('GET /api/orders', (request) => {
      const since = request.query.get('since') ?? '';
      const customer = request.query.get('customer_id');
      return pageOf(request, [...store.orders.values()].filter((order) => order.created_at >= since && (!customer || order.customer_id === customer)));
    }),
    route('POST /api/orders', (request) => {
      const key = request.headers['idempotency-key'];
      if (!key) return problem(400, 'The header idempotency-key is missing');
      const earlier = store.idempotent.get(key);
      if (earlier) return { ...earlier, headers: { ...earlier.headers, 'idempotent-replayed': 'true' } };
      if (!store.customers.has(request.json.customer_id)) return problem(422, 'Invalid order', { errors: [{ field: 'customer_id', code: 'unknown', message: 'is no customer' }] });
      const order = addOrder(store, request.json);
      const response = { status: 201, json: { ...order }, headers: { location: `${request.origin}/api/orders/${order.id}` } };
      store.idempotent.set(key, response);
      return response;
    }),
    route('GET /api/orders/by-number/:number', (_, number) => {
      const order = [...store.orders.values()].find((order) => order.number === number);
      return order ? { json: order } : problem(404, 'No such order');
    }),
    route('GET /api/orders/:id', withOrder((request, order) => ({
      json: { ...order, _links: { self: { href: `${request.origin}/api/orders/${order.id}` }, customer: { href: `${request.origin}/api/customers/${order.customer_id}` } } },
    }))),
    route('PATCH /api/orders/:id', withOrder((request, order) => {
      if (!['open', 'paid', 'shipped'].includes(request.json.status)) return problem(422, 'Invalid order', { errors: [{ field: 'status', code: 'unknown', message: 'is no status' }] });
      order.status = request.json.status;
      return { json: order };
    })),
    route('DELETE /api/orders/:id', withOrder((_, order) => {
      if (order.status === 'shipped') return problem(409, 'The order was shipped');
      store.orders.delete(order.id);
      return { status: 204 };
    })),
    route('POST /api/orders/:id/attachments', withOrder((request, order) => {
      const file = fileOf(request);
      if (!file) return problem(400, 'A file is missing');
      const id = prefixedId('att');
      store.attachments.set(id, file);
      return { status: 201, json: { id, order: order.number, filename: file.filename, size: file.bytes.length, url: `${request.origin}/api/attachments/${id}` } };
    })),
    route('GET /api/attachments/:id', (_, id) => {
      const file = store.attachments.get(id);
      if (!file) return problem(404, 'No such attachment');
      return { type: file.type, body: file.bytes, headers: { 'content-disposition': `attachment; filename="${file.filename}"` } };
    }),
  ];
}
