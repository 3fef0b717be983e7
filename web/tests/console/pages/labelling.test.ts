import { describe, expect, it, vi } from "vitest";
import { FakeBrowser } from "../../fakes.js";
import { commandOf } from "../../../src/console/pages/labelling/keys.js";
import { HOLD_MS, LabelOutbox } from "../../../src/console/pages/labelling/outbox.js";
import {
  EMPTY,
  arrived,
  decide,
  moved,
  progress,
  reopened,
  shown,
  undo,
  without,
  type Queue,
  type QueuedTurn,
} from "../../../src/console/pages/labelling/queue.js";
import { findIntents, titleOf } from "../../../src/console/pages/labelling/search.js";

const turn = (id: string): QueuedTurn => ({
  turn_id: id,
  conversation_id: `c-${id}`,
  asked_at: "2026-01-05T09:00:00Z",
  text: `text of ${id}`,
  reply: null,
  backend: null,
  intent: null,
  confidence: null,
  score: 1,
  reasons: [],
  guesses: [],
});
const queueOf = (...ids: string[]): Queue => arrived(EMPTY, ids.map(turn));
const label = (at: number, intent = "greet") => ({ kind: "label" as const, intent, at });

describe("the queue", () => {
  it("shows the next open turn after a decision, and the first left open after the last", () => {
    let queue = moved(queueOf("a", "b", "c"), 1);
    queue = decide(queue, label(0));
    expect(queue.current).toBe("c");
    queue = decide(queue, { kind: "skip", at: 1 });
    expect(queue.current).toBe("a");
    expect(decide(queue, label(2)).current).toBeNull();
  });

  it("takes back the newest decision first", () => {
    let queue = decide(decide(queueOf("a", "b"), label(0)), label(1));
    queue = undo(queue);
    expect(shown(queue)?.turn_id).toBe("b");
    queue = undo(queue);
    expect(shown(queue)?.turn_id).toBe("a");
    expect(queue.decisions).toEqual({});
    expect(undo(queue)).toBe(queue);
  });

  it("changes a decision without counting it twice", () => {
    let queue = decide(queueOf("a", "b"), label(0, "greet"));
    queue = decide(moved(queue, -1), label(5, "goodbye"));
    expect(progress(queue).labelled).toBe(1);
    expect(queue.decisions.a).toEqual(label(5, "goodbye"));
  });

  it("keeps what was decided and what is shown when the server sends a new list", () => {
    const queue = arrived(decide(queueOf("a", "b", "c"), label(0)), [turn("d"), turn("c")]);
    expect(queue.turns.map((one) => one.turn_id)).toEqual(["a", "b", "d", "c"]);
    expect(queue.current).toBe("b");
  });

  it("drops what somebody else has labelled, unless it is on the screen", () => {
    const queue = queueOf("a", "b", "c");
    expect(without(queue, "b").turns.map((one) => one.turn_id)).toEqual(["a", "c"]);
    expect(without(queue, "a")).toBe(queue);
  });

  it("opens a turn again whose label was refused", () => {
    const queue = reopened(decide(queueOf("a", "b"), label(0)), "a");
    expect([queue.current, progress(queue).labelled]).toEqual(["a", 0]);
  });

  it("measures the pace without the pauses", () => {
    let queue = queueOf("a", "b", "c", "d");
    for (const at of [0, 4000, 600_000, 606_000]) queue = decide(queue, label(at));
    expect(progress(queue)).toEqual({ labelled: 4, skipped: 0, of: 4, pace_s: 5 });
    expect(progress(queueOf("a")).pace_s).toBeNull();
  });

  it("stays inside the list", () => {
    expect(moved(queueOf("a", "b"), -1).current).toBe("a");
    expect(moved(queueOf("a", "b"), 9).current).toBe("b");
    expect(moved(EMPTY, 1).current).toBeNull();
  });
});

describe("keys", () => {
  const key = (name: string, more = {}) =>
    commandOf({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...more });

  it.each([
    ["3", { do: "guess", place: 2 }],
    ["O", { do: "out-of-scope" }],
    ["s", { do: "skip" }],
    ["u", { do: "undo" }],
    ["j", { do: "move", step: 1 }],
    ["ArrowUp", { do: "move", step: -1 }],
    ["/", { do: "search", typed: "" }],
    ["r", { do: "search", typed: "r" }],
    ["Ü", { do: "search", typed: "ü" }],
  ])("%s", (name, command) => {
    expect(key(name)).toEqual(command);
  });

  it.each(["6", "Tab", "Enter", "?", " "])("%s means nothing here", (name) => {
    expect(key(name)).toBeNull();
  });

  it("leaves the browser's own combinations alone", () => {
    expect(key("u", { ctrlKey: true })).toBeNull();
  });
});

describe("search", () => {
  const intents = [
    { intent: "order_status", title: "Where is my order?" },
    { intent: "cancel_order", title: "Cancel an order" },
    { intent: "refund_status", title: "Refund: when does it come?" },
  ];

  it("puts beginnings before the middle of words", () => {
    expect(findIntents(intents, "ord").map((one) => one.intent)).toEqual(["order_status", "cancel_order"]);
    expect(findIntents(intents, "status re")[0]?.intent).toBe("refund_status");
    expect(findIntents(intents, "xyz")).toEqual([]);
  });

  it("lists some for nothing typed", () => {
    expect(findIntents(intents, "", 2)).toHaveLength(2);
  });

  it("gives a name to what has no title", () => {
    expect(titleOf([], "gift_card_buy")).toBe("Gift card buy");
    expect(titleOf([], "oos")).toBe("Out of scope");
    expect(titleOf(intents, "cancel_order")).toBe("Cancel an order");
  });
});

describe("labels on their way", () => {
  function outbox(send: (turnId: string, intent: string) => Promise<unknown>) {
    const browser = new FakeBrowser();
    const failed = vi.fn();
    return { browser, failed, box: new LabelOutbox({ send, after: browser.ports.after, failed }) };
  }

  it("leave after a moment, in order", async () => {
    const sent: string[] = [];
    const { browser, box } = outbox((turnId, intent) => Promise.resolve(sent.push(`${turnId} ${intent}`)));
    box.put("a", "greet");
    browser.pass(HOLD_MS - 1);
    expect(sent).toEqual([]);
    box.put("b", "goodbye");
    browser.pass(HOLD_MS);
    await box.flush();
    expect(sent).toEqual(["a greet", "b goodbye"]);
  });

  it("can be taken back before, not after", async () => {
    const send = vi.fn(() => Promise.resolve());
    const { browser, box } = outbox(send);
    box.put("a", "greet");
    expect(box.takeBack("a")).toBe(true);
    browser.pass(HOLD_MS);
    expect(send).not.toHaveBeenCalled();
    box.put("a", "greet");
    await box.flush();
    expect(send).toHaveBeenCalledOnce();
    expect(box.takeBack("a")).toBe(false);
    expect(box.waiting).toBe(0);
  });

  it("tells which one was refused and goes on", async () => {
    const sent: string[] = [];
    const { failed, box } = outbox((turnId) =>
      turnId === "a" ? Promise.reject(new Error("no")) : Promise.resolve(sent.push(turnId)),
    );
    box.put("a", "greet");
    box.put("b", "greet");
    await box.flush();
    expect(failed).toHaveBeenCalledWith("a", expect.any(Error));
    expect(sent).toEqual(["b"]);
  });
});
