import { describe, expect, it } from "vitest";
import {
  detailWithEvent,
  isAnswering,
  isUnanswered,
  newer,
  timeline,
  turnOf,
} from "../../../src/console/conversations/talk.js";
import type { ConversationDetail, TurnRecord } from "../../../src/console/types.js";
import type { StoredFrame } from "../../../src/shared/frames.js";
import { newMessage } from "../../../src/shared/messages.js";
import { AT, botSaid, customerSaid } from "../../fakes.js";

const said = (offset: number, id: string, text = "Hi"): StoredFrame =>
  customerSaid(offset, id, text) as StoredFrame;

const detail: ConversationDetail = {
  conversation_id: "c1",
  owner: "bot",
  source: "live",
  arm: "a",
  slots: {},
  resolved: null,
  customer_id: null,
  close_reason: null,
  signals: [],
  events: [botSaid(2, "b1", "Hello", "m1")],
  turns: [],
};

describe("a conversation", () => {
  it("takes each event once and in order", () => {
    const late = detailWithEvent(detail, said(1, "m1"));
    expect(late.events.map((event) => event.offset)).toEqual([1, 2]);
    expect(detailWithEvent(late, late.events[0]!)).toBe(late);
  });

  it("does not know who has it when its owner has changed", () => {
    const mine = { ...detail, owner: "operator", operator: "Ada" } as const;
    const given = detailWithEvent(mine, { type: "owner_changed", offset: 3, at: AT, owner: "operator" });
    expect([given.owner, given.operator]).toEqual(["operator", null]);
    const spoken = {
      type: "operator_uttered",
      offset: 4,
      at: AT,
      message_id: "o1",
      text: "x",
      operator: "Ben",
    } as const;
    expect(detailWithEvent(given, spoken).operator).toBe("Ben");
  });

  it("keeps what was heard after an answer was written", () => {
    const heard = detailWithEvent(detail, said(3, "m2"));
    expect(newer(heard, detail).events).toHaveLength(2);
    expect(newer(heard, { ...detail, conversation_id: "c2" }).events).toHaveLength(1);
  });

  it("knows the turn behind a message", () => {
    const turn = { turn_id: "t1", message_id: "m1", bot_message_id: "b1" } as TurnRecord;
    const known = { ...detail, turns: [turn] };
    expect(turnOf(known, newMessage({ id: "b1", role: "bot", text: "", state: "final" }))).toBe(turn);
    expect(turnOf(known, newMessage({ id: "m1", role: "customer", text: "", state: "final" }))).toBe(turn);
    expect(turnOf(known, newMessage({ id: "b1", role: "operator", text: "", state: "final" }))).toBeNull();
  });

  it("puts notes where they belong in time", () => {
    const note = { note_id: 1, kind: "note", by: "Ada", text: "x", at: "2026-01-05T09:00:01Z" } as const;
    const later = { ...said(3, "m2"), at: "2026-01-05T09:00:02Z" };
    const noted = { ...detail, events: [...detail.events, later], notes: [note] };
    expect(timeline(noted).map((entry) => entry.key)).toEqual(["e2", "n1", "e3"]);
  });

  it("knows whether the bot is at work, and who has the last word", () => {
    const asked = detailWithEvent(detail, said(3, "m2"));
    expect([isAnswering(detail), isAnswering(asked), isUnanswered(asked)]).toEqual([false, true, true]);
    const tried = { ...asked, turns: [{ message_id: "m2", outcome: "unanswered" } as TurnRecord] };
    expect(isAnswering(tried)).toBe(false);
    const owned = detailWithEvent(asked, { type: "owner_changed", offset: 4, at: AT, owner: "queue" });
    expect(isAnswering(owned)).toBe(false);
  });
});
