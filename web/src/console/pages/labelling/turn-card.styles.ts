import { css } from "lit";
import { barStyles } from "../parts/bars.styles.js";

export const cardStyles = css`
  ${barStyles}
  article {
    display: grid;
    gap: 14px;
    padding: 22px 24px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--card);
    box-shadow: var(--shadow);
  }
  .top {
    display: flex;
    align-items: start;
    justify-content: space-between;
    gap: 16px;
    min-height: 24px;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  a {
    font-size: 14px;
  }
  .text {
    font-size: 22px;
    line-height: 1.35;
    font-weight: 600;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  .answer {
    display: grid;
    gap: 2px;
    padding-inline-start: 12px;
    border-inline-start: 3px solid var(--line);
  }
  .fine {
    font-size: 13.5px;
  }
  .reply {
    display: -webkit-box;
    overflow: hidden;
    color: var(--soft);
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    line-clamp: 3;
  }
  .banner {
    padding: 8px 12px;
    border-radius: 10px;
  }
  .guesses {
    display: grid;
    gap: 6px;
  }
  .guess {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto 90px;
    align-items: center;
    gap: 12px;
    width: 100%;
    padding: 9px 14px;
    border: 1px solid var(--line);
    border-radius: 10px;
    text-align: start;
  }
  .guess:hover,
  .guess.chosen {
    border-color: var(--accent);
    background: var(--tint);
  }
  .name {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 10px;
    min-width: 0;
  }
  .name code {
    font-size: 12.5px;
    color: var(--soft);
    overflow-wrap: anywhere;
  }
  .share {
    font-variant-numeric: tabular-nums;
    font-size: 14px;
    color: var(--soft);
  }
  .others {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  @media (hover: none) {
    .others kbd {
      display: none;
    }
  }
  @media (max-width: 760px) {
    article {
      padding: 16px;
    }
    .text {
      font-size: 19px;
    }
    .guess {
      grid-template-columns: auto minmax(0, 1fr) auto;
    }
    .bar {
      display: none;
    }
    .others {
      display: grid;
      grid-template-columns: 1fr 1fr;
    }
  }
`;
