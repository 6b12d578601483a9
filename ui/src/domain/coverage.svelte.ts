// What of the descriptions is covered, and what importing them again would do.

import type { ApiError, CoverageReport, ImportedDescription, ImportedFixture, OperationCoverage } from '../engine/commands';
import { asError, call } from '../engine/engine';
import { count } from '../shared/words';
import { session } from './session.svelte';

class Coverage {
  report: CoverageReport | null = $state.raw(null);
  /** Why it cannot be counted. */
  problem: ApiError | null = $state.raw(null);
  /** Whether only statuses count that say that all went well. */
  onlySuccess = $state(false);
  /** The operation that is looked at: `service GET /path`. */
  selected = $state('');
  /** What importing a service's description again would do; shown before anything is written. */
  plan: ImportedDescription | null = $state.raw(null);

  #looking = false;
  #again = false;

  /** Counts again, now or as soon as the last count is over. */
  async look() {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    try {
      this.report = await call('coverage', { only_success: this.onlySuccess });
      this.problem = null;
    } catch (thrown) {
      this.report = null;
      this.problem = asError(thrown);
    }
    this.#looking = false;
    if (this.#again) {
      this.#again = false;
      void this.look();
    }
  }

  /** Makes the fixtures of one status of an operation. */
  async make(service: string, operation: OperationCoverage, status: string) {
    const request = { service, operations: [operation.name], status, preview: false };
    const done = await session.attempt(() => call('import_description', request));
    if (!done) return;
    const made = done.fixtures.filter(({ news }) => news === 'new');
    const [first] = made;
    if (first) session.tell(made.length > 1 ? `Made ${count(made.length, 'fixture')}` : `Made ${first.file}`, true);
    else session.warn(why(done));
  }

  /** Shows what importing a service's description again would do. */
  async preview(service: string) {
    const request = { service, operations: [], status: null, preview: true };
    this.plan = (await session.attempt(() => call('import_description', request))) ?? null;
  }

  /** Does what was shown. */
  async write() {
    const service = this.plan?.service;
    if (!service) return;
    const request = { service, operations: [], status: null, preview: false };
    const done = await session.attempt(() => call('import_description', request));
    if (!done) return;
    this.plan = null;
    const number = done.fixtures.filter(isChange).length;
    session.tell(`Brought ${count(number, 'fixture')} up to date`, number > 0);
  }
}

/** Whether a file is written, or goes. */
export const isChange = ({ news }: ImportedFixture) => news === 'new' || news === 'changed' || news === 'gone';

/** Why nothing was made. */
function why({ fixtures, left }: ImportedDescription): string {
  const [fixture] = fixtures;
  if (fixture) return `${fixture.file} was left: ${fixture.why ?? 'it is there already'}`;
  return left[0] ? `No fixture can be made of ${left[0][0]}: ${left[0][1]}` : 'The description shows no answer with this status';
}

export const coverage = new Coverage();
