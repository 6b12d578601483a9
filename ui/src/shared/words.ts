// Numbers and times as people read them.

export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = count / 1_000;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A duration in milliseconds; what took no time to speak of is said so. */
export function millis(micros: number): string {
  if (micros < 100) return '<0.1';
  const value = micros / 1_000;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** The time of day, with milliseconds. */
export function time(unix: number): string {
  const at = new Date(unix);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** A key as this system writes it. */
export function keyName(key: string): string {
  const isMac = navigator.platform.startsWith('Mac');
  return key.replace('Mod', isMac ? '⌘' : 'Ctrl').replace('ArrowDown', '↓').replace('ArrowUp', '↑').replaceAll('+', ' ');
}

export async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
