/** What an operator can ask for: one sealed type, from the elements up to the root. */
import type { Colours } from "./colours.js";
import type { ListFilter, View } from "./conversations/list.js";
import type { Correction, TranscriptForm } from "./types.js";

export type Wish =
  | { want: "sign-in"; token: string; operator: string }
  | { want: "sign-out" }
  | { want: "colours"; colours: Colours }
  | { want: "help" }
  | { want: "keys"; on: boolean }
  | { want: "duty"; on: boolean }
  | { want: "view"; view: View }
  | { want: "filter"; filter: ListFilter }
  | { want: "search"; text: string }
  | { want: "more" }
  | { want: "open"; id: string }
  | { want: "take-over"; over: string }
  | { want: "reply"; text: string }
  | { want: "note"; text: string }
  | { want: "hand-back"; summary: string }
  | { want: "close" }
  | { want: "erase" }
  | { want: "suggest" }
  | { want: "summarise" }
  | { want: "draft"; text: string }
  | { want: "download"; form: TranscriptForm }
  | { want: "correct"; turnId: string; correction: Correction };

export const WISH = "console-wish";

export function wish(from: HTMLElement, detail: Wish): void {
  from.dispatchEvent(new CustomEvent<Wish>(WISH, { detail, bubbles: true, composed: true }));
}
