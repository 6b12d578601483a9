// The one way to the engine. Which host carries a call (HTTP here, IPC in the desktop app) is decided once.

import { isTauri } from '@tauri-apps/api/core';
import type { ApiError, Commands } from './commands';
import { EngineError, type Host } from './host';
import { httpHost } from './http';
import { tauriHost } from './tauri';

const host: Host = isTauri() ? tauriHost() : httpHost();

/** The ways to other projects, where this host has some. */
export const doors = host.doors;

/** Is told of actions that are chosen outside the page. */
export function onAction(act: (id: string) => void) {
  host.onAction?.(act);
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
