import { css } from "lit";

export const conversationStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 340px;
    min-height: 0;
  }
  .talk {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 16px;
    padding: 12px 20px;
    border-block-end: 1px solid var(--line);
    background: var(--card);
  }
  header h2 {
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: 15px;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  header p {
    font-size: 13px;
  }
  .buttons {
    display: flex;
    gap: 8px;
  }
  .log {
    flex: 1;
    overflow-y: auto;
    padding: 18px 20px;
    display: flex;
    flex-direction: column;
    gap: 14px;
    scrollbar-width: thin;
  }
  .log:focus-visible {
    outline-offset: -2px;
  }
  article {
    max-width: min(620px, 88%);
    display: grid;
    justify-items: start;
    gap: 3px;
  }
  article.bot,
  article.operator {
    align-self: flex-end;
    justify-items: end;
  }
  .author {
    font-size: 13px;
    color: var(--soft);
  }
  .author b {
    color: var(--ink);
    font-weight: 600;
  }
  .bubble {
    padding: 8px 13px;
    border-radius: 13px;
    background: var(--card);
    border: 1px solid var(--line);
    overflow-wrap: anywhere;
  }
  .bubble p + p,
  .bubble ul,
  .bubble ol {
    margin-block-start: 6px;
  }
  .bubble li {
    margin-inline-start: 1.2em;
    list-style: disc;
  }
  .bubble a {
    color: inherit;
  }
  .bot .bubble {
    background: var(--tint);
    border-color: transparent;
  }
  .operator .bubble {
    background: var(--good-tint);
    border-color: transparent;
  }
  .note {
    align-self: center;
    font-size: 13px;
    color: var(--soft);
  }
  .plain {
    white-space: pre-wrap;
  }
  .why {
    display: flex;
    gap: 8px;
    align-items: center;
    padding: 2px 6px;
    border-radius: 7px;
    font-size: 13px;
    color: var(--soft);
  }
  .why:hover,
  .why[aria-pressed="true"] {
    background: var(--bubble);
    color: var(--ink);
  }
  .composer {
    display: flex;
    align-items: flex-end;
    gap: 10px;
    padding: 12px 20px;
    border-block-start: 1px solid var(--line);
    background: var(--card);
  }
  textarea {
    flex: 1;
    resize: vertical;
  }
  aside {
    overflow-y: auto;
    padding: 16px 18px;
    border-inline-start: 1px solid var(--line);
    background: var(--card);
    scrollbar-width: thin;
  }
  .slots {
    margin-block-end: 18px;
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 12px;
    margin-block-start: 4px;
  }
  dt {
    color: var(--soft);
  }
  dd {
    overflow-wrap: anywhere;
  }
  @media (max-width: 1080px) {
    :host {
      display: block;
      overflow-y: auto;
    }
    .talk {
      height: min(80vh, 640px);
    }
    aside {
      border-inline-start: 0;
      border-block-start: 1px solid var(--line);
    }
  }
`;
