// Giving the browser a turn: what is done after it is a task of its own, and keys and frames come between.

export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
