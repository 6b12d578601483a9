// The shop's data: the same seed at every start, with ids that are made anew.

import { createHash, randomBytes, randomUUID } from 'node:crypto';

export const PASSWORD = 'Tr0ub4dor&3';

export const prefixedId = (prefix) => `${prefix}_${randomBytes(8).toString('hex').slice(0, 10)}`;

export function openStore() {
  const store = {
    requestCount: 0,
    key: randomBytes(32),
    sessions: new Map(),
    refreshTokens: new Map(),
    idempotent: new Map(),
    customers: new Map(),
    products: PRODUCTS.map((product) => ({ ...product })),
    orders: new Map(),
    attachments: new Map(),
    reviews: [],
    carts: new Map(),
    events: [],
    orderNumber: 0,
  };
  for (const [name, email, city] of CUSTOMERS) addCustomer(store, { name, email, city });
  const [first, second] = store.customers.values();
  addOrder(store, { customer_id: first.id, items: [{ sku: '00042', quantity: 2 }], note: null });
  addOrder(store, { customer_id: second.id, items: [{ sku: '00107', quantity: 1 }], note: 'ring twice' });
  return store;
}

const CUSTOMERS = [
  ['Ada Byron', 'ada@shop.example', 'London'],
  ['Grace Murray', 'grace@shop.example', 'New York'],
  ['Emmy Weber', 'emmy@shop.example', 'Erlangen'],
  ['Sofia Kova', 'sofia@shop.example', 'Stockholm'],
  ['Mary Fairfax', 'mary@shop.example', 'Jedburgh'],
];

const PRODUCTS = [
  { id: 1, sku: '00042', slug: 'felt-hat', name: 'Felt hat', price: 39.9, stock: 12, tags: ['wool', 'winter'] },
  { id: 2, sku: '00107', slug: 'silk-scarf', name: 'Silk scarf', price: 59, stock: 3, tags: [] },
  { id: 3, sku: '01067', slug: 'oak-cane', name: 'Oak cane', price: 120, stock: 0, tags: ['wood'] },
];

export function addCustomer(store, { name, email, city = null }) {
  const now = new Date().toISOString();
  const customer = { id: randomUUID(), name, email, city, version: 1, created_at: now, updated_at: now };
  store.customers.set(customer.id, customer);
  return customer;
}

export function addOrder(store, { customer_id, items, note }) {
  store.orderNumber += 1;
  const lines = items.map(({ sku, quantity }) => {
    const { name, price } = store.products.find((product) => product.sku === sku);
    return { sku, name, quantity, amount: price * quantity };
  });
  const order = {
    id: prefixedId('ord'),
    number: `ORD-2024-${String(store.orderNumber).padStart(4, '0')}`,
    customer_id,
    status: 'open',
    items: lines,
    total: lines.reduce((sum, { amount }) => sum + amount, 0),
    currency: 'EUR',
    note: note ?? null,
    created_at: new Date().toISOString(),
  };
  store.orders.set(order.id, order);
  return order;
}

/** A validator over the content of an entity. */
export const etagOf = (value) => `"${createHash('sha1').update(JSON.stringify(value)).digest('hex').slice(0, 16)}"`;

/** One page of a list, with a Link header of absolute URLs (RFC 8288) and the total. */
export function pageOf(request, list) {
  const page = Number(request.query.get('page') ?? 1);
  const size = Number(request.query.get('per_page') ?? 20);
  const last = Math.max(1, Math.ceil(list.length / size));
  const link = (rel, to) => {
    const query = new URLSearchParams(request.query);
    query.set('page', to);
    return `<${request.origin}${request.path}?${query}>; rel="${rel}"`;
  };
  const links = [link('first', 1), ...(page > 1 ? [link('prev', page - 1)] : []), ...(page < last ? [link('next', page + 1)] : []), link('last', last)];
  return {
    headers: { link: links.join(', '), 'x-total-count': String(list.length) },
    json: list.slice((page - 1) * size, page * size),
  };
}
