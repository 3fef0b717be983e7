/** Registers the elements of the models page. */
import "../parts/register.js";
import { BundleDetail } from "./bundle-detail.js";
import { ModelsPage } from "./models-page.js";

declare global {
  interface HTMLElementTagNameMap {
    "bundle-detail": BundleDetail;
    "models-page": ModelsPage;
  }
}

customElements.define("bundle-detail", BundleDetail);
customElements.define("models-page", ModelsPage);
