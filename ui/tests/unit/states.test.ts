import { expect, test } from 'vitest';
import { canBeTyped, changed, typed, written } from '../../src/domain/states';

test('states are typed as they are shown', () => {
  const states = [
    { name: 'cart', values: ['filled', 'paid'] },
    { name: 'user', values: ['admin'] },
  ];
  expect(written(states)).toBe('cart: filled | paid, user: admin');
  expect(typed(written(states))).toEqual(states);
  expect(typed(' cart : a|b , nothing, user:, : x')).toEqual([{ name: 'cart', values: ['a', 'b'] }]);
});

test('what holds a separator is edited in the source', () => {
  expect(canBeTyped([{ name: 'a b', values: ['c:d'] }])).toBe(true);
  for (const state of [{ name: 'a,b', values: ['c'] }, { name: 'a', values: ['b|c'] }, { name: 'a', values: [' b'] }]) {
    expect(canBeTyped([state])).toBe(false);
  }
});

test('only what differs is changed', () => {
  const [cart, user] = [{ name: 'cart', values: ['filled'] }, { name: 'user', values: ['admin'] }];
  expect(changed([cart, user], [cart])).toEqual([{ name: 'user', values: [] }]);
  expect(changed([cart], [{ name: 'cart', values: ['filled', 'paid'] }])).toEqual([{ name: 'cart', values: ['filled', 'paid'] }]);
  expect(changed([cart, user], [user, cart])).toEqual([]);
});
