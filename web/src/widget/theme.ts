/** Colours and base rules. Everything a page may change is a `--chat-…` property on the element. */
import { css } from "lit";

const light = css`
  --_accent: var(--chat-accent, #3454d1);
  --_on-accent: var(--chat-on-accent, #fff);
  --_link: var(--chat-link, var(--_accent));
  --_bg: var(--chat-bg, #fff);
  --_text: var(--chat-text, #1b1f27);
  --_muted: var(--chat-muted, #5d6675);
  --_line: var(--chat-line, #e3e6eb);
  --_bubble: var(--chat-bubble, #f1f3f6);
  --_danger: #b3261e;
  --_shadow: 0 18px 50px rgb(16 24 40 / 22%), 0 2px 8px rgb(16 24 40 / 12%);
`;

const dark = css`
  --_accent: var(--chat-accent-dark, var(--chat-accent, #5b78f0));
  --_on-accent: var(--chat-on-accent-dark, var(--chat-on-accent, #fff));
  --_link: var(--chat-link-dark, #a9b8ff);
  --_bg: var(--chat-bg-dark, #171a20);
  --_text: var(--chat-text-dark, #e9ecf1);
  --_muted: var(--chat-muted-dark, #a0a8b6);
  --_line: var(--chat-line-dark, #2d323c);
  --_bubble: var(--chat-bubble-dark, #242932);
  --_danger: #ff9b93;
  --_shadow: 0 18px 50px rgb(0 0 0 / 55%), 0 0 0 1px rgb(255 255 255 / 6%);
  color-scheme: dark;
`;

/** For the root element only: the others inherit. */
export const theme = css`
  :host {
    all: initial; /* nothing of the page's type setting leaks in; custom properties do */
    ${light}
    color-scheme: light;
    font-family: var(--chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
    font-size: 15px;
    line-height: 1.5;
    color: var(--_text);
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme="light"])) {
      ${dark}
    }
  }
  :host([theme="dark"]) {
    ${dark}
  }
`;

/** For every element with its own shadow root. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  button,
  textarea {
    font: inherit;
    color: inherit;
    margin: 0;
  }
  button {
    border: 0;
    background: none;
    padding: 0;
    cursor: pointer;
  }
  a {
    color: var(--_link);
    text-underline-offset: 2px;
  }
  :focus-visible {
    outline: 2px solid var(--_link);
    outline-offset: 2px;
  }
  svg {
    display: block;
    flex: none;
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
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

/** Pill buttons: quick replies, suggestions, yes and no. */
export const pill = css`
  .pill {
    border: 1px solid var(--_link);
    color: var(--_link);
    border-radius: 999px;
    padding: 5px 13px;
    font-size: 14px;
    font-weight: 500;
    line-height: 1.4;
    text-align: start;
    background: var(--_bg);
    transition:
      background 0.15s,
      color 0.15s;
  }
  .pill:hover {
    background: var(--_link);
    color: var(--_bg);
  }
`;
