// Filters of lists: words, and `name:value` for one column; `-` before either means "not".

export interface Term {
  not: boolean;
  field: string;
  value: string;
}

/** What a filter says, word by word; quotes hold words together. */
export function parseFilter(text: string, fields: readonly string[]): Term[] {
  const words = text.match(/(?:[^\s"]+|"[^"]*"?)+/g) ?? [];
  return words.flatMap((word) => {
    const plain = word.replaceAll('"', '');
    const not = plain.startsWith('-') && plain.length > 1;
    const rest = not ? plain.slice(1) : plain;
    const at = rest.indexOf(':');
    const field = at > 0 ? rest.slice(0, at).toLowerCase() : '';
    const term = fields.includes(field)
      ? { not, field, value: rest.slice(at + 1).toLowerCase() }
      : { not, field: '', value: rest.toLowerCase() };
    return term.value === '' ? [] : [term];
  });
}

/** Whether a thing passes: `value` gives its text for a field, `''` for all of it. */
export function passes(terms: readonly Term[], value: (field: string) => string): boolean {
  return terms.every((term) => {
    const text = value(term.field).toLowerCase();
    // 4xx stands for every status from 400 to 499.
    const isClass = term.field === 'status' && /^\dxx$/.test(term.value);
    return (isClass ? text.startsWith(term.value[0] ?? '') : text.includes(term.value)) !== term.not;
  });
}
