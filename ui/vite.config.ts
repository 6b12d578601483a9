import { svelte } from '@sveltejs/vite-plugin-svelte';
import { copyFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// The icon is the project's own; there is one of it.
const icon = {
  name: 'icon',
  closeBundle() {
    copyFileSync('../icons/understudy.svg', 'dist/understudy.svg');
  },
};

export default defineConfig({
  plugins: [svelte(), icon],
  build: {
    target: 'es2022',
    // Styles may come from files only: see the app's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
