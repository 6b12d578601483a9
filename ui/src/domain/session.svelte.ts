// What the engine says, as it says it: the project, the traffic, the last run. The truth is in the engine; here is what
// was last heard of it.

import type {
  Action,
  ApiError,
  ExchangeRow,
  FixtureReport,
  Preferences,
  ProjectView,
  RecordingView,
  RunPart,
} from '../engine/commands';
import { SvelteMap } from 'svelte/reactivity';
import { asError, call } from '../engine/engine';
import { trust } from './trust.svelte';

export type Screen = 'services' | 'traffic' | 'record' | 'verify' | 'coverage' | 'settings';

/** A line that tells what was done, or what could not be. */
export interface Notice {
  id: number;
  error: boolean;
  text: string;
  hint: string | null;
  undo: boolean;
}

/** How many exchanges are listed, as in the engine. */
const EXCHANGES_MAX = 10_000;
const NOTICE_MS = 6_000;
const RETRY_MS = 1_000;

/** A body as it is typed in a form, until the file holds it. */
export interface BodyDraft {
  text: string;
  /** What the file's body was, as it was shown, when it was begun. */
  base: string;
  /** What was handed to the engine last. */
  sent: string | null;
  /** Why that cannot be in the file. */
  wrong: string | null;
}

class Session {
  project: ProjectView | null = $state.raw(null);
  exchanges: ExchangeRow[] = $state.raw([]);
  dropped = $state(0);
  /** Exchanges that are listed and will not be there the next time, and why nothing will. */
  notKept = $state({ exchanges: 0, why: null as string | null });
  paused = $state(false);
  run: RunPart | null = $state.raw(null);
  results: FixtureReport[] = $state.raw([]);
  recording: RecordingView | null = $state.raw(null);
  #declared: Action[] = $state.raw([]);
  preferences: Preferences = $state.raw({ theme: 'system', keys: {} });
  readonly theme = $derived(this.preferences.theme);
  /** What can be done, with the keys that this person has chosen. */
  readonly actions: Action[] = $derived(
    this.#declared.map((action) => ({ ...action, key: this.preferences.keys[action.id] ?? action.key })),
  );
  /** Why the engine cannot be reached. */
  lost: ApiError | null = $state.raw(null);
  notices: Notice[] = $state([]);
  screen: Screen = $state('services');
  /** The backend that runs are against; empty where each service's own is meant. */
  backend = $state('');
  /** The fixture that is open. */
  fixture: { service: string; file: string } | null = $state.raw(null);
  /** The line of the fixture's source to go to, once. */
  line = $state(0);
  /** How the open fixture is shown. */
  tab = $state('form');
  /** Whether runs send writes where the project does not already allow them. */
  writes = $state(false);
  /** Whether runs hold answers against the services' descriptions, where they have one. */
  describes = $state(true);
  readonly isDescribed = $derived(this.project?.services.some(({ description }) => description !== null) ?? false);
  /** How often something was taken back or made again. */
  undone = $state(0);
  /** What was typed and could not be saved yet, by `service/file`. */
  readonly drafts = new Map<string, { text: string; version: string }>();
  /** Bodies that are being typed in forms, by fixture and response. */
  readonly bodies = new SvelteMap<string, BodyDraft>();
  /** Saves what is being typed. */
  flush: (() => Promise<void>) | null = null;
  /** The exchange that is looked at. */
  exchange = $state(0);
  /** The last exchange that was heard of, listed or not. */
  latest = $state(0);

  #version = 0;
  #known = { project: -1, run: -1, recording: -1 };
  #notices = 0;

  async start() {
    const [{ actions }, preferences] = await Promise.all([call('actions', {}), call('preferences', {})]);
    this.#declared = actions;
    this.preferences = preferences;
    for (;;) await this.#follow();
  }

  async #follow() {
    try {
      if (document.hidden) await shown();
      const news = await call('changes', { version: this.#version, exchange: this.latest });
      this.lost = null;
      this.#version = news.version;
      this.dropped = news.dropped;
      this.notKept = { exchanges: news.not_kept, why: news.not_kept_why };
      if (news.project !== this.#known.project) {
        this.project = await call('project', {});
        this.#known.project = news.project;
      }
      if (news.run !== this.#known.run) {
        await this.#followRun();
        this.#known.run = news.run;
      }
      if (news.recording !== this.#known.recording) {
        this.recording = await call('recording', {});
        this.#known.recording = news.recording;
      }
      this.#list(news.exchanges, news.first_exchange);
    } catch (thrown) {
      this.lost = asError(thrown);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #followRun() {
    const part = await call('run', { run: this.run?.run ?? 0, known: this.results.length });
    this.results = [...this.results.slice(0, part.from), ...part.results];
    this.run = part;
  }

  #list(rows: ExchangeRow[], first: number) {
    const last = rows.at(-1);
    if (last) this.latest = last.id;
    const waiting = this.paused ? [...this.#waiting, ...rows] : [];
    this.#waiting = waiting.filter((row) => row.id >= first).slice(-EXCHANGES_MAX);
    const added = this.paused ? [] : rows;
    const oldest = this.exchanges[0]?.id ?? first;
    if (added.length === 0 && oldest >= first) return;
    this.exchanges = [...this.exchanges.filter((row) => row.id >= first), ...added].slice(-EXCHANGES_MAX);
  }
  #waiting: ExchangeRow[] = [];

  pause(paused: boolean) {
    this.paused = paused;
    if (paused) return;
    this.exchanges = [...this.exchanges, ...this.#waiting].slice(-EXCHANGES_MAX);
    this.#waiting = [];
  }

  tell(text: string, undo = false) {
    this.#notice({ error: false, text, hint: null, undo });
  }

  fail(thrown: unknown) {
    const error = asError(thrown);
    this.#notice({ error: true, text: error.message, hint: error.hint, undo: false });
  }

  /** Tells what was left undone. */
  warn(text: string) {
    this.#notice({ error: true, text, hint: null, undo: false });
  }

  #notice(notice: Omit<Notice, 'id'>) {
    const id = ++this.#notices;
    this.notices = [...this.notices.slice(-2), { id, ...notice }];
    if (!notice.error) setTimeout(() => this.dismiss(id), NOTICE_MS);
  }

  dismiss(id: number) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** Does something, and tells what went wrong where something does. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.fail(thrown);
      return undefined;
    }
  }

  openFixture(service: string, file: string) {
    this.fixture = { service, file };
    this.screen = 'services';
  }

  async prefer(change: Partial<Preferences>) {
    this.preferences = { ...this.preferences, ...change };
    await this.attempt(() => call('preferences_set', this.preferences));
  }

  /** Gives an action a key; whoever had it has none then. `null` gives back the usual one. */
  async bind(id: string, key: string | null) {
    const keys = { ...this.preferences.keys };
    const wanted = key ?? this.#declared.find((action) => action.id === id)?.key ?? '';
    for (const other of this.actions) if (wanted && other.id !== id && other.key === wanted) keys[other.id] = '';
    if (key === null) delete keys[id];
    else keys[id] = key;
    await this.prefer({ keys });
  }

  async undo(redo = false) {
    await this.flush?.();
    const undone = await this.attempt(() => call(redo ? 'redo' : 'undo', {}));
    if (undone?.file) this.undone += 1;
    if (undone?.file) this.tell(`${redo ? 'Made again' : 'Taken back'}: ${undone.file}`);
    else if (undone) this.tell(redo ? 'Nothing to make again' : 'Nothing to take back');
  }

  /** Replays these fixtures, or all of them, as they are written now. */
  async verify(fixtures: string[] = []) {
    const openapi = this.describes && this.isDescribed;
    const request = { backend: this.backend || null, fixtures, allow_writes: this.writes, openapi };
    await this.flush?.();
    this.screen = 'verify';
    const services = [...new Set(fixtures.map((fixture) => fixture.split('/', 1)[0] ?? ''))];
    await this.#send(request.backend, services, () => call('run_start', request));
  }

  /** Records a service's backend on the service's own port. */
  async record(service: string, backend: string | null) {
    this.screen = 'record';
    await this.#send(backend, [service], () => call('record_start', { service, backend }));
  }

  /** Sends requests to backends, where that is allowed. */
  async #send(backend: string | null, services: string[], send: () => Promise<unknown>) {
    const isAllowed = await this.attempt(() => trust.allows(backend, services));
    if (isAllowed) await this.attempt(send);
    else if (isAllowed === false) this.tell('Nothing was sent');
  }

  async stopRecording(service: string) {
    await this.attempt(() => call('record_stop', { service }));
  }

  /** Replays those again that were not kept. */
  async verifyFailed() {
    const failed = this.results.filter(({ outcome }) => ['broken', 'unreachable', 'blocked'].includes(outcome));
    if (failed.length === 0) this.tell('No promise is broken');
    else await this.verify(failed.map(({ service, fixture }) => `${service}/${fixture}`));
  }
}

/** Waits until somebody looks. */
function shown(): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
  });
}

export const session = new Session();
