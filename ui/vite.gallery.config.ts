import { defineConfig, mergeConfig } from "vite";
import base from "./vite.config";

// Serves every component and the shell over mocked commands, to look at and to check with axe.
// It is a development page: the shipped build never sees `src/testing`.
export default defineConfig(
  mergeConfig(base, {
    server: { port: 5174, open: false },
    build: { outDir: "dist-gallery", rollupOptions: { input: "gallery.html" } },
    appType: "mpa",
  }),
);
