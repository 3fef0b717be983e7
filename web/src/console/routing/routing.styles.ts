import { css } from "lit";
import { chartColours } from "../theme.js";

export const armStyles = css`
  ${chartColours}
  .fields {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 14px;
  }
  .fields label {
    display: flex;
    align-items: center;
    gap: 7px;
    font-size: 13.5px;
    color: var(--soft);
  }
  .fields input {
    color: var(--ink);
  }
  .name input {
    width: 150px;
    font-weight: 600;
  }
  .number {
    width: 84px;
  }
  input[type="range"] {
    width: 110px;
  }
  .share {
    display: flex;
    align-items: center;
    gap: 7px;
    min-width: 74px;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .fields .button {
    margin-inline-start: auto;
  }
  .dot {
    width: 11px;
    height: 11px;
    border-radius: 3px;
  }
  ol {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 4px;
    margin-block-start: 12px;
  }
  li {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  .arrow {
    color: var(--soft);
  }
  .step {
    display: flex;
    align-items: center;
    gap: 1px;
    padding: 3px 4px;
    border-radius: 8px;
    font-weight: 600;
    color: var(--accent);
    background: var(--tint);
  }
  .step.off {
    color: var(--soft);
    background: var(--bubble);
  }
  .step.off .label {
    text-decoration: line-through;
  }
  .step.person {
    color: var(--good);
    background: var(--good-tint);
  }
  .step .label {
    padding-inline: 6px;
  }
  .step button {
    display: grid;
    place-items: center;
    width: 26px;
    height: 26px;
    border-radius: 6px;
  }
  .step button:hover {
    background: color-mix(in srgb, currentColor 16%, transparent);
  }
  select {
    min-height: 32px;
    padding: 3px 8px;
    font-size: 13.5px;
  }
`;

export const routingStyles = css`
  :host {
    display: grid;
    gap: 20px;
    grid-template-columns: minmax(0, 1fr);
  }
  .card > p {
    margin-block-end: 10px;
    color: var(--soft);
  }
  .backends {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr));
    gap: 10px;
  }
  .backends li,
  .arms > li {
    padding: 12px 14px;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--sunk);
  }
  .backends li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 10px;
  }
  .backends b {
    overflow-wrap: anywhere;
  }
  .backends .switch {
    margin-inline-start: auto;
  }
  .backends .soft {
    flex-basis: 100%;
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .bar {
    display: block;
    width: 100%;
    height: 10px;
    margin-block-end: 12px;
    border-radius: 5px;
  }
  .arms {
    display: grid;
    gap: 10px;
    margin-block-end: 12px;
  }
  .budget {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
  }
  .budget input {
    width: 100px;
  }
  ${chartColours}
`;

export const pageExtras = css`
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 360px;
    align-items: start;
    gap: 20px;
  }
  .aside {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 20px;
  }
  .save {
    position: sticky;
    inset-block-end: 14px;
    z-index: 4;
    display: grid;
    gap: 10px;
    padding: 12px 16px;
    border: 1px solid var(--accent);
    border-radius: var(--radius);
    background: var(--card);
    box-shadow: var(--raised);
  }
  .save .what {
    font-size: 13.5px;
    overflow-wrap: anywhere;
  }
  .save .entry {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .save label {
    display: flex;
    flex: 1 1 240px;
    align-items: center;
    gap: 10px;
    font-weight: 600;
  }
  .save input {
    flex: 1;
    min-width: 0;
    font-weight: 400;
  }
  .stale {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 16px;
    padding: 9px 14px;
    border-radius: 8px;
  }
  @media (max-width: 1060px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
