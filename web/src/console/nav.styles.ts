import { css } from "lit";

export const navStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 4px;
    width: 88px;
    min-height: 0;
    padding: 10px 6px;
    color: var(--on-rail);
    background: var(--rail);
  }
  :focus-visible {
    outline-color: #fff;
    outline-offset: -2px;
  }
  .brand {
    display: grid;
    place-items: center;
    padding: 4px 0 8px;
    color: #fff;
  }
  nav {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    scrollbar-width: none;
  }
  nav li + .begins {
    margin-block-start: 7px;
    padding-block-start: 7px;
    border-block-start: 1px solid rgb(255 255 255 / 13%);
  }
  nav a {
    position: relative;
    display: grid;
    justify-items: center;
    gap: 2px;
    padding: 7px 3px 6px;
    border-radius: 9px;
    font-size: 11.5px;
    font-weight: 550;
    line-height: 1.2;
    text-align: center;
    color: inherit;
    text-decoration: none;
  }
  nav a:hover {
    background: rgb(255 255 255 / 8%);
  }
  nav a[aria-current] {
    color: #fff;
    background: rgb(255 255 255 / 16%);
  }
  .count {
    padding: 0 6px;
    border-radius: 9px;
    font-size: 12px;
    font-weight: 700;
    line-height: 18px;
    color: #3a2600;
    background: #ffc861;
  }
  nav .count {
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: calc(50% + 5px);
  }
  .live {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    padding: 6px 0;
    font-size: 12px;
    text-align: center;
  }
  .live::before {
    content: "";
    flex: none;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: #ffb454;
  }
  .live.on::before {
    background: #5fdc98;
  }
  .account {
    display: grid;
    justify-items: center;
    gap: 3px;
    padding: 6px 2px;
    border-radius: 9px;
    font-size: 11.5px;
    color: inherit;
  }
  .account:hover {
    background: rgb(255 255 255 / 8%);
  }
  .account .name {
    max-width: 72px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .face {
    position: relative;
    display: grid;
    place-items: center;
    width: 32px;
    height: 32px;
    border-radius: 50%;
    font-size: 13px;
    font-weight: 700;
    color: #fff;
    background: #4355c8;
  }
  .face.duty::after {
    content: "";
    position: absolute;
    inset: auto -2px -2px auto;
    width: 11px;
    height: 11px;
    border: 2px solid var(--rail);
    border-radius: 50%;
    background: #5fdc98;
  }
  .menu,
  .title,
  .here {
    display: none;
  }
  [popover] {
    inset: auto auto 12px 96px;
    width: 268px;
    margin: 0;
    padding: 0;
    border: 1px solid var(--line);
    border-radius: 14px;
    color: var(--ink);
    background: var(--card);
    box-shadow: var(--raised);
  }
  dialog {
    width: min(320px, 88vw);
    height: 100dvh;
    max-height: none;
    margin: 0;
    padding: 12px;
    border: 0;
    overflow-y: auto;
    color: var(--on-rail);
    background: var(--rail);
  }
  dialog::backdrop {
    background: rgb(10 12 24 / 55%);
  }
  dialog .close {
    display: grid;
    place-items: center;
    width: 44px;
    height: 44px;
    margin-inline-start: auto;
    border-radius: 9px;
  }
  dialog nav {
    overflow: visible;
    margin-block-end: 16px;
  }
  dialog nav a {
    display: flex;
    align-items: center;
    gap: 14px;
    min-height: 46px;
    padding: 8px 12px;
    font-size: 15.5px;
    text-align: start;
  }
  dialog nav .count {
    position: static;
    margin-inline-start: auto;
  }
  dialog account-panel {
    display: block;
    border-radius: 12px;
    color: var(--ink);
    background: var(--card);
  }
  @media (max-width: 760px) {
    :host {
      flex-direction: row;
      align-items: center;
      gap: 8px;
      width: auto;
      padding: 4px 10px 4px 4px;
    }
    .brand,
    .account,
    :host > nav,
    .rail {
      display: none;
    }
    .menu {
      display: grid;
      place-items: center;
      width: 44px;
      height: 44px;
      border-radius: 9px;
      color: #fff;
    }
    .title {
      display: block;
      margin-inline-end: auto;
      font-size: 16px;
      font-weight: 650;
      color: #fff;
    }
    .here {
      display: block;
      color: inherit;
      text-decoration: none;
    }
  }
`;
