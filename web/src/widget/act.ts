/** What a customer can do in the widget: one sealed type, one event, from the small elements up to the root. */
import type { QuickReplyOut } from "../shared/wire.gen.js";

export type Act =
  | { do: "say"; text: string }
  | { do: "press"; reply: QuickReplyOut; replyTo: string }
  | { do: "retry"; id: string }
  | { do: "vote"; id: string; value: 1 | -1; reason?: string }
  | { do: "solved"; value: boolean | null }
  | { do: "askPerson" }
  | { do: "typing" }
  | { do: "dismissNotice" }
  | { do: "restart" }
  | { do: "open" }
  | { do: "close" };

export const ACT = "chat-act";

/** Tells the root element; the event does not leave the widget. */
export function act(from: HTMLElement, detail: Act): void {
  from.dispatchEvent(new CustomEvent<Act>(ACT, { detail, bubbles: true, composed: true }));
}

/** Registers an element once, even when the script is included twice. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
