import { describe, expect, it } from "vitest";
import {
  arranged,
  fits,
  held,
  joined,
  mayBring,
  newerRow,
  rowAfter,
  rowOf,
  type Row,
} from "../../../src/console/conversations/list.js";
import type { ConversationSummary } from "../../../src/console/types.js";
import { AT, botSaid } from "../../fakes.js";

const NOW = Date.parse(AT);

const row = (id: string, over: Partial<ConversationSummary> = {}): Row =>
  rowOf(
    {
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
    },
    NOW,
  );
const ids = (rows: readonly Row[]): string[] => rows.map((one) => one.conversation_id);

describe("a row", () => {
  it("takes over what the bot said and how sure it was", () => {
    const said = { ...botSaid(3, "b", "New"), intent: "refund", confidence: 0.8 };
    expect(rowAfter(row("c1"), said, NOW)).toMatchObject({
      last_text: "New",
      messages: 2,
      backend: "intent",
      intent: "refund",
      confidence: 0.8,
    });
  });

  it("waits from the moment it comes into the queue until somebody takes it", () => {
    const queued = rowAfter(row("c1"), { type: "owner_changed", offset: 3, at: AT, owner: "queue" }, NOW + 5);
    expect([queued.owner, queued.queuedAt]).toEqual(["queue", NOW + 5]);
    const taken = rowAfter(queued, { type: "owner_changed", offset: 4, at: AT, owner: "operator" }, NOW + 9);
    expect([taken.owner, taken.queuedAt]).toEqual(["operator", null]);
  });

  it("is not taken back by an answer that was written before", () => {
    const heard = rowAfter(row("c1"), { ...botSaid(3, "b", "New"), at: "2026-01-05T09:00:01Z" }, NOW);
    expect(newerRow(row("c1"), heard)).toBe(heard);
    const fetched = row("c1", { updated_at: "2026-01-05T09:00:01Z", operator: "Ada" });
    expect(newerRow(fetched, heard)).toBe(fetched);
  });

  it("has waited as long as the server says", () => {
    expect(row("c1", { owner: "queue", waiting_s: 90 }).queuedAt).toBe(NOW - 90_000);
  });

  it.each([
    ["all", "closed", null, true],
    ["open", "closed", null, false],
    ["open", "queue", null, true],
    ["queue", "bot", null, false],
    ["mine", "operator", "Ada", true],
    ["mine", "operator", "Ben", false],
  ] as const)("in the view %s, when it is %s of %s: %s", (view, owner, operator, shown) => {
    expect(fits(row("c1", { owner, operator }), view, "Ada")).toBe(shown);
  });
});

describe("the order", () => {
  it("puts who waits longest first, then what changed last", () => {
    const rows = [
      row("old", { updated_at: "2026-01-05T08:00:00Z" }),
      row("new", { updated_at: "2026-01-05T08:59:00Z" }),
      row("short", { owner: "queue", waiting_s: 10 }),
      row("long", { owner: "queue", waiting_s: 600, updated_at: "2026-01-05T08:50:00Z" }),
    ];
    expect(ids(arranged(rows, "open"))).toEqual(["long", "short", "new", "old"]);
    expect(ids(arranged(rows, "all"))).toEqual(["short", "new", "long", "old"]);
  });

  it("holds still while somebody is about to click", () => {
    expect(ids(held([row("new"), row("b"), row("a")], ["a", "gone", "b"]))).toEqual(["a", "b"]);
  });

  it("keeps older pages when the first is fetched anew", () => {
    const before = { rows: [row("b"), row("c", { updated_at: "2026-01-04T00:00:00Z" })], next: "after c" };
    const page = {
      conversations: [row("a"), row("b", { updated_at: "2026-01-05T08:00:00Z" })],
      next: "after b",
    };
    const { rows, next } = joined(page, before);
    expect([ids(rows), next]).toEqual([["a", "b", "c"], "after c"]);
    expect(joined({ conversations: [row("a")], next: null }, before).rows).toHaveLength(1);
  });

  it("is asked for anew only by events that may change it", () => {
    const said = botSaid(1, "b", "x");
    expect([mayBring("all", said), mayBring("queue", said), mayBring("closed", said)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
