import { css } from "lit";
import { barStyles } from "../parts/bars.styles.js";

export const auditStyles = css`
  ${barStyles}
  .field input {
    width: 92px;
  }
  form.actions {
    align-items: end;
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
  form .button {
    min-height: 36px;
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
      position: static;
    }
    audit-transcript {
      --transcript-height: 46vh;
    }
  }
`;
