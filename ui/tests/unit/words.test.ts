import { expect, test } from 'vitest';
import { parseFilter, passes } from '../../src/domain/filter';
import { rank } from '../../src/views/palette/rank';
import { bytes, count, millis } from '../../src/shared/words';

const FIELDS = ['method', 'status', 'path'];
const row = (field: string) => ({ method: 'GET', status: '404', path: '/Users/9' })[field] ?? 'shop GET /Users/9 404';

test.each([
  ['', true],
  ['users', true],
  ['status:404', true],
  ['status:4xx', true],
  ['status:5xx', false],
  ['-status:4xx', false],
  ['-method:OPTIONS status:4xx', true],
  ['method:post', false],
  ['"get /users"', true],
  ['host:x', false],
  ['path:', true],
  ['-', false],
])('the filter %s passes: %s', (filter, wanted) => {
  expect(passes(parseFilter(filter, FIELDS), row)).toBe(wanted);
});

test('what starts a word comes before what is inside one', () => {
  const found = rank(['/listings', '/items/list', 'show the list'], 'list', (text) => text);
  expect(found).toEqual(['/listings', '/items/list', 'show the list']);
  expect(rank(['enlist', 'list'], 'list', (text) => text)).toEqual(['list', 'enlist']);
  expect(rank(['a b', 'a'], 'b a', (text) => text)).toEqual(['a b']);
});

test('numbers are written as people read them', () => {
  expect([bytes(999), bytes(1_000), bytes(64_000_000)]).toEqual(['999 B', '1.0 kB', '64 MB']);
  expect([millis(0), millis(1_234), millis(41_600)]).toEqual(['<0.1', '1.2', '42']);
  expect([count(1, 'file'), count(1_200, 'file')]).toEqual(['1 file', '1,200 files']);
});
