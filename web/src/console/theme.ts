/** Rules that every element of the console shares. */
import { css } from "lit";

export const base = css`
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
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 17px;
  }
  h3 {
    font-size: 13px;
    font-weight: 650;
    color: var(--soft);
  }
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
    opacity: 0.45;
  }
  input,
  select,
  textarea {
    border: 1px solid var(--line);
    border-radius: 8px;
    padding: 6px 10px;
    background: var(--card);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .button {
    padding: 6px 14px;
    border: 1px solid var(--line);
    border-radius: 8px;
    font-weight: 550;
    background: var(--card);
    white-space: nowrap;
  }
  .button:hover:enabled {
    border-color: var(--accent);
    color: var(--accent);
  }
  .primary {
    border-color: var(--accent);
    color: var(--on-accent);
    background: var(--accent);
  }
  .primary:hover:enabled {
    color: var(--on-accent);
    filter: brightness(1.1);
  }
  .danger:hover:enabled {
    border-color: var(--bad);
    color: var(--bad);
  }
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

/** Colour of each owner's tag. */
export const OWNER_TONES = { bot: "info", queue: "warn", operator: "good", closed: "" } as const;
