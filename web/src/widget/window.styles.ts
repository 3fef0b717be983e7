import { css } from "lit";

export const windowStyles = css`
  :host {
    display: block;
    min-height: 0;
  }
  section {
    display: flex;
    flex-direction: column;
    height: 100%;
    overflow: hidden;
    border-radius: inherit;
    background: var(--_bg);
    color: var(--_text);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 11px;
    padding: 13px 12px 13px 16px;
    padding-inline: 16px 12px;
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .mark {
    display: grid;
    place-items: center;
    width: 38px;
    height: 38px;
    border-radius: 50%;
    font-size: 21px;
    background: color-mix(in srgb, currentColor 18%, transparent);
  }
  .head div {
    flex: 1;
    min-width: 0;
  }
  h2 {
    margin: 0;
    font-size: 16px;
    font-weight: 650;
    line-height: 1.25;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head p {
    margin: 1px 0 0;
    font-size: 12.5px;
    line-height: 1.3;
  }
  .head button {
    display: grid;
    place-items: center;
    width: 38px;
    height: 38px;
    border-radius: 10px;
    font-size: 23px;
  }
  .head button:hover {
    background: color-mix(in srgb, currentColor 14%, transparent);
  }
  .head :focus-visible {
    outline-color: currentColor;
    outline-offset: -2px;
  }
  .banner,
  .alert {
    display: flex;
    gap: 9px;
    align-items: center;
    padding: 8px 16px;
    font-size: 13.5px;
    line-height: 1.4;
    background: var(--_bubble);
  }
  .banner {
    border-block-end: 1px solid var(--_line);
  }
  .banner svg,
  .alert svg {
    font-size: 18px;
  }
  .banner.operator svg {
    color: var(--_link);
  }
  .alert {
    border-block-start: 1px solid var(--_line);
  }
  .alert span {
    flex: 1;
  }
  .foot {
    padding: 10px 12px calc(10px + env(safe-area-inset-bottom, 0px));
  }
  .ask {
    display: flex;
    align-items: center;
    gap: 6px;
    margin: 7px auto 0;
    padding: 2px 8px;
    border-radius: 8px;
    font-size: 13px;
    color: var(--_muted);
  }
  .ask svg {
    font-size: 15px;
  }
  .ask:hover {
    color: var(--_link);
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .ended {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    padding: 4px;
    font-size: 14px;
    color: var(--_muted);
  }
`;
