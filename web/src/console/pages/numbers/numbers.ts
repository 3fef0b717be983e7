/** Registers the elements of the numbers page. */
import "../parts/register.js";
import { ChartBox } from "../charts/chart-box.js";
import { DaysPanel } from "./days-panel.js";
import { NumbersPage } from "./numbers-page.js";
import { ResolutionPanel } from "./resolution-panel.js";

declare global {
  interface HTMLElementTagNameMap {
    "chart-box": ChartBox;
    "days-panel": DaysPanel;
    "resolution-panel": ResolutionPanel;
    "numbers-page": NumbersPage;
  }
}

customElements.define("chart-box", ChartBox);
customElements.define("days-panel", DaysPanel);
customElements.define("resolution-panel", ResolutionPanel);
customElements.define("numbers-page", NumbersPage);
