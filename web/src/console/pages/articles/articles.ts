/** Registers the elements of the page of articles and replies. */
import { ArticlesPage } from "./articles-page.js";
import { ProposalList } from "./proposal-list.js";

declare global {
  interface HTMLElementTagNameMap {
    "proposal-list": ProposalList;
    "articles-page": ArticlesPage;
  }
}

customElements.define("proposal-list", ProposalList);
customElements.define("articles-page", ArticlesPage);
