/** Registers the page of the routing. */
import "../pages/parts/register.js";
import { ArmEditor } from "./arm-editor.js";
import { RoutingEditor } from "./routing-editor.js";
import { RoutingHistory } from "./routing-history.js";
import { RoutingPage } from "./routing-page.js";
import { RoutingPreview } from "./routing-preview.js";

declare global {
  interface HTMLElementTagNameMap {
    "arm-editor": ArmEditor;
    "routing-editor": RoutingEditor;
    "routing-history": RoutingHistory;
    "routing-page": RoutingPage;
    "routing-preview": RoutingPreview;
  }
}

customElements.define("arm-editor", ArmEditor);
customElements.define("routing-editor", RoutingEditor);
customElements.define("routing-history", RoutingHistory);
customElements.define("routing-preview", RoutingPreview);
customElements.define("routing-page", RoutingPage);
