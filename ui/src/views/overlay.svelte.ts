// What lies over the screens.

type Shown = 'palette' | 'fixtures' | 'search' | 'help';

class Overlay {
  shown: 'none' | Shown = $state('none');
  #before: HTMLElement | null = null;

  show(what: Shown) {
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
