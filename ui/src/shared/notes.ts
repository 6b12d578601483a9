// Words behind the lines of an editor.

import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';

/** Some words behind a line, from 1. */
export interface Note {
  line: number;
  label: string;
}

class NoteWidget extends WidgetType {
  readonly label: string;

  constructor(label: string) {
    super();
    this.label = label;
  }

  override eq(other: NoteWidget) {
    return other.label === this.label;
  }

  override toDOM() {
    const note = document.createElement('span');
    note.className = 'cm-note';
    note.textContent = this.label;
    return note;
  }
}

const setNotes = StateEffect.define<DecorationSet>();

export const noteField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    const set = transaction.effects.find((effect) => effect.is(setNotes));
    return set?.is(setNotes) ? set.value : shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Shows these notes, and no others. */
export function showNotes(view: EditorView, notes: readonly Note[]) {
  const { doc } = view.state;
  const widgets = notes
    .filter(({ line }) => line >= 1 && line <= doc.lines)
    .map(({ line, label }) => Decoration.widget({ widget: new NoteWidget(label), side: 1 }).range(doc.line(line).to));
  view.dispatch({ effects: setNotes.of(Decoration.set(widgets, true)) });
}
