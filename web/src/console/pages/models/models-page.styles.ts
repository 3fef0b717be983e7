import { css } from "lit";
import { barStyles } from "../parts/bars.styles.js";

export const modelsStyles = css`
  .two {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr));
    gap: 16px;
  }
  .two > .card {
    display: grid;
    align-content: start;
    gap: 10px;
  }
  .bundles {
    display: grid;
    gap: 8px;
  }
  .bundles li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 6px 16px;
    padding: 12px 16px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--card);
  }
  .bundles li.current {
    border-color: var(--good);
  }
  .name {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
  }
  .timeline {
    display: grid;
    gap: 10px;
    padding-inline-start: 14px;
    border-inline-start: 2px solid var(--line);
  }
  .timeline li {
    display: grid;
    grid-template-columns: 170px minmax(0, 1fr);
    gap: 2px 16px;
  }
  @media (max-width: 760px) {
    .bundles li,
    .timeline li {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;

export const detailStyles = css`
  ${barStyles}
  :host {
    display: grid;
    gap: 16px;
  }
  .promises {
    display: grid;
    gap: 12px;
  }
  .promises li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(80px, 220px);
    align-items: center;
    gap: 8px 20px;
  }
  @media (max-width: 760px) {
    .promises li {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  .reasons {
    display: grid;
    gap: 4px;
    padding-inline-start: 18px;
    list-style: disc;
  }
  iframe {
    width: 100%;
    height: min(76vh, 900px);
    border: 1px solid var(--line);
    border-radius: 8px;
    color-scheme: light;
    background: #fff;
  }
`;
