/** The rules of `../theme.ts` for pages, and what else several of them use. */
import { css } from "lit";
import { base, pageStyles } from "../../theme.js";

const more = css`
  .head p {
    max-width: 96ch;
  }
  section {
    display: grid;
    gap: 10px;
    min-width: 0;
  }
  .empty b {
    font-size: 15.5px;
    color: var(--ink);
  }
  .blank {
    border: 1px dashed var(--line-strong);
    border-radius: var(--radius);
  }
  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 6px 16px;
    padding: 9px 14px;
    border-radius: 8px;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .fine {
    font-size: 13.5px;
  }
  .wrap {
    overflow-wrap: anywhere;
  }
  tbody th {
    font-weight: 600;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));
    gap: 12px 24px;
  }
  .facts dt {
    font-size: 13px;
    color: var(--soft);
  }
  .facts dd {
    font-size: 20px;
    font-weight: 650;
    line-height: 1.3;
    font-variant-numeric: tabular-nums;
  }
  .facts dd + dd {
    font-size: 13px;
    font-weight: 400;
    color: var(--soft);
  }
  .field {
    display: grid;
    gap: 3px;
    font-size: 13px;
    color: var(--soft);
  }
  .field input,
  .field select {
    min-height: 36px;
    font-size: 14.5px;
    color: var(--ink);
  }
  .tabs {
    display: flex;
    gap: 2px;
    overflow-x: auto;
    border-block-end: 1px solid var(--line);
  }
  .tabs a {
    padding: 8px 14px;
    border-block-end: 2px solid transparent;
    font-weight: 550;
    color: var(--soft);
    text-decoration: none;
    white-space: nowrap;
  }
  .tabs a:hover {
    color: var(--ink);
  }
  .tabs [aria-current] {
    color: var(--accent);
    border-block-end-color: var(--accent);
  }
  .tabs a:focus-visible {
    outline-offset: -2px;
  }
  @media (max-width: 760px) {
    .tabs a {
      padding-inline: 10px;
    }
    .tabs .n {
      display: none;
    }
    .stack thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .stack tr {
      display: grid;
      gap: 2px;
      padding: 10px 12px;
      border-block-end: 1px solid var(--line);
    }
    .stack tbody tr:last-child {
      border: 0;
    }
    .stack :is(td, tbody th) {
      display: flex;
      justify-content: space-between;
      gap: 16px;
      padding: 0;
      border: 0;
      text-align: end;
      white-space: normal;
    }
    .stack tbody th {
      text-align: start;
    }
    .stack td[data-label]::before {
      content: attr(data-label);
      color: var(--soft);
      text-align: start;
    }
  }
`;

export const partStyles = [base, pageStyles, more];
