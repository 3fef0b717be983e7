/** Registers the elements of the audit page. */
import { AuditPage } from "./audit-page.js";
import { AuditTranscript } from "./audit-transcript.js";

declare global {
  interface HTMLElementTagNameMap {
    "audit-transcript": AuditTranscript;
    "audit-page": AuditPage;
  }
}

customElements.define("audit-transcript", AuditTranscript);
customElements.define("audit-page", AuditPage);
