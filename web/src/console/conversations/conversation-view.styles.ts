import { css } from "lit";

export const conversationStyles = css`
  :host {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr) 336px;
    grid-template-rows: minmax(0, 1fr);
    min-height: 0;
  }
  .talk {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  transcript-log {
    flex: 1;
  }
  .side {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-inline-start: 1px solid var(--line);
    background: var(--card);
  }
  .tabs {
    display: flex;
    align-items: center;
    gap: 2px;
    min-height: 58px;
    padding: 8px 12px;
    border-block-end: 1px solid var(--line);
  }
  .tabs [role="tablist"] {
    display: flex;
    gap: 2px;
  }
  .tabs [role="tab"] {
    min-height: 32px;
    padding: 3px 12px;
    border-radius: 8px;
    font-weight: 550;
    color: var(--soft);
  }
  .tabs [role="tab"]:hover {
    background: var(--bubble);
  }
  .tabs [aria-selected="true"] {
    font-weight: 650;
    color: var(--accent);
    background: var(--tint);
  }
  .dismiss {
    display: none;
    place-items: center;
    width: 40px;
    height: 40px;
    margin-inline-start: auto;
    border-radius: 9px;
  }
  .panel {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    padding: 16px 18px 28px;
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  .panel:focus-visible {
    outline-offset: -2px;
  }
  .facts {
    display: grid;
    grid-template-columns: 104px minmax(0, 1fr);
    gap: 4px 12px;
    margin-block: 4px 18px;
  }
  dt {
    color: var(--soft);
  }
  dd {
    overflow-wrap: anywhere;
  }
  @media (max-width: 1140px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
    }
    .side {
      display: none;
    }
    .side.open {
      position: fixed;
      inset: 0 0 0 auto;
      z-index: 10;
      display: flex;
      width: min(400px, 100vw);
      box-shadow: var(--raised);
    }
    .dismiss {
      display: grid;
    }
  }
`;
