/**
 * Writes src/shared/wire.gen.ts from the JSON Schema of the wire.
 *
 * The schema comes from `python -m switchboard schema`, or from standard input with `--stdin`.
 * With `--check` nothing is written; the exit status is 3 when the file is stale.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const WEB = join(dirname(fileURLToPath(import.meta.url)), "..");
const ROOT = join(WEB, "..");
const TARGET = join(WEB, "src", "shared", "wire.gen.ts");
const BANNER = "/* Generated from bot/wire.py by `npm run wire`; do not edit. */";

function readSchema() {
  if (process.argv.includes("--stdin")) return JSON.parse(readFileSync(0, "utf8"));
  const own = [join(ROOT, ".venv", "bin", "python"), join(ROOT, ".venv", "Scripts", "python.exe")];
  const python = process.env.PYTHON ?? own.find(existsSync) ?? "python3";
  const printed = execFileSync(python, ["-m", "switchboard", "schema"], { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(printed);
}

/** Titles of fields would become needless aliases; a frame's `type` is always sent. */
function tidy(node, isDefinition = false) {
  if (Array.isArray(node)) return node.map((item) => tidy(item));
  if (node === null || typeof node !== "object") return node;
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "title" && typeof value === "string" && !isDefinition) continue;
    if (key === "default" || key === "maxItems" || key === "minItems") continue;
    if (key === "$defs") {
      out[key] = Object.fromEntries(
        Object.entries(value).map(([name, def]) => [name, tidy({ title: name, ...def }, true)]),
      );
    } else out[key] = tidy(value);
  }
  if (out.properties?.type?.const) out.required = [...new Set(["type", ...(out.required ?? [])])];
  return out;
}

async function render() {
  const schema = tidy(readSchema());
  delete schema.oneOf;
  const source = await compile({ ...schema, additionalProperties: false }, "Wire", {
    bannerComment: BANNER,
    unreachableDefinitions: true,
    style: { printWidth: 110 },
  });
  return source
    .replace(/export interface Wire \{\s*\}\n/, "")
    .replace(
      /(?: \*\n)? \* This (?:interface|type) was referenced by [^\n]*\n[^\n]*via the `definition`[^\n]*\n/g,
      "",
    )
    .replace(/\/\*\*\n \*\/\n/g, "");
}

const text = await render();
const current = existsSync(TARGET) ? readFileSync(TARGET, "utf8") : "";
if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, text);
  console.error(`wrote ${TARGET}`);
} else if (text !== current) {
  console.error("src/shared/wire.gen.ts is stale; run: npm run wire");
  process.exit(3);
}
