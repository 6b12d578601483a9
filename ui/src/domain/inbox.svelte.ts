// What was recorded and waits to become fixtures, and what a person has decided about it so far.

import { SvelteMap } from 'svelte/reactivity';
import type { ApiError, Chosen, InboxView, News, Proposal } from '../engine/commands';
import { asError, call } from '../engine/engine';
import { count } from '../shared/words';
import { session } from './session.svelte';

/** A large inbox is looked at again after this time at the earliest. */
const LOOK_MS = 1_000;

class Inbox {
  view: InboxView | null = $state.raw(null);
  /** Why it cannot be looked at. */
  problem: ApiError | null = $state.raw(null);
  /** What a person said of proposals as they stood then: what is new is accepted where nothing was said, and nothing else is. */
  readonly #said = new SvelteMap<string, { news: News; chosen: boolean }>();
  /** When something was settled last: what was left then was left on purpose. */
  #settled = $state(0);
  /** Names that a person chose, by proposal. */
  readonly names = new SvelteMap<string, string>();
  /** Proposals that become a part of another one. */
  readonly #into = new SvelteMap<string, string>();
  /** What could not be accepted, and why. */
  readonly left = new SvelteMap<string, string>();
  /** The proposal that is looked at. */
  selected = $state('');

  readonly proposals = $derived.by(() => {
    const all = this.view?.proposals ?? [];
    const wholes = new Set(all.filter(({ news }) => news === 'new').map(({ id }) => id));
    return all.filter(({ id }) => !wholes.has(this.#into.get(id) ?? ''));
  });
  readonly chosen = $derived(this.proposals.filter((proposal) => this.isChosen(proposal)));

  #last: Promise<unknown> = Promise.resolve();
  #waiting = false;
  #again = false;

  /** One after the other: what is looked at while something is accepted is neither as before nor as after it. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Looks at it again, now or as soon as the last look is over. */
  async look() {
    if (this.#waiting) {
      this.#again = true;
      return;
    }
    this.#waiting = true;
    const took = await this.#alone(async () => {
      const began = Date.now();
      try {
        this.view = await call('inbox', {});
        this.problem = null;
      } catch (thrown) {
        this.problem = asError(thrown);
      }
      return Date.now() - began;
    });
    if (took > LOOK_MS / 10) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    this.#waiting = false;
    if (this.#again) {
      this.#again = false;
      void this.look();
    }
  }

  /** The file that proposals would become together, as they were recorded up to one exchange. */
  text(ids: string[], upto: number): Promise<string> {
    return this.#alone(async () => {
      // They may have been accepted while this waited.
      if (!this.view?.proposals.some(({ id }) => id === ids[0])) return '';
      return (await call('proposal_text', { upto, chosen: { ids, name: null } })).text;
    });
  }

  isChosen({ id, news, since }: Proposal): boolean {
    const said = this.#said.get(id);
    return said?.news === news ? said.chosen : news === 'new' && since >= this.#settled;
  }

  choose({ id, news }: Proposal, chosen: boolean) {
    this.#said.set(id, { news, chosen });
  }

  /** The proposals that are a part of one. */
  parts(id: string): Proposal[] {
    return (this.view?.proposals ?? []).filter((proposal) => this.#into.get(proposal.id) === id);
  }

  /** The proposals that may be one promise with this one. */
  mergeable(one: Proposal): Proposal[] {
    const parts = (path: string) => path.split('/').length;
    return this.proposals.filter(
      (other) =>
        other.id !== one.id &&
        other.news === 'new' &&
        other.service === one.service &&
        other.method === one.method &&
        parts(other.path) === parts(one.path),
    );
  }

  /** Makes another one a part of this one, where they can be one promise. */
  async merge(one: Proposal, other: string) {
    const whole = this.asChosen(one);
    const ids = [...whole.ids, other, ...this.parts(other).map(({ id }) => id)];
    const chosen = { ids, name: whole.name };
    const done = await session.attempt(() => call('proposal_text', { upto: this.view?.upto ?? 0, chosen }));
    if (!done) return;
    for (const id of ids.slice(1)) this.#into.set(id, one.id);
  }

  /** Makes future recordings keep the values of a name. What was recorded has its stand-in for good. */
  async keepName(name: string) {
    const done = await session.attempt(() => call('keep_name', { name }));
    if (done) session.tell(`Future recordings keep the values of ${name}: redact.keep in understudy.yaml`, true);
  }

  split(id: string) {
    this.#into.delete(id);
  }

  asChosen({ id }: Proposal): Chosen {
    const name = this.names.get(id)?.trim();
    return { ids: [id, ...this.parts(id).map((part) => part.id)], name: name || null };
  }

  accept(): Promise<void> {
    return this.#alone(() => this.#accept());
  }

  async #accept() {
    if (this.chosen.length === 0 || !this.view) return;
    const request = { upto: this.view.upto, chosen: this.chosen.map((proposal) => this.asChosen(proposal)) };
    this.left.clear();
    const done = await session.attempt(() => call('inbox_accept', request));
    if (!done) return;
    for (const [id, why] of done.left) this.left.set(id, why);
    const first = done.left[0];
    if (first) session.warn(`${first[0]} was left: ${first[1]}`);
    const along = done.along.length > 0 ? `, with ${count(done.along.length, 'fixture')} before what was chosen` : '';
    const names = [...new Set(done.vars.filter(({ is_known }) => !is_known).map(({ name }) => name))];
    const needs = names.length > 0 ? `; verify needs ${names.join(', ')} under the backend's vars` : '';
    if (done.files.length > 0) session.tell(`Wrote ${done.files.length > 3 ? count(done.files.length, 'file') : done.files.join(', ')}${along}${needs}`, true);
    else if (done.exchanges > 0) session.tell(`${count(done.exchanges, 'exchange')} went from the inbox`);
    this.#forget(request.chosen.flatMap(({ ids }) => ids).filter((id) => !this.left.has(id)));
  }

  /** Throws away what is chosen. */
  discard(): Promise<void> {
    return this.#alone(() => this.#discard());
  }

  async #discard() {
    if (this.chosen.length === 0 || !this.view) return;
    const ids = this.chosen.flatMap((proposal) => this.asChosen(proposal).ids);
    const done = await session.attempt(() => call('inbox_discard', { upto: this.view?.upto ?? 0, ids }));
    if (!done) return;
    session.tell(`${count(done.exchanges, 'exchange')} discarded`);
    this.#forget(ids);
  }

  /** Throws away what was said on a WebSocket. */
  discardSocket(id: string): Promise<void> {
    return this.#alone(async () => {
      const done = await session.attempt(() => call('inbox_discard', { upto: this.view?.upto ?? 0, ids: [id] }));
      if (!done || !this.view) return;
      session.tell(`${count(done.exchanges, 'exchange')} discarded`);
      this.view = { ...this.view, sockets: this.view.sockets.filter((socket) => socket.id !== id) };
    });
  }

  /** Throws away everything, what is not whole included. */
  discardAll(): Promise<void> {
    return this.#alone(async () => {
      const done = await session.attempt(() => call('inbox_discard', { upto: Number.MAX_SAFE_INTEGER, ids: [] }));
      if (!done) return;
      session.tell(`${count(done.exchanges, 'exchange')} discarded`);
      this.#forget((this.view?.proposals ?? []).map(({ id }) => id));
    });
  }

  /** They have gone, and those that are left may be called otherwise from now on: what was said of any of them is over. */
  #forget(ids: string[]) {
    this.#settled = Date.now();
    if (this.view) this.view = { ...this.view, proposals: this.view.proposals.filter(({ id }) => !ids.includes(id)) };
    this.#said.clear();
    this.#into.clear();
    this.names.clear();
  }
}

export const inbox = new Inbox();
