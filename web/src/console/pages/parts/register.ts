/** Registers the elements that several pages use. */
import { ConfirmDialog } from "./confirm-dialog.js";
import { CopyButton } from "./copy-button.js";

declare global {
  interface HTMLElementTagNameMap {
    "confirm-dialog": ConfirmDialog;
    "copy-button": CopyButton;
  }
}

customElements.define("confirm-dialog", ConfirmDialog);
customElements.define("copy-button", CopyButton);
