// Customers: uuids, versions in ETags, and every way to change one.

import { addCustomer, etagOf, pageOf } from './data.mjs';
import { problem, route } from './http.mjs';

const errorsOf = ({ name, email }) => [
  ...(name ? [] : [{ field: 'name', code: 'required', message: 'must not be blank' }]),
  ...(/@/.test(email ?? '') ? [] : [{ field: 'email', code: 'format', message: 'is no e-mail address' }]),
];

export function customerRoutes(store) {
  const shown = (customer, more = {}) => ({ json: customer, ...more, headers: { etag: etagOf(customer), ...more.headers } });
  const withCustomer = (handle) => (request, id) => {
    const customer = store.customers.get(id);
    return customer ? handle(request, customer) : problem(404, 'No such customer');
  };
  /** Changes a customer if the client has seen its newest version. */
  const changed = (request, customer, values) => {
    const wanted = request.headers['if-match'];
    if (!wanted) return problem(428, 'The header if-match is missing');
    if (wanted !== etagOf(customer)) return problem(412, 'The customer was changed by somebody else');
    const errors = errorsOf({ ...customer, ...values });
    if (errors.length > 0) return problem(422, 'Invalid customer', { errors });
    Object.assign(customer, values, { version: customer.version + 1, updated_at: new Date().toISOString() });
    return shown(customer);
  };
  return [
    route('GET /api/customers', (request) => {
      const text = request.query.get('q')?.toLowerCase() ?? '';
      return pageOf(request, [...store.customers.values()].filter(({ name, city }) => `${name} ${city}`.toLowerCase().includes(text)));
    }),
    route('POST /api/customers', (request) => {
      const errors = errorsOf(request.json);
      if (errors.length > 0) return problem(422, 'Invalid customer', { errors });
      if ([...store.customers.values()].some(({ email }) => email === request.json.email)) return problem(409, 'The e-mail address is taken', { field: 'email' });
      const customer = addCustomer(store, request.json);
      return shown(customer, { status: 201, headers: { location: `${request.origin}/api/customers/${customer.id}` } });
    }),
    route('GET /api/customers/:id', withCustomer((request, customer) => {
      if (request.headers['if-none-match'] === etagOf(customer)) return { status: 304, headers: { etag: etagOf(customer) } };
      return shown(customer);
    })),
    route('PUT /api/customers/:id', withCustomer((request, customer) => changed(request, customer, request.json))),
    route('PATCH /api/customers/:id', withCustomer((request, customer) => {
      if (request.headers['content-type'] !== 'application/merge-patch+json') return problem(415, 'Send application/merge-patch+json');
      return changed(request, customer, request.json);
    })),
    route('DELETE /api/customers/:id', withCustomer((_, customer) => {
      store.customers.delete(customer.id);
      return { status: 204 };
    })),
  ];
}
