// What every host of the engine is.

import type { ApiError } from './commands';

/** Carries calls to the engine and answers back. */
export interface Host {
  call(command: string, request: unknown): Promise<unknown>;
  /** Is told of actions that are chosen outside the page, in a native menu. */
  onAction?(act: (id: string) => void): void;
}

/** What the engine could not do; programs decide by `code`. */
export class EngineError extends Error {
  constructor(readonly error: ApiError) {
    super(error.message);
  }
}
