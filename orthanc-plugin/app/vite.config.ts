import { defineConfig } from 'vitest/config';

// An Orthanc with the plugin; `npm run dev` shows the page on its data.
const ORTHANC = process.env['BONEMUSCLE_ORTHANC'] ?? 'http://127.0.0.1:8042';
const PAGE = '/bone-muscle/app/';

export default defineConfig(({ command }) => ({
  // Orthanc may stand behind a proxy that gives it another prefix: built pages name their files relative to themselves.
  base: command === 'serve' ? PAGE : './',
  // NiiVue reads many formats; the codecs of Zarr are half of its size, and the plugin sends NIfTI.
  resolve: { alias: [{ find: /^numcodecs\/(blosc|lz4|zstd)$/, replacement: '/src/viewer/no-codec.ts' }] },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: ['chrome103', 'firefox113', 'safari16.4'],
    // Nothing is put into a page as data: the content security policy stays simple.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', proxy: { [`^(?!${PAGE})`]: ORTHANC } },
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
}));
