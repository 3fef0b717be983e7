import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { squeezeTemplates } from "./scripts/squeeze.ts";

const here = import.meta.dirname;
const outDir = resolve(here, "../bot/static");

/** Two builds into one folder: the widget as a single classic script, then the pages. */
export default defineConfig(({ mode }) => ({
  root: here,
  base: "./",
  publicDir: false,
  plugins: [squeezeTemplates()],
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ["/ws", "/api", "/widget.js"].map((path) => [
        path,
        { target: "http://127.0.0.1:8080", ws: path === "/ws" },
      ]),
    ),
  },
  build: {
    outDir,
    emptyOutDir: mode === "widget",
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    ...(mode === "widget"
      ? {
          lib: {
            entry: resolve(here, "src/widget/index.ts"),
            name: "SwitchboardWidget",
            formats: ["iife"],
            fileName: () => "widget.js",
          },
        }
      : {
          rollupOptions: {
            input: { index: resolve(here, "index.html"), console: resolve(here, "console.html") },
            output: {
              entryFileNames: "[name].js",
              chunkFileNames: "[name].js",
              assetFileNames: "[name][extname]",
            },
          },
        }),
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"], restoreMocks: true },
}));
