/** Renders parsed text as elements; a plain function, so that messages and quotes share it. */
import { html, type TemplateResult } from "lit";
import { isExternal, parseText, type Block, type Inline } from "../shared/text.js";

function inline(part: Inline): TemplateResult | string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "strong":
      return html`<strong>${part.text}</strong>`;
    case "link":
      return isExternal(part.href)
        ? html`<a href=${part.href} target="_blank" rel="noopener noreferrer">${part.text}</a>`
        : html`<a href=${part.href}>${part.text}</a>`;
  }
}

function block(piece: Block): TemplateResult {
  if (piece.kind === "paragraph")
    return html`<p dir="auto">${piece.lines.map((line, i) => [i ? html`<br />` : "", line.map(inline)])}</p>`;
  const items = piece.items.map((item) => html`<li dir="auto">${item.map(inline)}</li>`);
  return piece.ordered
    ? html`<ol>
        ${items}
      </ol>`
    : html`<ul>
        ${items}
      </ul>`;
}

export function richText(text: string): TemplateResult[] {
  return parseText(text).map(block);
}
