import { css } from "lit";

export const transcriptStyles = css`
  :host {
    position: relative;
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .log {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    padding: 16px 18px;
    display: flex;
    flex-direction: column;
    gap: 12px;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  .log:focus-visible {
    outline-offset: -2px;
  }
  .log > :first-child {
    margin-block-start: auto;
  }
  article {
    max-width: min(600px, 88%);
    display: grid;
    grid-template-columns: minmax(0, auto);
    justify-items: start;
    gap: 3px;
  }
  article.bot,
  article.operator,
  article.private {
    align-self: flex-end;
    justify-items: end;
  }
  .author {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: 12.5px;
    color: var(--soft);
  }
  .author b {
    font-weight: 650;
    color: var(--ink);
  }
  .bubble {
    padding: 8px 13px;
    border: 1px solid var(--line);
    border-radius: 4px 14px 14px;
    background: var(--card);
    overflow-wrap: anywhere;
  }
  .bot .bubble,
  .operator .bubble {
    border-radius: 14px 4px 14px 14px;
    border-color: transparent;
  }
  .bot .bubble {
    background: var(--tint);
  }
  .operator .bubble {
    background: var(--good-tint);
  }
  .private .bubble {
    border: 1px dashed var(--note-line);
    border-radius: 8px;
    color: var(--note);
    background: var(--note-tint);
  }
  .private .author,
  .private .author b {
    color: var(--note);
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
  .bubble ol li {
    list-style: decimal;
  }
  .bubble a {
    color: inherit;
  }
  .plain {
    white-space: pre-wrap;
  }
  .on-the-way {
    opacity: 0.65;
  }
  .event {
    align-self: center;
    padding: 1px 10px;
    font-size: 12.5px;
    text-align: center;
    color: var(--soft);
  }
  .why {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 7px;
    min-height: 26px;
    padding: 1px 6px;
    border-radius: 7px;
    font-size: 12.5px;
    text-align: start;
    color: var(--soft);
  }
  .why:hover {
    background: var(--bubble);
  }
  .why[aria-pressed="true"] {
    color: var(--ink);
    background: var(--bubble);
    box-shadow: inset 0 0 0 1px var(--line-strong);
  }
  .why .tag {
    font-size: 11.5px;
    padding: 0 6px;
  }
  .busy {
    display: inline-flex;
    gap: 4px;
    padding: 4px 2px;
  }
  .busy i {
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: var(--accent);
    animation: pulse 1.1s infinite alternate;
  }
  .busy i:nth-child(2) {
    animation-delay: 0.25s;
  }
  .busy i:nth-child(3) {
    animation-delay: 0.5s;
  }
  @keyframes pulse {
    from {
      opacity: 0.25;
    }
  }
  .down {
    position: absolute;
    inset: auto auto 10px 50%;
    transform: translateX(-50%);
    box-shadow: var(--raised);
  }
`;
