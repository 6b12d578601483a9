import { expect, test } from 'vitest';
import { byReason, byService, filtered, isShared } from '../../src/domain/results';
import type { FixtureReport, Reason } from '../../src/engine/commands';

const result = (service: string, fixture: string, outcome: string) =>
  ({ service, fixture, name: fixture, outcome }) as FixtureReport;
const all = [result('shop', 'a', 'broken'), result('shop', 'b', 'kept'), result('users', 'a', 'broken')];
const reason = (title: string, ...keys: [string, string][]): Reason => ({
  title,
  detail: '',
  fixtures: keys.map(([service, fixture]) => ({ service, fixture, places: ['$.a'] })),
});
const keys = (rows: { key: string }[]) => rows.map(({ key }) => key);

test('results stand below their service', () => {
  expect(keys(byService(all, new Set()))).toEqual(['shop/', 'shop/a', 'shop/b', 'users/', 'users/a']);
  expect(keys(byService(all, new Set(['shop/'])))).toEqual(['shop/', 'users/', 'users/a']);
});

test('a fixture stands below each of its reasons', () => {
  const reasons = [reason('status 401', ['shop', 'a'], ['users', 'a']), reason('a missing', ['shop', 'a'])];
  expect(keys(byReason(reasons, all, new Set(['#1'])))).toEqual(['#0', '#0 shop/a', '#0 users/a', '#1']);
  expect(keys(byReason(reasons, filtered(all, 'service:users'), new Set()))).toEqual(['#0', '#0 users/a']);
});

test('the reasons come first where many fixtures share one', () => {
  const four = ['a', 'b', 'c', 'd'].map((id): [string, string] => ['shop', id]);
  expect(isShared([reason('status 401', ...four.slice(1))])).toBe(false);
  expect(isShared([reason('status 401', ...four)])).toBe(true);
});
