import { css } from "lit";

export const headerStyles = css`
  :host {
    display: block;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 12px;
    min-height: 58px;
    padding: 8px 14px 8px 18px;
    border-block-end: 1px solid var(--line);
    background: var(--card);
  }
  .who {
    min-width: 0;
    flex: 1 1 200px;
  }
  .who h2 {
    display: flex;
    min-width: 0;
    align-items: center;
    gap: 8px;
    font-size: 15px;
    font-weight: 650;
  }
  .who .tag {
    flex: 0 1 auto;
    max-width: 60%;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .who h2 > span:last-child {
    flex: 1 1 60px;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .who p {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: 12.5px;
    color: var(--soft);
  }
  .back {
    display: none;
    place-items: center;
    width: 40px;
    height: 40px;
    margin-inline-start: -8px;
    border-radius: 9px;
    color: inherit;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .buttons .icon {
    padding-inline: 8px;
  }
  .open-side {
    display: none;
  }
  [popover] {
    inset: auto;
    margin: 0;
    padding: 6px;
    border: 1px solid var(--line);
    border-radius: 10px;
    color: var(--ink);
    background: var(--card);
    box-shadow: var(--raised);
  }
  [popover] button {
    display: block;
    width: 100%;
    min-height: 34px;
    padding: 4px 12px;
    border-radius: 7px;
    text-align: start;
  }
  [popover] button:hover {
    background: var(--bubble);
  }
  @media (max-width: 1140px) {
    .open-side {
      display: inline-flex;
    }
  }
  @media (max-width: 760px) {
    header {
      gap: 4px 8px;
      padding: 6px 10px 8px 14px;
    }
    .who {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      column-gap: 4px;
      flex-basis: 100%;
    }
    .who p {
      flex-basis: 100%;
    }
    .back {
      display: grid;
    }
    .buttons {
      flex: 1;
    }
    .buttons .button {
      min-height: 38px;
    }
    .buttons .main {
      flex: 1;
    }
  }
`;
