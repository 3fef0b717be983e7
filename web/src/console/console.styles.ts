import { css } from "lit";

export const consoleStyles = css`
  :host {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr);
    height: 100vh;
    height: 100dvh;
  }
  .skip {
    position: fixed;
    inset: -60px auto auto 8px;
    z-index: 30;
    padding: 8px 16px;
    border-radius: 8px;
    font-weight: 600;
    color: var(--on-accent);
    background: var(--accent);
  }
  .skip:focus {
    inset-block-start: 8px;
  }
  .body {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .offline {
    padding: 6px 18px;
    font-size: 13.5px;
    font-weight: 550;
    text-align: center;
  }
  main {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    outline: none;
  }
  main.fixed {
    overflow: hidden;
  }
  .hint {
    padding: 60px 20px;
    text-align: center;
  }
  .reach {
    padding: 7px 24px;
    font-size: 13.5px;
  }
  sign-in {
    grid-column: 1 / -1;
  }
  @media (max-width: 760px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto minmax(0, 1fr);
    }
  }
`;
