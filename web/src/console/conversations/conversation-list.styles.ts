import { css } from "lit";

export const listStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-inline-end: 1px solid var(--line);
    background: var(--card);
  }
  .tools {
    display: grid;
    gap: 8px;
    padding: 10px 10px 8px;
    border-block-end: 1px solid var(--line);
  }
  .find {
    display: flex;
    gap: 6px;
  }
  .find input {
    flex: 1;
    min-width: 0;
  }
  .find .button {
    padding-inline: 9px;
  }
  .find [aria-expanded="true"],
  .find .narrowed {
    border-color: var(--accent);
    color: var(--accent);
    background: var(--tint);
  }
  .views {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .views button {
    min-height: 28px;
    padding: 2px 6px;
    border-radius: 7px;
    font-size: 12.5px;
    color: var(--soft);
    white-space: nowrap;
  }
  .views button:hover {
    background: var(--bubble);
  }
  .views [aria-pressed="true"] {
    font-weight: 650;
    color: var(--accent);
    background: var(--tint);
  }
  .views .tag {
    padding: 0 5px;
    font-size: 11.5px;
  }
  .filters {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 8px;
  }
  .filters label {
    display: grid;
    gap: 2px;
    font-size: 12.5px;
    color: var(--soft);
  }
  .filters select,
  .filters input {
    width: 100%;
    min-width: 0;
    padding: 4px 8px;
    color: var(--ink);
  }
  .filters .clear {
    grid-column: 1 / -1;
    justify-self: start;
  }
  .rows {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  a.row {
    display: grid;
    gap: 3px;
    padding: 9px 12px 9px 10px;
    color: inherit;
    text-decoration: none;
    border-block-end: 1px solid var(--line);
    border-inline-start: 3px solid transparent;
  }
  a.row:hover {
    background: var(--sunk);
  }
  a.row[aria-current] {
    background: var(--tint);
    border-inline-start-color: var(--accent);
  }
  a.row[data-owner="queue"]:not([aria-current]) {
    border-inline-start-color: var(--note-line);
  }
  a.row:focus-visible {
    outline-offset: -2px;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
  }
  .text {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .unread .text {
    font-weight: 700;
  }
  .dot {
    flex: none;
    width: 9px;
    height: 9px;
    border-radius: 50%;
    background: var(--accent);
  }
  .when {
    flex: none;
    font-size: 12.5px;
    color: var(--soft);
  }
  .when.waits {
    font-weight: 650;
    color: var(--warn);
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 6px;
    min-width: 0;
    font-size: 12.5px;
    color: var(--soft);
  }
  .meta .tag {
    max-width: 55%;
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: 11.5px;
    padding: 0 6px;
  }
  .verdict {
    white-space: nowrap;
  }
  .why {
    flex: 1 1 72px;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .empty {
    display: grid;
    gap: 4px;
    padding: 36px 22px;
    text-align: center;
    color: var(--soft);
  }
  .empty b {
    color: var(--ink);
  }
  .more {
    padding: 12px;
    text-align: center;
  }
  .ghost {
    height: 57px;
    border-block-end: 1px solid var(--line);
    background:
      linear-gradient(var(--bubble), var(--bubble)) 14px 14px / 62% 10px no-repeat,
      linear-gradient(var(--bubble), var(--bubble)) 14px 35px / 38% 9px no-repeat;
  }
`;
