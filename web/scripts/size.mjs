/** Fails (3) when the built widget is larger than its budget. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 25_000;
const BUILT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "bot", "static", "widget.js");

const raw = readFileSync(BUILT);
const gzip = gzipSync(raw, { level: 9 }).length;
if (process.argv.includes("--json"))
  console.log(JSON.stringify({ bytes: raw.length, gzip, limit: LIMIT, ok: gzip <= LIMIT }));
else console.log(`widget.js ${raw.length} bytes, ${gzip} gzip (budget ${LIMIT})`);
if (gzip > LIMIT) process.exit(3);
