/** What an operator may do with a conversation just now. The server has the last word. */
import { whyNot, type Me } from "../pages/page.js";
import type { ConversationDetail } from "../types.js";

type Owned = Pick<ConversationDetail, "owner" | "operator">;

export function isMine({ owner, operator }: Owned, me: Me): boolean {
  return owner === "operator" && operator === me.name;
}

export function mayTake(detail: Owned, me: Me): boolean {
  return detail.owner !== "closed" && !isMine(detail, me) && !whyNot(me, "converse");
}

export function mayHandBack(detail: Owned, me: Me): boolean {
  return (isMine(detail, me) || detail.owner === "queue") && !whyNot(me, "converse");
}

/** Not what a colleague is talking to: that is taken over first. */
export function mayClose(detail: Owned, me: Me): boolean {
  const isOpen = detail.owner === "bot" || detail.owner === "queue" || isMine(detail, me);
  return isOpen && !whyNot(me, "converse");
}

/** Why there is no field for a reply; empty when there is one. */
export function replyRefusal(detail: Owned, me: Me): string {
  if (isMine(detail, me)) return whyNot(me, "converse") ?? "";
  switch (detail.owner) {
    case "closed":
      return "This conversation has ended. You can still leave a note.";
    case "operator":
      return `${detail.operator ?? "Somebody else"} talks to this customer. Take over to reply.`;
    case "queue":
      return "This customer waits for a person. Take over to reply.";
    case "bot":
      return "The bot answers this customer. Take over to reply.";
  }
}
