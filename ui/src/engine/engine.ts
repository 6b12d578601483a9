// The one way to the engine. Which host carries a call (HTTP here, IPC in the desktop app) is decided once.

import type { ApiError, Commands } from './commands';
import { EngineError, type Host } from './host';
import { httpHost } from './http';

let host: Host = httpHost();

/** Another host: tests have one that answers from memory. */
export function useHost(other: Host) {
  host = other;
}

/** Asks the engine. */
export function call<K extends keyof Commands>(
  command: K,
  request: Commands[K]['request'],
): Promise<Commands[K]['response']> {
  return host.call(command, request) as Promise<Commands[K]['response']>;
}

/** What to tell a person about anything that was thrown. */
export function asError(thrown: unknown): ApiError {
  if (thrown instanceof EngineError) return thrown.error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'port', message, hint: null, details: [] };
}
