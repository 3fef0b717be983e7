import { css } from "lit";

export const messageStyles = css`
  :host {
    display: block;
  }
  .message {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    max-width: 86%;
    animation: rise 0.22s ease-out;
  }
  .customer {
    align-items: flex-end;
    margin-inline-start: auto;
  }
  .author {
    font-size: 12.5px;
    font-weight: 600;
    color: var(--_muted);
    margin: 0 4px 2px;
  }
  .bubble {
    padding: 9px 13px;
    border-radius: var(--chat-bubble-radius, 16px);
    border-end-start-radius: 5px;
    background: var(--_bubble);
    overflow-wrap: anywhere;
    max-width: 100%;
  }
  .customer .bubble {
    background: var(--_accent);
    color: var(--_on-accent);
    border-end-start-radius: var(--chat-bubble-radius, 16px);
    border-end-end-radius: 5px;
  }
  .operator .bubble {
    background: var(--_bg);
    box-shadow: inset 0 0 0 1.5px var(--_link);
  }
  .sending .bubble {
    opacity: 0.65;
  }
  .failed .bubble {
    background: none;
    color: inherit;
    box-shadow: inset 0 0 0 1.5px var(--_danger);
  }
  p,
  ul,
  ol {
    margin: 0;
  }
  :is(p, ul, ol) + :is(p, ul, ol) {
    margin-block-start: 8px;
  }
  ul,
  ol {
    padding-inline-start: 1.3em;
  }
  .plain {
    white-space: pre-wrap;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 8px;
    min-height: 4px;
    margin: 2px 4px 0;
    font-size: 12px;
    color: var(--_muted);
  }
  .error {
    color: var(--_danger);
    font-size: 13px;
  }
  .link {
    text-decoration: underline;
    text-underline-offset: 2px;
    font-weight: 600;
    padding: 2px 4px;
  }
  .thumbs {
    display: inline-flex;
    gap: 2px;
  }
  .thumb {
    display: grid;
    place-items: center;
    width: 26px;
    height: 26px;
    border-radius: 8px;
    font-size: 16px;
    color: var(--_muted);
  }
  .thumb:hover,
  .thumb[aria-pressed="true"] {
    color: var(--_link);
    background: var(--_bubble);
  }
  .thumb[aria-pressed="true"] svg {
    fill: color-mix(in srgb, currentColor 25%, transparent);
  }
  .down svg {
    transform: rotate(180deg);
  }
  .reasons {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 5px;
    flex-basis: 100%;
  }
  .small {
    font-size: 12.5px;
    padding: 2px 9px;
  }
  chat-typing {
    padding: 8px 2px;
    background: none;
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
`;
