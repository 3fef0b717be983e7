/** Line icons: paths in a 24 by 24 box, drawn in the colour of the text around them. Never the only name of a thing. */
import { html, type TemplateResult } from "lit";

export const ICONS = {
  conversations: "M4 5h16v11H10l-6 4z",
  routing: "M6 3v18M6 9c0 5 12 2 12 9v3M3.5 18.5 6 21l2.5-2.5M15.5 18.5 18 21l2.5-2.5",
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6 6 18",
  filter: "M4 6h16M7 12h10M10 18h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
  back: "M14 5l-7 7 7 7",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  undo: "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  plus: "M12 5v14M5 12h14",
  earlier: "M14 6l-6 6 6 6",
  later: "M10 6l6 6-6 6",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.01",
  signOut: "M14 5H5v14h9M10 12h10m-4-4 4 4-4 4",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c1-4 4-5 7-5s6 1 7 5",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5",
  hand: "M4 12h12m-5-5 5 5-5 5M20 5v14",
  pencil: "M4 20l1-5L16 4l4 4L9 19z",
  why: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7v.01",
} as const;

export function icon(path: string, size = 20): TemplateResult {
  return html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d=${path} />
  </svg>`;
}
