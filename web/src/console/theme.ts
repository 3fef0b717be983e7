/** Rules that every element of the console shares. Colours are custom properties of `page.css`. */
import { css } from "lit";

const reset = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  fieldset,
  blockquote {
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1 {
    font-size: 21px;
    line-height: 1.25;
    letter-spacing: -0.01em;
  }
  h2 {
    font-size: 16px;
    line-height: 1.35;
  }
  h3 {
    font-size: 13px;
    font-weight: 650;
    color: var(--soft);
  }
  a {
    color: var(--accent);
    text-underline-offset: 3px;
  }
  code {
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .soft {
    color: var(--soft);
  }
  .quiet {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;

const controls = css`
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
    margin: 0;
  }
  button {
    border: 0;
    padding: 0;
    background: none;
    cursor: pointer;
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  input:not([type="checkbox"], [type="radio"], [type="range"]),
  select,
  textarea {
    border: 1px solid var(--line-strong);
    border-radius: 8px;
    padding: 6px 10px;
    background: var(--card);
  }
  ::placeholder {
    color: var(--soft);
    opacity: 1;
  }
  input[type="checkbox"],
  input[type="radio"],
  input[type="range"] {
    accent-color: var(--accent);
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 34px;
    padding: 4px 13px;
    border: 1px solid var(--line-strong);
    border-radius: 8px;
    font-weight: 550;
    line-height: 1.3;
    color: var(--ink);
    background: var(--card);
    text-decoration: none;
    white-space: nowrap;
  }
  .button:hover:not(:disabled) {
    border-color: var(--accent);
    color: var(--accent);
  }
  .primary {
    border-color: var(--accent);
    color: var(--on-accent);
    background: var(--accent);
  }
  .primary:hover:not(:disabled) {
    color: var(--on-accent);
    filter: brightness(1.12);
  }
  .danger:hover:not(:disabled) {
    border-color: var(--bad);
    color: var(--bad);
  }
  .small {
    min-height: 28px;
    padding: 2px 10px;
    font-size: 13px;
  }
  .switch {
    flex: none;
    width: 42px;
    height: 24px;
    padding: 3px;
    border-radius: 12px;
    background: var(--line-strong);
    transition: background 0.15s;
  }
  .switch i {
    display: block;
    width: 18px;
    height: 18px;
    border-radius: 50%;
    background: var(--card);
    transition: margin 0.15s;
  }
  .switch[aria-checked="true"] {
    background: var(--good);
  }
  .switch[aria-checked="true"] i {
    margin-inline-start: 18px;
  }
  kbd {
    display: inline-block;
    min-width: 22px;
    padding: 1px 6px;
    border: 1px solid var(--line-strong);
    border-block-end-width: 2px;
    border-radius: 5px;
    font: inherit;
    font-size: 12px;
    text-align: center;
    color: var(--soft);
    background: var(--sunk);
  }
`;

const words = css`
  .tag {
    display: inline-block;
    padding: 1px 8px;
    border-radius: 6px;
    font-size: 12.5px;
    font-weight: 600;
    line-height: 1.55;
    color: var(--soft);
    background: var(--bubble);
    white-space: nowrap;
  }
  .good {
    color: var(--good);
    background: var(--good-tint);
  }
  .warn {
    color: var(--warn);
    background: var(--warn-tint);
  }
  .bad {
    color: var(--bad);
    background: var(--bad-tint);
  }
  .info {
    color: var(--accent);
    background: var(--tint);
  }
`;

/** A window above the page: the frame of every dialog. */
export const dialogFrame = css`
  dialog {
    border: 1px solid var(--line);
    border-radius: 16px;
    color: var(--ink);
    background: var(--card);
    box-shadow: var(--raised);
  }
  dialog::backdrop {
    background: rgb(10 12 24 / 50%);
  }
`;

/** The same colours in a chart and beside its names. */
export const chartColours = css`
  .c0 {
    fill: var(--chart-1);
    background: var(--chart-1);
  }
  .c1 {
    fill: var(--chart-2);
    background: var(--chart-2);
  }
  .c2 {
    fill: var(--chart-3);
    background: var(--chart-3);
  }
  .c3 {
    fill: var(--chart-4);
    background: var(--chart-4);
  }
  .c4 {
    fill: var(--chart-5);
    background: var(--chart-5);
  }
`;

export const base = [reset, controls, words];

/** A page that scrolls: `<div class="page"><header class="head">…</header><section class="card">…`. */
export const pageStyles = css`
  :host {
    display: block;
  }
  .page {
    display: grid;
    gap: 20px;
    grid-template-columns: minmax(0, 1fr);
    width: min(1120px, 100%);
    margin-inline: auto;
    padding: 22px 24px 80px;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    justify-content: space-between;
    gap: 10px 20px;
  }
  .head p {
    max-width: 70ch;
    color: var(--soft);
  }
  .actions,
  .toolbar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .card {
    padding: 16px 18px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--card);
    box-shadow: var(--shadow);
  }
  .card > h2 + p {
    color: var(--soft);
  }
  /* Needs tabindex="0" role="region" and a label where it may scroll. */
  .scroll {
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--card);
    box-shadow: var(--shadow);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 9px 14px;
    text-align: start;
    vertical-align: top;
    border-block-end: 1px solid var(--line);
  }
  tbody tr:last-child > td,
  tbody tr:last-child > th {
    border-block-end: 0;
  }
  thead th {
    font-size: 13px;
    font-weight: 600;
    color: var(--soft);
    background: var(--sunk);
    white-space: nowrap;
  }
  .number {
    text-align: end;
    white-space: nowrap;
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 6px;
    padding: 36px 20px;
    text-align: center;
    color: var(--soft);
  }
  .problem {
    padding: 9px 14px;
    border-radius: 8px;
    color: var(--bad);
    background: var(--bad-tint);
  }
  @media (max-width: 760px) {
    .page {
      gap: 16px;
      padding: 16px 14px 80px;
    }
    .card {
      padding: 14px;
    }
  }
`;

/** Colour of each owner's tag. */
export const OWNER_TONES = { bot: "info", queue: "warn", operator: "good", closed: "" } as const;
