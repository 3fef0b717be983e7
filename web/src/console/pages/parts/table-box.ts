/** A table in a box that scrolls sideways where the screen is narrow, reachable by keyboard. */
import { html, type TemplateResult } from "lit";

export function tableBox(label: string, table: unknown): TemplateResult {
  return html`<div class="scroll" role="region" tabindex="0" aria-label=${label}>${table}</div>`;
}
