import { css } from "lit";

export const composerStyles = css`
  :host {
    display: block;
    padding: 10px 18px 12px;
    border-block-start: 1px solid var(--line);
    background: var(--card);
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    margin-block-end: 8px;
  }
  .modes {
    display: flex;
    gap: 2px;
    padding: 2px;
    border-radius: 9px;
    background: var(--bubble);
  }
  .modes button {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    min-height: 28px;
    padding: 2px 11px;
    border-radius: 7px;
    font-size: 13px;
    color: var(--soft);
  }
  .modes [aria-pressed="true"] {
    font-weight: 650;
    color: var(--ink);
    background: var(--card);
    box-shadow: var(--shadow);
  }
  .modes .note[aria-pressed="true"] {
    color: var(--note);
    background: var(--note-tint);
    box-shadow: inset 0 0 0 1px var(--note-line);
  }
  .hint {
    margin-inline-start: auto;
    font-size: 12.5px;
    color: var(--soft);
  }
  .entry {
    display: flex;
    align-items: flex-end;
    gap: 10px;
  }
  textarea {
    flex: 1;
    min-width: 0;
    min-height: 56px;
    max-height: 38vh;
    resize: none;
    field-sizing: content;
  }
  .private textarea {
    border-color: var(--note-line);
    border-style: dashed;
    color: var(--note);
    background: var(--note-tint);
  }
  .private ::placeholder {
    color: var(--note);
  }
  .refused {
    font-size: 13px;
    color: var(--soft);
  }
  .suggestions {
    display: flex;
    gap: 8px;
    margin-block-end: 10px;
    padding-block-end: 4px;
    overflow-x: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  .suggestion {
    flex: 1 0 min(250px, 78%);
    max-width: 420px;
    display: flex;
    flex-direction: column;
    gap: 5px;
    padding: 8px 10px;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--sunk);
  }
  .suggestion .from {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 7px;
    font-size: 12.5px;
    color: var(--soft);
  }
  .suggestion .from > span:last-child:not(.tag) {
    flex-basis: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .suggestion .text {
    flex: 1;
    max-height: 6.2em;
    overflow-y: auto;
    font-size: 13.5px;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .suggestion .buttons {
    display: flex;
    gap: 6px;
  }
  .suggestion kbd {
    align-self: center;
    margin-inline-start: auto;
    white-space: nowrap;
  }
  .waiting {
    font-size: 13px;
    color: var(--soft);
  }
  @media (max-width: 760px) {
    :host {
      padding: 8px 12px 10px;
    }
    .hint {
      display: none;
    }
    .suggestion .text {
      max-height: 4.6em;
    }
    .suggestion kbd {
      display: none;
    }
  }
`;
