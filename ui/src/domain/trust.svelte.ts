// The questions about variables of the environment: a project may be somebody else's work, so that its user decides which
// hosts get them.

import type { Disclosure, Permission, ProjectView } from '../engine/commands';
import { call } from '../engine/engine';

class Trust {
  /** The questions that are shown; empty where nothing is asked. */
  questions: Disclosure[] = $state.raw([]);
  #asked = new Set<string>();
  #decide: (isAllowed: boolean) => void = () => undefined;

  /** Asks before requests are sent to backends. Returns false where they may not be sent. */
  async allows(backend: string | null, services: string[]): Promise<boolean> {
    const { questions } = await call('trust_questions', { backend, services });
    return questions.length === 0 || this.#ask(questions);
  }

  /** Asks about services that forward requests, once for each question. */
  notice(project: ProjectView) {
    const questions = withheld(project).filter((question) => !this.#asked.has(key(question)));
    if (questions.length > 0 && this.questions.length === 0) void this.#ask(questions);
  }

  /** Asks again about services that forward nothing. */
  review(project: ProjectView) {
    void this.#ask(withheld(project));
  }

  #ask(questions: Disclosure[]): Promise<boolean> {
    this.#decide(false);
    for (const question of questions) this.#asked.add(key(question));
    this.questions = questions;
    return new Promise((decide) => (this.#decide = decide));
  }

  /** Answers the questions that are shown. */
  async answer(permission: Permission) {
    const { questions } = this;
    this.questions = [];
    try {
      await call('trust_answer', { questions, permission });
      this.#decide(permission !== 'no');
    } catch (thrown) {
      this.#decide(false);
      throw thrown;
    }
  }
}

/** What would have to be allowed before services forward requests. */
function withheld(project: ProjectView): Disclosure[] {
  return project.services.flatMap(({ withheld }) => withheld);
}

function key({ service, backend, host, variables }: Disclosure): string {
  return JSON.stringify([service, backend, host, variables]);
}

export const trust = new Trust();
