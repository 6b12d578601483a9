// What every host of the engine is.

import type { ApiError } from './commands';

/** The ways to other projects. */
export interface Doors {
  /** The folders that were opened last, the latest first. */
  recent(): Promise<string[]>;
  /** Opens one of them, the `sample`, or a `folder` that is asked for. */
  open(door: string): Promise<void>;
}

/** Carries calls to the engine and answers back. */
export interface Host {
  call(command: string, request: unknown): Promise<unknown>;
  /** Opens other projects; where there are none, the page is this project's. */
  doors?: Doors;
  /** Is told of actions that are chosen outside the page, in a native menu. */
  onAction?(act: (id: string) => void): void;
}

/** What the engine could not do; programs decide by `code`. */
export class EngineError extends Error {
  constructor(readonly error: ApiError) {
    super(error.message);
  }
}
