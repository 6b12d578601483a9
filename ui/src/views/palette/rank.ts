// Which of many texts a few letters mean.

/** How well a query fits a text: higher is better; 0 where some of its words are not in it. */
export function fit(text: string, query: string): number {
  const low = text.toLowerCase();
  let sum = 1;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = low.indexOf(word);
    if (at < 0) return 0;
    const startsWord = at === 0 || /[^a-z0-9]/.test(low[at - 1] ?? '');
    sum += (startsWord ? 20 : 10) - Math.min(9, at / 10);
  }
  return sum;
}

/** Those that fit, the best first; equal ones as they came. */
export function rank<T>(items: readonly T[], query: string, text: (item: T) => string): T[] {
  if (query.trim() === '') return [...items];
  return items
    .map((item) => ({ item, fits: fit(text(item), query) }))
    .filter(({ fits }) => fits > 0)
    .sort((a, b) => b.fits - a.fits)
    .map(({ item }) => item);
}
