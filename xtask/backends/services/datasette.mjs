// datasette: tables as JSON, CSV and pages, with paging by tokens, facets and SQL in the query.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SQL = `
create table customers (id integer primary key, name text, city text);
create table orders (id text primary key, customer_id integer references customers(id), total real, placed text);
insert into customers values (1, 'Ada Byron', 'London'), (2, 'Grace Murray', 'New York'), (3, 'Emmy Weber', 'Erlangen');
insert into orders values ('ORD-2024-0001', 1, 79.8, '2024-01-02'), ('ORD-2024-0002', 2, 59.0, '2024-01-03'), ('ORD-2024-0003', 1, 120.0, '2024-02-04'), ('ORD-2024-0004', 3, 39.9, '2024-02-05');
`;

export const datasette = {
  name: 'datasette',
  service: 'data',
  command: ({ port, folder, cache }) => {
    const python = join(cache, 'python/bin/python');
    const database = join(folder, 'shop.db');
    spawnSync(python, ['-c', 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])', database, SQL], { stdio: 'inherit' });
    return [join(cache, 'python/bin/datasette'), ['serve', database, '--host', '127.0.0.1', '--port', String(port), '--cors']];
  },
  session,
  vars: {},
  changes: [
    { request: /^GET \/shop\/customers\.json\?_shape=objects&city=London$/, rename: ['filtered_table_rows_count', 'count'] },
    { request: /^GET \/shop\/nothing\.json$/, status: 410 },
    { request: /^GET \/shop\/customers\.csv$/, drop: 'content-type' },
  ],
};

async function session(client) {
  await client.visit('/');
  await client.get('/.json');
  await client.get('/-/versions.json');
  await client.get('/-/settings.json');
  await client.get('/-/databases.json');
  await client.get('/shop.json');
  const page = await client.get('/shop/orders.json?_size=2');
  await client.get(page.json?.next_url);
  await client.get('/shop/orders.json?_shape=array&_sort_desc=total');
  await client.get('/shop/orders.json?_shape=array&customer_id=1');
  await client.get('/shop/orders.json?_facet=customer_id&_size=0');
  await client.get('/shop/customers.json?_shape=objects&city=London');
  await client.get('/shop/customers/1.json?_shape=array');
  await client.get('/shop/orders/ORD-2024-0003.json');
  await client.get('/shop/orders/ORD-2024-0099.json');
  await client.get('/shop/nothing.json');
  await client.get('/shop/customers.csv');
  await client.get(`/shop.json?sql=${encodeURIComponent('select city, count(*) as n from customers group by city')}&_shape=array`);
  await client.get(`/shop.json?sql=${encodeURIComponent('select name from customers where id = :id')}&id=2&_shape=array`);
  await client.get(`/shop.json?sql=${encodeURIComponent('delete from customers')}`);
  await client.visit('/shop/customers');
  await client.visit('/shop/customers/2');
  await client.head('/shop/customers.json');
  await client.visit('/-/logout');
}
