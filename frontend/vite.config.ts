import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/deining/web/static",
    emptyOutDir: true,
    target: "es2022",
    // The page's own policy forbids data: scripts, so the worker must stay a file.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": "http://127.0.0.1:8000" } },
});
