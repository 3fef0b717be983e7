import { css } from "lit";

export const consoleStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    height: 100dvh;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 20px;
    padding: 0 18px;
    min-height: 52px;
    color: #fff;
    background: var(--bar);
  }
  .brand {
    font-weight: 700;
    font-size: 17px;
    letter-spacing: -0.01em;
  }
  nav {
    display: flex;
    gap: 4px;
    margin-inline-end: auto;
  }
  nav a {
    padding: 5px 13px;
    border-radius: 8px;
    color: #d4d9ef;
    text-decoration: none;
  }
  nav a:hover {
    background: rgb(255 255 255 / 9%);
  }
  nav a[aria-current] {
    color: #fff;
    font-weight: 600;
    background: rgb(255 255 255 / 16%);
  }
  .bar :focus-visible {
    outline-color: #fff;
  }
  .count {
    padding: 0 7px;
    border-radius: 9px;
    font-size: 13px;
    font-weight: 650;
    color: #3a2600;
    background: #ffc861;
  }
  .live {
    display: flex;
    align-items: center;
    gap: 7px;
    font-size: 14px;
    color: #d4d9ef;
  }
  .live::before {
    content: "";
    width: 9px;
    height: 9px;
    border-radius: 50%;
    background: #ffb454;
  }
  .live.on::before {
    background: #5fdc98;
  }
  .who {
    font-size: 14px;
    font-weight: 600;
  }
  .bar button {
    font-size: 14px;
    color: #d4d9ef;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .problem {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 16px;
    padding: 8px 18px;
    color: var(--bad);
    background: var(--bad-tint);
  }
  main {
    flex: 1;
    min-height: 0;
  }
  .conversations {
    display: grid;
    grid-template-columns: 340px minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr);
  }
  .detail {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  conversation-view {
    flex: 1;
  }
  .scrolls {
    overflow-y: auto;
  }
  .hint {
    place-self: center;
    padding: 40px;
  }
  .back {
    display: none;
    padding: 8px 20px;
    color: var(--accent);
    background: var(--card);
  }
  @media (max-width: 760px) {
    .conversations {
      grid-template-columns: 1fr;
    }
    .one conversation-list,
    .conversations:not(.one) .hint {
      display: none;
    }
    .back {
      display: block;
    }
    .brand,
    .who {
      display: none;
    }
    .bar {
      padding-inline: 8px;
      gap: 4px 12px;
    }
  }
`;
