// What the actions that the engine declares do here. Screens add what only they can do while they are shown.

import type { ReportFormat } from '../engine/commands';
import { call, doors } from '../engine/engine';
import { session, type Screen } from '../domain/session.svelte';
import { copy } from '../shared/words';
import { overlay } from './overlay.svelte';

type Handler = () => void;

const screens: Map<string, Handler> = new Map();

/** What a screen or a pane does while it is there; give the result back when it goes. */
export function provide(handlers: Record<string, Handler>): () => void {
  for (const [id, handler] of Object.entries(handlers)) screens.set(id, handler);
  return () => {
    for (const [id, handler] of Object.entries(handlers)) if (screens.get(id) === handler) screens.delete(id);
  };
}

const show = (screen: Screen) => () => (session.screen = screen);
const theme = (name: typeof session.theme) => () => void session.prefer({ theme: name });

const always: Record<string, Handler> = {
  'open-folder': () => void enter('folder'),
  'open-sample': () => void enter('sample'),
  'open-wanted': () => void enter('wanted'),
  'copy-command': () => void copyCommand(),
  palette: () => overlay.show('palette'),
  'go-to-fixture': () => overlay.show('fixtures'),
  search: () => overlay.show('search'),
  help: () => overlay.show('help'),
  'show-services': show('services'),
  'show-traffic': show('traffic'),
  'show-record': show('record'),
  'show-verify': show('verify'),
  'show-coverage': show('coverage'),
  'show-settings': show('settings'),
  record: () => void toggleRecording(),
  'run-all': () => void session.verify(),
  'run-failed': () => void session.verifyFailed(),
  'run-cancel': () => void session.attempt(() => call('run_cancel', {})),
  'traffic-pause': () => session.pause(!session.paused),
  'traffic-clear': () => void session.attempt(() => call('traffic_clear', {})),
  'run-export-html': () => void exportRun('html'),
  'run-export-junit': () => void exportRun('junit'),
  'run-export-json': () => void exportRun('json'),
  'choose-backend': () => document.getElementById('backend')?.focus(),
  undo: () => void session.undo(),
  redo: () => void session.undo(true),
  'theme-light': theme('light'),
  'theme-dark': theme('dark'),
  'theme-system': theme('system'),
  'theme-high-contrast': theme('high-contrast'),
  'next-region': nextRegion,
};

/** What does an action here and now; nothing where it cannot be done. */
export function handlerOf(id: string): Handler | undefined {
  return screens.get(id) ?? always[id];
}

/** Opens another project, once what is typed here is saved. */
export async function enter(door: string) {
  await session.flush?.();
  await session.attempt(async () => doors?.open(door));
}

/** As one word of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The line for a shell that does what the screen does. */
function command(): string {
  const root = quoted(session.project?.root ?? '.');
  if (session.screen === 'verify') return session.run?.command || `understudy verify ${root}`;
  if (session.screen === 'coverage') return `understudy coverage ${root}`;
  if (session.screen === 'settings') return `understudy check ${root}`;
  if (session.screen === 'record') {
    const recorded = session.project?.services.find(({ recorded }) => recorded);
    if (!recorded?.recorded) return `understudy inbox --project ${root}`;
    return `understudy record ${root} --service ${quoted(recorded.name)} --backend ${quoted(recorded.recorded.backend)}`;
  }
  const asked = session.exchanges.find(({ id }) => id === session.exchange);
  if (session.screen === 'traffic' && asked) {
    return `understudy explain ${asked.method} ${quoted(asked.target)} --project ${root} --service ${quoted(asked.service)}`;
  }
  return `understudy serve ${root}`;
}

/** Stops what is recorded; or goes to where recording is begun, and begins it where there is nothing to choose. */
async function toggleRecording() {
  const services = session.project?.services ?? [];
  const recorded = services.filter(({ recorded }) => recorded);
  for (const { name } of recorded) await session.stopRecording(name);
  session.screen = 'record';
  const [only, ...others] = services;
  if (recorded.length === 0 && only?.backend && others.length === 0) await session.record(only.name, session.backend || null);
}

async function copyCommand() {
  const line = command();
  const done = await session.attempt(async () => {
    await copy(line);
    return true;
  });
  if (done) session.tell(`Copied: ${line}`);
}

async function exportRun(format: ReportFormat) {
  const done = await session.attempt(() => call('export_run', { format }));
  if (done) session.tell(`Saved as ${done.file}`);
}

/** Moves the focus from one part of the window to the next. */
function nextRegion() {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const now = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(now + 1) % regions.length];
  const first = next?.querySelector<HTMLElement>('[tabindex="0"], button, input, select, .cm-content, a[href]');
  (first ?? next)?.focus();
}

/** The name of a pressed key, as actions declare it. */
export function pressed(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : '';
  const alt = event.altKey ? 'Alt+' : '';
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // With ? the shift key is how it is typed.
  const shift = event.shiftKey && (event.key.length > 1 || /[A-Z]/i.test(event.key)) ? 'Shift+' : '';
  return `${mod}${alt}${shift}${key}`;
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable], .cm-content');
}

export function keydown(event: KeyboardEvent) {
  if (event.defaultPrevented) return;
  const key = pressed(event);
  const action = session.actions.find((action) => action.key === key);
  if (!action) return;
  if (action.when === 'outside-text' && isText(event.target)) return;
  if (action.when === 'fixture-in-tree' && document.activeElement?.id !== 'fixtures') return;
  if (overlay.shown !== 'none' && action.id !== 'palette') return;
  const handler = handlerOf(action.id);
  if (!handler) return;
  event.preventDefault();
  handler();
}
