import { css } from "lit";

export const auditStyles = css`
  .field input {
    width: 92px;
  }
  form {
    align-items: end;
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
  }
  progress::-moz-progress-bar {
    background: var(--good);
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 320px;
    align-items: start;
    gap: 16px;
  }
  .verdict {
    position: sticky;
    inset-block-start: 12px;
  }
  .choice {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 8px;
  }
  .choice .button {
    min-height: 46px;
  }
  .yes:hover:enabled {
    border-color: var(--good);
    color: var(--good);
  }
  .no:hover:enabled {
    border-color: var(--bad);
    color: var(--bad);
  }
  textarea {
    width: 100%;
    resize: vertical;
  }
  @media (max-width: 860px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
    .verdict {
      inset-block: auto 0;
    }
  }
`;
