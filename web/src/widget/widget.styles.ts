import { css } from "lit";

export const widgetStyles = css`
  :host {
    display: block;
    position: fixed;
    z-index: var(--chat-z, 2147483000);
    inset-block-end: var(--chat-inset, 20px);
    inset-inline-end: var(--chat-inset, 20px);
    text-align: start;
  }
  :host([hidden]) {
    display: none;
  }
  :host([side="start"]) {
    inset-inline: var(--chat-inset, 20px) auto;
  }
  .stack {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: 14px;
  }
  :host([side="start"]) .stack {
    align-items: flex-start;
  }
  chat-window {
    width: var(--chat-width, 392px);
    max-width: calc(100vw - 2 * var(--chat-inset, 20px));
    height: min(var(--chat-height, 660px), calc(100vh - 2 * var(--chat-inset, 20px) - 78px));
    border-radius: var(--chat-radius, 18px);
    box-shadow: var(--_shadow);
    animation: show 0.2s ease-out;
    transform-origin: bottom right;
  }
  .parting {
    width: 330px;
    max-width: calc(100vw - 2 * var(--chat-inset, 20px));
    border-radius: 14px;
    box-shadow: var(--_shadow);
    animation: show 0.2s ease-out;
  }
  @keyframes show {
    from {
      opacity: 0;
      transform: translateY(12px) scale(0.98);
    }
  }
  @media (max-width: 480px) {
    :host([open]) {
      inset: 0;
    }
    :host([open]) .stack {
      display: block;
      height: 100%;
    }
    :host([open]) chat-launcher {
      display: none;
    }
    chat-window {
      width: 100%;
      max-width: none;
      height: 100%;
      border-radius: 0;
      box-shadow: none;
    }
  }
`;
