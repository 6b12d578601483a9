// Imports point down: views -> domain -> shared; the engine is below all, and only it knows hosts.

import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
const MAY: Record<string, string[]> = {
  engine: ['engine'],
  shared: ['shared'],
  domain: ['domain', 'shared', 'engine'],
  views: ['views', 'domain', 'shared', 'engine'],
};

const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((file) => /\.(ts|svelte)$/.test(file));

test('imports point down', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const layer = file.split('/')[0] ?? '';
    const allowed = MAY[layer];
    if (!allowed) continue;
    for (const [, path] of readFileSync(join(SRC, file), 'utf8').matchAll(/from '(\.[^']*)'/g)) {
      const to = posix.join(posix.dirname(file), path ?? '').split('/')[0] ?? '';
      if (!allowed.includes(to)) wrong.push(`${file} imports ${path}`);
    }
  }
  expect(files.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('only the engine knows the desktop shell, and nothing is rendered from text', () => {
  for (const file of files) {
    const text = readFileSync(join(SRC, file), 'utf8');
    if (!file.startsWith('engine/')) expect(text, file).not.toContain('@tauri-apps/');
    expect(text, file).not.toMatch(/\{@html|innerHTML/);
  }
});
