/** Line icons on a 24-unit grid, drawn for this widget. Decorative: the button around them has the name. */
import { svg, type SVGTemplateResult, html, type TemplateResult } from "lit";

function icon(body: SVGTemplateResult): TemplateResult {
  return html`<svg
    viewBox="0 0 24 24"
    width="1em"
    height="1em"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${body}
  </svg>`;
}

export const chatIcon = icon(
  svg`<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H12l-4.4 4v-4H6.5A2.5 2.5 0 0 1 4 13.5z"/><path d="M8.5 10h.01M12 10h.01M15.5 10h.01" stroke-width="2.4"/>`,
);
export const downIcon = icon(svg`<path d="m6 9.5 6 6 6-6"/>`);
export const closeIcon = icon(svg`<path d="m6.5 6.5 11 11m0-11-11 11"/>`);
export const sendIcon = icon(svg`<path d="M12 19.5v-15M5.5 11 12 4.5l6.5 6.5"/>`);
export const personIcon = icon(
  svg`<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.8-3.9 3.6-6 7-6s6.2 2.1 7 6"/>`,
);
export const thumbIcon = icon(
  svg`<path d="M7.5 10.5 11 3.8c1.5 0 2.4 1.1 2.1 2.6L12.5 9.5H18a2 2 0 0 1 2 2.4l-1.2 6a2 2 0 0 1-2 1.6H7.5zM7.5 10.5H4v9h3.5"/>`,
);
export const sourceIcon = icon(svg`<path d="M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6"/>`);
export const warnIcon = icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.8v5M12 16h.01"/>`);
export const offlineIcon = icon(
  svg`<path d="M4 4l16 16M9 17.5a4.5 4.5 0 0 1 6 0M5.5 13.5a9.6 9.6 0 0 1 4-2.4M18.5 13.5a9.6 9.6 0 0 0-3-2M12 20.5h.01"/>`,
);
