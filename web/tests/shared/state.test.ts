import { describe, expect, it } from "vitest";
import {
  INITIAL,
  openQuickReplies,
  reduce,
  solvable,
  unreadCount,
  type ChatEvent,
  type ChatState,
} from "../../src/shared/state.js";
import { AT, botSaid, confirm, customerSaid } from "../fakes.js";

const after = (...events: ChatEvent[]): ChatState => events.reduce(reduce, INITIAL);
const texts = (state: ChatState): string[] =>
  state.messages.map((item) => `${item.role}:${item.state}:${item.text}`);

const asked: ChatEvent = { type: "local_said", message_id: "m1", text: "Where is it?", at: AT };
const started: ChatEvent = { type: "bot_started", message_id: "b1", reply_to: "m1", backend: "rag" };

describe("a streamed answer", () => {
  it("grows token by token and is replaced by the final text", () => {
    const streaming = after(
      confirm(),
      asked,
      started,
      { type: "bot_token", message_id: "b1", text: "On " },
      { type: "bot_token", message_id: "b1", text: "its" },
    );
    expect(texts(streaming)).toEqual(["customer:final:Where is it?", "bot:streaming:On its"]);
    expect(texts(reduce(streaming, botSaid(2, "b1", "On its way.", "m1")))).toEqual([
      "customer:final:Where is it?",
      "bot:final:On its way.",
    ]);
  });

  it("disappears when it is cancelled", () => {
    const state = after(confirm(), asked, started, {
      type: "bot_cancelled",
      message_id: "b1",
      reply_to: "m1",
      reason: "taken_over",
    });
    expect(texts(state)).toEqual(["customer:final:Where is it?"]);
  });

  it("is not revived by a token that comes after the final text", () => {
    const state = after(confirm(), asked, started, botSaid(2, "b1", "Done.", "m1"), {
      type: "bot_token",
      message_id: "b1",
      text: "late",
    });
    expect(texts(state).at(-1)).toBe("bot:final:Done.");
  });

  it("ignores tokens of a message whose start was missed", () => {
    expect(after(confirm(), { type: "bot_token", message_id: "b9", text: "x" }).messages).toEqual([]);
  });

  it("is dropped when the line comes back, since the final text is replayed", () => {
    const state = after(
      confirm(),
      asked,
      started,
      { type: "bot_token", message_id: "b1", text: "On" },
      { type: "local_link", link: "offline" },
    );
    expect(texts(state)).toHaveLength(2);
    expect(texts(reduce(state, confirm()))).toEqual(["customer:final:Where is it?"]);
  });
});

describe("replay", () => {
  it("shows each message once, however often it is replayed", () => {
    const replay = [customerSaid(1, "m1", "Hi"), botSaid(2, "b1", "Hello", "m1")];
    const state = after(confirm({ offset: 2 }), ...replay, ...replay);
    expect(texts(state)).toEqual(["customer:final:Hi", "bot:final:Hello"]);
    expect(state.offset).toBe(2);
  });

  it("puts missed messages before one's own unsent message", () => {
    const state = after(
      confirm(),
      botSaid(1, "b0", "Hello"),
      { type: "local_link", link: "offline" },
      asked,
      confirm({ offset: 2 }),
      botSaid(2, "b1", "Missed"),
    );
    expect(texts(state)).toEqual(["bot:final:Hello", "bot:final:Missed", "customer:sending:Where is it?"]);
  });

  it("does not let an old change of owner undo a newer one", () => {
    const taken: ChatEvent = { type: "owner_changed", offset: 4, at: AT, owner: "operator" };
    const stale: ChatEvent = { type: "owner_changed", offset: 3, at: AT, owner: "queue" };
    expect(after(confirm(), taken, stale).owner).toBe("operator");
  });

  it("knows the place in line only while it waits for a person", () => {
    const queue: ChatEvent = { type: "queue", position: 2, waiting: 2, estimate_s: null, on_duty: true };
    const waits: ChatEvent = { type: "owner_changed", offset: 1, at: AT, owner: "queue" };
    const taken: ChatEvent = { type: "owner_changed", offset: 2, at: AT, owner: "operator" };
    expect(after(confirm(), queue).queue).toBeNull();
    expect(after(confirm(), waits, queue).queue?.position).toBe(2);
    expect(after(confirm(), waits, queue, taken).queue).toBeNull();
    expect(after(confirm(), waits, queue, confirm({ offset: 1, owner: "queue" })).queue).toBeNull();
  });
});

describe("a message of the customer", () => {
  it("is being sent, then final once acknowledged", () => {
    const sending = after(confirm(), asked);
    expect(sending.messages[0]?.state).toBe("sending");
    expect(
      reduce(sending, { type: "status", state: "acknowledged", message_id: "m1" }).messages[0]?.state,
    ).toBe("final");
  });

  it("fails with the server's reason, and says whether a retry makes sense", () => {
    const state = after(confirm(), asked, {
      type: "error",
      code: "too_long",
      message: "",
      retryable: false,
      reply_to: "m1",
    });
    expect(state.messages[0]).toMatchObject({
      state: "failed",
      failure: { code: "too_long", retryable: false },
    });
    expect(state.notice).toBeNull();
  });

  it("moves to the end when it is sent again", () => {
    const state = after(
      confirm(),
      asked,
      { type: "local_unsent", message_id: "m1" },
      botSaid(1, "b0", "Hello"),
      asked,
    );
    expect(texts(state)).toEqual(["bot:final:Hello", "customer:sending:Where is it?"]);
  });

  it("is settled late if its answer arrives after all", () => {
    const state = after(
      confirm(),
      asked,
      { type: "local_unsent", message_id: "m1" },
      botSaid(2, "b1", "Here.", "m1"),
    );
    expect(texts(state)[0]).toBe("customer:final:Where is it?");
  });
});

describe("a conversation", () => {
  it("knows the name of the person who answers", () => {
    const state = after(
      confirm(),
      { type: "owner_changed", offset: 1, at: AT, owner: "operator" },
      { type: "operator_uttered", offset: 2, at: AT, message_id: "o1", text: "Hi", operator: "Mira" },
    );
    expect([state.owner, state.operator]).toEqual(["operator", "Mira"]);
  });

  it("begins anew under another id, keeping only what is on its way", () => {
    const state = after(
      confirm(),
      botSaid(1, "b1", "Old"),
      asked,
      confirm({ conversation_id: "c2", session_id: "s2" }),
    );
    expect(texts(state)).toEqual(["customer:sending:Where is it?"]);
    expect(state.offset).toBe(0);
  });

  it("is over once closed", () => {
    expect(
      after(confirm(), { type: "conversation_closed", offset: 1, at: AT, reason: "operator" }).owner,
    ).toBe("closed");
  });

  it("counts what the customer has not seen", () => {
    const state = after(
      confirm({ offset: 3 }),
      customerSaid(1, "m1", "Hi"),
      botSaid(2, "b1", "A", "m1"),
      botSaid(3, "b2", "B", "m1"),
    );
    expect(unreadCount(state)).toBe(2);
    expect(unreadCount(reduce(state, { type: "local_seen", offset: 2 }))).toBe(1);
  });

  it("keeps an error that belongs to no message as a notice until the next answer", () => {
    const state = after(confirm(), { type: "error", code: "rate_limited", message: "", retryable: true });
    expect(state.notice).toBe("rate_limited");
    expect(reduce(state, botSaid(1, "b1", "Hi")).notice).toBeNull();
  });
});

describe("what may be offered next", () => {
  const reply = { title: "Yes", payload: "yes" };

  it("are the quick replies of the last message only", () => {
    const state = after(confirm(), { ...botSaid(1, "b1", "Sure?", "m0"), quick_replies: [reply] });
    expect(openQuickReplies(state)?.id).toBe("b1");
    expect(openQuickReplies(reduce(state, asked))).toBeNull();
  });

  it("is the question whether an answer solved it", () => {
    expect(solvable(after(confirm(), asked, botSaid(1, "b1", "It arrives tomorrow.", "m1")))?.id).toBe("b1");
  });

  it.each([
    ["the bot asks something itself", botSaid(1, "b1", "Which order?", "m1")],
    ["there are quick replies", { ...botSaid(1, "b1", "Well.", "m1"), quick_replies: [reply] }],
    ["it answers nothing", botSaid(1, "b1", "Welcome.")],
  ])("is not that question when %s", (_, frame) => {
    expect(solvable(after(confirm(), asked, frame))).toBeNull();
  });

  it("is not that question twice, nor while a person is asked", () => {
    const state = after(confirm(), asked, botSaid(1, "b1", "Tomorrow.", "m1"));
    expect(solvable(reduce(state, { type: "local_asked", message_id: "b1" }))).toBeNull();
    expect(solvable(reduce(state, { type: "owner_changed", offset: 2, at: AT, owner: "queue" }))).toBeNull();
  });
});
