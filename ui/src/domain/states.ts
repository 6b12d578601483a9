// States as they are typed: `cart: filled | paid, user: admin`.

import type { StateView } from '../engine/commands';

export function written(states: readonly StateView[]): string {
  return states.map(({ name, values }) => `${name}: ${values.join(' | ')}`).join(', ');
}

/** Whether states can be typed: what separates them must not be in them. */
export function canBeTyped(states: readonly StateView[]): boolean {
  return states.every(({ name, values }) => !/[,:]/.test(name) && values.every((value) => value.trim() === value && !/[,|]/.test(value)));
}

/** What was typed; a name with no value is left out. */
export function typed(text: string): StateView[] {
  const states = new Map<string, string[]>();
  for (const pair of text.split(',')) {
    const at = pair.indexOf(':');
    if (at < 0) continue;
    const values = pair.slice(at + 1).split('|').map((value) => value.trim());
    if (pair.slice(0, at).trim()) states.set(pair.slice(0, at).trim(), values.filter((value) => value !== ''));
  }
  return [...states].filter(([, values]) => values.length > 0).map(([name, values]) => ({ name, values }));
}

/** What is to be changed for states to be others; no values take a name out. */
export function changed(before: readonly StateView[], after: readonly StateView[]): StateView[] {
  const gone = before.filter(({ name }) => !after.some((state) => state.name === name));
  const isKnown = (state: StateView) => before.some(({ name, values }) => name === state.name && values.join('|') === state.values.join('|'));
  return [...gone.map(({ name }) => ({ name, values: [] })), ...after.filter((state) => !isKnown(state))];
}
