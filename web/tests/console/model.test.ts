import { describe, expect, it } from "vitest";
import {
  ago,
  detailWithEvent,
  draftProblem,
  matches,
  milliseconds,
  percent,
  shares,
  turnOf,
  withEvent,
} from "../../src/console/model.js";
import type { ConversationDetail, ConversationSummary, TurnRecord } from "../../src/console/types.js";
import { newMessage } from "../../src/shared/messages.js";
import { AT, botSaid } from "../fakes.js";

const summary = (id: string, over: Partial<ConversationSummary> = {}): ConversationSummary => ({
  conversation_id: id,
  owner: "bot",
  operator: null,
  source: "live",
  arm: "a",
  started_at: AT,
  updated_at: AT,
  last_text: "Hi",
  language: "en",
  messages: 1,
  resolved: null,
  ...over,
});

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

const arm = (name: string, weight: number, ...chain: string[]) => ({ arm: name, weight, chain });

describe("the list", () => {
  it("moves a conversation up when something is said in it", () => {
    const list = withEvent([summary("c1"), summary("c2")], {
      type: "event",
      conversation_id: "c2",
      event: { ...botSaid(3, "b", "New"), at: "2026-01-05T10:00:00Z" },
    });
    expect(list?.map((item) => item.conversation_id)).toEqual(["c2", "c1"]);
    expect(list?.[0]).toMatchObject({ last_text: "New", messages: 2, updated_at: "2026-01-05T10:00:00Z" });
  });

  it("follows who owns a conversation", () => {
    const event = { type: "owner_changed", offset: 3, at: AT, owner: "queue" } as const;
    expect(withEvent([summary("c1")], { type: "event", conversation_id: "c1", event })?.[0]?.owner).toBe(
      "queue",
    );
  });

  it("has to be fetched when it does not know the conversation", () => {
    expect(withEvent([], { type: "event", conversation_id: "c9", event: botSaid(1, "b", "x") })).toBeNull();
  });

  it.each([
    ["all", "closed", true],
    ["open", "closed", false],
    ["open", "queue", true],
    ["queue", "bot", false],
  ] as const)("with the filter %s shows one that is %s: %s", (filter, owner, shown) => {
    expect(matches(summary("c1", { owner }), filter)).toBe(shown);
  });
});

describe("a conversation", () => {
  it("takes each event once and in order", () => {
    const late = detailWithEvent(detail, {
      type: "user_uttered",
      offset: 1,
      at: AT,
      message_id: "m1",
      text: "Hi",
    });
    expect(late.events.map((event) => event.offset)).toEqual([1, 2]);
    expect(detailWithEvent(late, late.events[0]!)).toBe(late);
  });

  it("knows the turn behind a message", () => {
    const turn = { turn_id: "t1", message_id: "m1", bot_message_id: "b1" } as TurnRecord;
    const known = { ...detail, turns: [turn] };
    expect(turnOf(known, newMessage({ id: "b1", role: "bot", text: "", state: "final" }))).toBe(turn);
    expect(turnOf(known, newMessage({ id: "m1", role: "customer", text: "", state: "final" }))).toBe(turn);
    expect(turnOf(known, newMessage({ id: "b1", role: "operator", text: "", state: "final" }))).toBeNull();
  });
});

describe("a routing draft", () => {
  it("shares new customers out by weight", () => {
    expect(shares([arm("a", 3, "x"), arm("b", 1, "x")])).toEqual([0.75, 0.25]);
    expect(shares([arm("a", 0, "x")])).toEqual([0]);
  });

  it.each([
    ["is fine", [arm("a", 1, "x", "handoff")], 0.02, null],
    ["lacks a name", [arm(" ", 1, "x")], 0.02, "Every arm needs a name."],
    ["has a name twice", [arm("a", 1, "x"), arm("a", 1, "x")], 0.02, "Two arms have the same name."],
    ["has an empty chain", [arm("a", 1)], 0.02, "Every arm needs at least one backend."],
    [
      "has a person in the middle",
      [arm("a", 1, "handoff", "x")],
      0.02,
      "A person can only come last in a chain.",
    ],
    ["has no number as weight", [arm("a", Number.NaN, "x")], 0.02, "A weight is a number from 0 up."],
    ["gives nobody to anybody", [arm("a", 0, "x")], 0.02, "At least one arm needs a weight above 0."],
    ["has a budget out of range", [arm("a", 1, "x")], 1, "The error budget lies between 0 and 1."],
  ])("that %s says so", (_, arms, budget, problem) => {
    expect(draftProblem(arms, budget)).toBe(problem);
  });
});

describe("numbers", () => {
  it("are written for people", () => {
    expect([percent(0.934), percent(1), percent(null)]).toEqual(["93.4 %", "100 %", "–"]);
    expect([milliseconds(2.34), milliseconds(840), milliseconds(1234)]).toEqual([
      "2.3 ms",
      "840 ms",
      "1.23 s",
    ]);
    const now = Date.parse("2026-01-05T09:05:30Z");
    expect([ago("2026-01-05T09:05:00Z", now), ago(AT, now), ago("2026-01-05T05:00:00Z", now)]).toEqual([
      "now",
      "5 min",
      "4 h",
    ]);
  });
});
