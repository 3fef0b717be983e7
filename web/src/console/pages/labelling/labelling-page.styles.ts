import { css } from "lit";
import { barStyles } from "../parts/bars.styles.js";

export const labellingStyles = css`
  ${barStyles}
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
  .legend li {
    display: flex;
    align-items: center;
    gap: 4px;
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
    label-trail {
      display: none;
    }
  }
  @media (hover: none) {
    .legend {
      display: none;
    }
  }
`;
