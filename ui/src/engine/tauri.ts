// The engine over the desktop window's IPC.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { ApiError } from './commands';
import { EngineError, type Host } from './host';

function isApiError(value: unknown): value is ApiError {
  return typeof value === 'object' && value !== null && 'message' in value && 'code' in value;
}

export function tauriHost(): Host {
  return {
    async call(command, request) {
      const body = new TextEncoder().encode(JSON.stringify(request));
      try {
        const answer = await invoke<ArrayBuffer>('engine', body, { headers: { command } });
        return JSON.parse(new TextDecoder().decode(answer));
      } catch (thrown) {
        if (isApiError(thrown)) throw new EngineError(thrown);
        const message = thrown === null ? 'No project is open' : String(thrown);
        throw new EngineError({ code: 'no-project', message, hint: 'Open a folder: File, Open Folder…', details: [] });
      }
    },
    doors: {
      recent: () => invoke<string[]>('recent_projects'),
      open: (door) => invoke('open_project', { door }),
    },
    onAction(act) {
      void listen<string>('action', (event) => act(event.payload));
    },
  };
}
