import { css } from "lit";

export const labellingStyles = css`
  .progress {
    display: grid;
    gap: 6px;
  }
  .progress p {
    display: flex;
    justify-content: space-between;
    gap: 16px;
    font-variant-numeric: tabular-nums;
  }
  progress {
    width: 100%;
    height: 8px;
    border: 0;
    border-radius: 4px;
    appearance: none;
    background: var(--bubble);
    overflow: hidden;
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
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 300px;
    align-items: start;
    gap: 20px;
  }
  .main {
    display: grid;
    gap: 12px;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 18px;
    font-size: 13.5px;
    color: var(--soft);
  }
  @media (max-width: 900px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @media (hover: none) {
    .legend {
      display: none;
    }
  }
`;
