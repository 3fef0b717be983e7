import { css } from "lit";

/** The same colours in the bar and beside the names. */
export const armColours = css`
  .c0 {
    fill: #3a4fd0;
    background: #3a4fd0;
  }
  .c1 {
    fill: #1f9d79;
    background: #1f9d79;
  }
  .c2 {
    fill: #d98324;
    background: #d98324;
  }
  .c3 {
    fill: #b0478e;
    background: #b0478e;
  }
  .c4 {
    fill: #5f8fa8;
    background: #5f8fa8;
  }
`;

export const armStyles = css`
  ${armColours}
  .fields {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
  }
  .fields label {
    display: flex;
    align-items: center;
    gap: 7px;
    font-size: 14px;
    color: var(--soft);
  }
  .fields input {
    color: var(--ink);
  }
  input[type="number"] {
    width: 92px;
  }
  .share {
    display: flex;
    align-items: center;
    gap: 7px;
    font-variant-numeric: tabular-nums;
  }
  .fields .button {
    margin-inline-start: auto;
    padding: 3px 11px;
    font-size: 14px;
  }
  .dot {
    width: 10px;
    height: 10px;
    border-radius: 3px;
  }
  ol {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-block-start: 12px;
  }
  .step {
    display: flex;
    align-items: center;
    gap: 2px;
    padding: 3px 5px 3px 12px;
    padding-inline: 12px 5px;
    border-radius: 8px;
    font-weight: 550;
    color: var(--accent);
    background: var(--tint);
  }
  .step:has(button:nth-of-type(2)) {
    padding-inline-start: 5px;
  }
  .step.off {
    color: var(--soft);
    background: var(--bubble);
  }
  .step button {
    width: 24px;
    height: 24px;
    border-radius: 6px;
  }
  .step button:hover {
    background: color-mix(in srgb, currentColor 16%, transparent);
  }
  select {
    padding: 4px 8px;
    font-size: 14px;
  }
`;

export const routingStyles = css`
  :host {
    display: block;
  }
  .page {
    display: grid;
    gap: 34px;
    width: min(880px, 100%);
    margin-inline: auto;
    padding: 28px 20px 90px;
  }
  section > p {
    margin-block-end: 10px;
  }
  .backends,
  .arms {
    display: grid;
    gap: 10px;
  }
  .backends li,
  .arms > li {
    padding: 12px 16px;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--card);
  }
  .backends li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
  }
  .switch {
    width: 44px;
    height: 25px;
    margin-inline-start: auto;
    padding: 3px;
    border-radius: 13px;
    background: var(--soft);
    transition: background 0.15s;
  }
  .switch i {
    display: block;
    width: 19px;
    height: 19px;
    border-radius: 50%;
    background: #fff;
    transition: margin 0.15s;
  }
  .switch[aria-checked="true"] {
    background: var(--good);
  }
  .switch[aria-checked="true"] i {
    margin-inline-start: 19px;
  }
  .bar {
    display: block;
    width: 100%;
    height: 12px;
    margin-block-end: 12px;
    border-radius: 6px;
  }
  .arms {
    margin-block-end: 12px;
  }
  input[type="number"] {
    width: 92px;
  }
  ${armColours}
  .save {
    position: sticky;
    inset-block-end: 16px;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 10px;
    padding: 12px 16px;
    border: 1px solid var(--accent);
    border-radius: 12px;
    background: var(--card);
    box-shadow: 0 10px 30px rgb(20 24 50 / 18%);
  }
  .save label {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 10px;
    min-width: 260px;
    font-weight: 600;
  }
  .save input {
    flex: 1;
    min-width: 0;
    font-weight: 400;
  }
  .problem {
    flex-basis: 100%;
    color: var(--bad);
  }
`;
