// What lies over the screens.

class Overlay {
  shown: 'none' | 'palette' | 'fixtures' | 'help' = $state('none');
  #before: HTMLElement | null = null;

  show(what: 'palette' | 'fixtures' | 'help') {
    if (this.shown === 'none') this.#before = document.activeElement as HTMLElement | null;
    this.shown = what;
  }

  /** Closes it, and puts the focus back where it was. */
  close() {
    this.shown = 'none';
    const before = this.#before;
    requestAnimationFrame(() => before?.focus());
  }
}

export const overlay = new Overlay();
