// The rows of a finished or running verification: by fixture, or by the reason of the failure.

import type { FixtureReport, Reason } from '../engine/commands';
import { parseFilter, passes } from './filter';

/** A heading, a service or a reason, or a result below one. */
export type Row =
  | { kind: 'service'; key: string; service: string; count: number }
  | { kind: 'reason'; key: string; reason: Reason; count: number }
  | { kind: 'result'; key: string; heading: string; result: FixtureReport };

/** From this number of fixtures on, a reason that they share is shown before the fixtures. */
const SHARED_MIN = 4;

/** The key of a result below its service: its place in the project. */
export function keyOf({ service, fixture }: { service: string; fixture: string }): string {
  return `${service}/${fixture}`;
}

/** Returns the results that pass the filter. */
export function filtered(results: readonly FixtureReport[], filter: string): FixtureReport[] {
  const terms = parseFilter(filter, ['outcome', 'service']);
  return results.filter((result) =>
    passes(terms, (field) => {
      if (field === 'outcome') return result.outcome;
      if (field === 'service') return result.service;
      return `${result.name} ${result.fixture} ${result.outcome}`;
    }),
  );
}

/** Returns the services with their results; those of a closed service are left out. */
export function byService(results: readonly FixtureReport[], closed: { has(key: string): boolean }): Row[] {
  const services = new Map<string, FixtureReport[]>();
  for (const result of results) {
    const list = services.get(result.service);
    if (list) list.push(result);
    else services.set(result.service, [result]);
  }
  return [...services].flatMap(([service, list]) => {
    const key = `${service}/`;
    const heading: Row = { kind: 'service', key, service, count: list.length };
    const below = list.map((result): Row => ({ kind: 'result', key: keyOf(result), heading: key, result }));
    return closed.has(key) ? [heading] : [heading, ...below];
  });
}

/** Returns the reasons with the results that failed for each; those of a closed reason are left out. */
export function byReason(
  reasons: readonly Reason[],
  results: readonly FixtureReport[],
  closed: { has(key: string): boolean },
): Row[] {
  const byKey = new Map(results.map((result) => [keyOf(result), result]));
  return reasons.flatMap((reason, at) => {
    const list = reason.fixtures.flatMap((failed) => byKey.get(keyOf(failed)) ?? []);
    if (list.length === 0) return [];
    const key = `#${at}`;
    const heading: Row = { kind: 'reason', key, reason, count: list.length };
    const below = list.map((result): Row => ({ kind: 'result', key: `${key} ${keyOf(result)}`, heading: key, result }));
    return closed.has(key) ? [heading] : [heading, ...below];
  });
}

/** Returns true if many fixtures failed for one reason, so that the reasons say more than the fixtures. */
export function isShared(reasons: readonly Reason[]): boolean {
  return reasons.some(({ fixtures }) => fixtures.length >= SHARED_MIN);
}
