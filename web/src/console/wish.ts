/** What an operator can ask for: one sealed type, from the elements up to the root. */
import type { RoutingDraft } from "./api.js";
import type { Filter } from "./model.js";
import type { ConversationVerb } from "./types.js";

export type Wish =
  | { want: "sign-in"; token: string; operator: string }
  | { want: "filter"; filter: Filter }
  | { want: "search"; text: string }
  | { want: "more" }
  | { want: "act"; verb: ConversationVerb; text?: string }
  | { want: "label"; turnId: string; intent: string; note: string }
  | { want: "promote"; id: string }
  | { want: "save-routing"; draft: RoutingDraft; reason: string };

export const WISH = "console-wish";

export function wish(from: HTMLElement, detail: Wish): void {
  from.dispatchEvent(new CustomEvent<Wish>(WISH, { detail, bubbles: true, composed: true }));
}
