/** Registers the elements of the labelling page. */
import "../parts/register.js";
import { IntentSearch } from "./intent-search.js";
import { LabelTrail } from "./label-trail.js";
import { LabellingPage } from "./labelling-page.js";
import { TurnCard } from "./turn-card.js";

declare global {
  interface HTMLElementTagNameMap {
    "intent-search": IntentSearch;
    "label-trail": LabelTrail;
    "turn-card": TurnCard;
    "labelling-page": LabellingPage;
  }
}

customElements.define("intent-search", IntentSearch);
customElements.define("label-trail", LabelTrail);
customElements.define("turn-card", TurnCard);
customElements.define("labelling-page", LabellingPage);
