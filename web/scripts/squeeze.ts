/** Vite plugin: takes the indentation out of html`…`, svg`…` and css`…` templates. */
import type { Plugin } from "vite";

interface Node {
  type: string;
  start: number;
  end: number;
  tag?: { name?: string };
  quasi?: { quasis: Node[] };
}

const TAGS = new Set(["html", "svg", "css"]);

function squeezed(raw: string, tag: string): string {
  const short = raw.replace(/\s*\n\s*/g, " ");
  return tag === "css" ? short.replace(/\/\*.*?\*\//g, "").replace(/\s*([{};,>])\s*|(:)\s+/g, "$1$2") : short;
}

function* templates(node: unknown): Generator<{ part: Node; tag: string }> {
  if (Array.isArray(node)) for (const item of node) yield* templates(item);
  else if (node && typeof node === "object") {
    const { type, tag, quasi } = node as Node;
    if (type === "TaggedTemplateExpression" && quasi && TAGS.has(tag?.name ?? ""))
      for (const part of quasi.quasis) yield { part, tag: tag?.name ?? "" };
    for (const child of Object.values(node)) yield* templates(child);
  }
}

export function squeezeTemplates(): Plugin {
  return {
    name: "squeeze-templates",
    apply: "build",
    enforce: "post",
    transform(code, id) {
      if (!/\/src\/.*\.ts$/.test(id)) return null;
      const parts = [...templates(this.parse(code))].sort((a, b) => b.part.start - a.part.start);
      let out = code;
      for (const { part, tag } of parts)
        out = out.slice(0, part.start) + squeezed(out.slice(part.start, part.end), tag) + out.slice(part.end);
      return { code: out, map: null };
    },
  };
}
