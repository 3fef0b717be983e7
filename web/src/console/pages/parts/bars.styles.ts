/** Bars of the console's own colours: `.bar` for a share, `<progress>` for work done. */
import { css } from "lit";

export const barStyles = css`
  .bar,
  progress {
    display: block;
    width: 100%;
    height: 8px;
    border: 0;
    border-radius: 4px;
    appearance: none;
    background: var(--bubble);
    overflow: hidden;
  }
  .bar i {
    display: block;
    height: 100%;
    border-radius: 4px;
    background: var(--accent);
  }
  progress::-webkit-progress-bar {
    background: var(--bubble);
  }
  progress::-webkit-progress-value {
    background: var(--good);
    transition: inline-size 0.2s;
  }
  progress::-moz-progress-bar {
    background: var(--good);
  }
  .progress {
    display: grid;
    gap: 6px;
  }
  .progress p {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 2px 16px;
    font-variant-numeric: tabular-nums;
  }
`;
