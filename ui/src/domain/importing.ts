// Fixtures of what a browser has recorded, from a file that is chosen or dropped.

import { call } from '../engine/engine';
import { count } from '../shared/words';
import { session } from './session.svelte';

/** Larger archives are imported on the command line, which reads them from the disk. */
const ARCHIVE_BYTES_MAX = 40_000_000;

export const isArchive = (file: File) => file.name.toLowerCase().endsWith('.har');

/** Makes fixtures of an archive, as one change that can be taken back. */
export async function importArchive(file: File, service: string) {
  if (!isArchive(file)) return session.tell(`${file.name} is no HAR file`);
  if (file.size > ARCHIVE_BYTES_MAX) return session.tell(`${file.name} is too large for the window: understudy import reads it`);
  const made = await session.attempt(async () => call('import', { service, name: file.name, text: await file.text() }));
  if (!made) return;
  const fixtures = made.files.filter((path) => !path.includes('/bodies/'));
  const secrets = made.redactions.length > 0 ? `; ${count(made.redactions.length, 'secret')} redacted` : '';
  const known = made.known > 0 ? `, ${made.known} there already` : '';
  const waiting = made.waiting.length > 0 ? `; ${count(made.waiting.length, 'changed response')} in the inbox` : '';
  const left = made.left.length > 0 ? `; ${made.left.length} left out: understudy import lists them` : '';
  session.tell(`${count(fixtures.length, 'fixture')} of ${count(made.exchanges, 'exchange')} with ${made.origins.join(' and ')}${known}${waiting}${secrets}${left}`, fixtures.length > 0);
  const view = session.project?.services.find(({ name }) => name === service);
  if (fixtures[0] && view) session.openFixture(service, fixtures[0].slice(view.dir.length + 1));
}
