import { css } from "lit";
import { chartColours } from "../theme.js";

export const turnPanelStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 18px;
  }
  ${chartColours}
  .asked {
    max-height: 9em;
    margin-block: 4px 8px;
    overflow-y: auto;
    font-weight: 550;
    overflow-wrap: anywhere;
  }
  dl {
    display: grid;
    grid-template-columns: 104px minmax(0, 1fr);
    gap: 4px 12px;
    margin-block-start: 5px;
  }
  dt {
    color: var(--soft);
  }
  dd {
    overflow-wrap: anywhere;
  }
  .meter {
    display: inline-block;
    width: 72px;
    height: 8px;
    margin-inline-end: 8px;
    border-radius: 4px;
    overflow: hidden;
    line-height: 0;
  }
  .meter svg {
    width: 100%;
    height: 100%;
  }
  .ground {
    fill: var(--bubble);
  }
  .level {
    fill: var(--accent);
  }
  .attempts {
    margin-block-start: 8px;
    padding-inline-start: 14px;
    border-inline-start: 2px solid var(--line);
    display: grid;
    gap: 8px;
  }
  .attempts li {
    position: relative;
  }
  .attempts li::before {
    content: "";
    position: absolute;
    inset: 7px auto auto -20px;
    width: 10px;
    height: 10px;
    border: 2px solid var(--card);
    border-radius: 50%;
    background: var(--line-strong);
  }
  .try {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 8px;
  }
  .took {
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
    color: var(--soft);
  }
  .small-text {
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .source {
    margin-block-start: 6px;
    font-weight: 550;
  }
  blockquote {
    margin-block: 3px 8px;
    padding-inline-start: 10px;
    border-inline-start: 3px solid var(--line);
    font-size: 13.5px;
    color: var(--soft);
    overflow-wrap: anywhere;
  }
  .stages {
    display: block;
    width: 100%;
    height: 8px;
    margin-block: 10px 8px;
    border-radius: 4px;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 3px 14px;
    font-size: 13px;
  }
  .legend li {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .legend i {
    width: 9px;
    height: 9px;
    border-radius: 3px;
  }
  .legend span {
    font-variant-numeric: tabular-nums;
    color: var(--soft);
  }
`;
