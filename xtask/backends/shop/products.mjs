// Products: slugs, stock keeping units with leading zeros, and a cart for each user.

import { etagOf, pageOf } from './data.mjs';
import { problem, route } from './http.mjs';

export function productRoutes(store) {
  const cartOf = ({ id }) => store.carts.get(id) ?? store.carts.set(id, { items: [], total: 0 }).get(id);
  const one = (product, what) => (product ? { json: product } : problem(404, `No such ${what}`));
  return [
    route('GET /api/products', (request) => {
      const tag = request.query.get('tag');
      const list = store.products.filter(({ tags }) => !tag || tags.includes(tag));
      const etag = etagOf(list);
      if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
      const page = pageOf(request, list);
      return { ...page, headers: { ...page.headers, etag } };
    }),
    route('GET /api/products/:slug', (_, slug) => one(store.products.find((product) => product.slug === slug), 'product')),
    route('GET /api/skus/:sku', (_, sku) => one(store.products.find((product) => product.sku === sku), 'stock keeping unit')),
    route('GET /api/cart', ({ user }) => ({ json: cartOf(user) })),
    route('POST /api/cart/items', ({ user, json }) => {
      const product = store.products.find(({ sku }) => sku === json.sku);
      if (!product) return problem(422, 'Invalid item', { errors: [{ field: 'sku', code: 'unknown', message: 'is no stock keeping unit' }] });
      if (product.stock < json.quantity) return problem(409, 'Out of stock', { available: product.stock });
      const cart = cartOf(user);
      cart.items.push({ sku: json.sku, quantity: json.quantity });
      cart.total += product.price * json.quantity;
      return { status: 201, json: cart };
    }),
    route('DELETE /api/cart', ({ user }) => {
      store.carts.delete(user.id);
      return { status: 204 };
    }),
    route('POST /api/events', ({ json }) => {
      store.events.push(json);
      return { status: 202 };
    }),
  ];
}
