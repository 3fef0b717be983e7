import { describe, expect, it } from "vitest";
import { LONGEST_DELAY_MS, PING_EVERY_MS, PONG_WITHIN_MS, backoff } from "../../src/shared/connection.js";
import { SESSION_TTL_MS } from "../../src/shared/memory.js";
import { GIVE_UP_MS } from "../../src/shared/outbox.js";
import { ChatSession, FOLLOW_AFTER_MS, socketUrl } from "../../src/shared/session.js";
import type { ChatEvent } from "../../src/shared/state.js";
import { FakeBrowser, botSaid, confirm, customerSaid } from "../fakes.js";

function open(browser = new FakeBrowser()): {
  browser: FakeBrowser;
  session: ChatSession;
  events: ChatEvent[];
} {
  const events: ChatEvent[] = [];
  const session = new ChatSession({
    server: "https://shop.example/",
    language: "en",
    ports: browser.ports,
    changed: (_, event) => events.push(event),
  });
  return { browser, session, events };
}

function connected(browser = new FakeBrowser()): ReturnType<typeof open> {
  const opened = open(browser);
  opened.session.start();
  browser.socket.accept();
  browser.socket.receive(confirm());
  return opened;
}

const acknowledged = (id: string) => ({ type: "status", state: "acknowledged", message_id: id }) as const;

describe("the address", () => {
  it.each([
    ["https://shop.example", "wss://shop.example/ws"],
    ["http://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"],
    ["https://shop.example/chat", "wss://shop.example/chat/ws"],
  ])("of %s is %s", (server, url) => {
    expect(socketUrl(server)).toBe(url);
  });
});

describe("saying hello", () => {
  it("sends who the visitor is, and no session the first time", () => {
    const { browser } = connected();
    expect(browser.socket.sent).toEqual([{ type: "session_request", visitor_id: "id-1", language: "en" }]);
  });

  it("resumes after a page load with the whole history, as the same visitor", () => {
    const first = connected();
    first.session.say("Hi");
    first.browser.socket.receive(acknowledged("id-2"));
    const second = open(new FakeBrowser(first.browser.shared));
    expect(second.session.resumable).toBe(true);
    second.session.start();
    second.browser.socket.accept();
    expect(second.browser.socket.sent[0]).toEqual({
      type: "session_request",
      session_id: "secret",
      visitor_id: "id-1",
      language: "en",
    });
  });

  it("leaves no trace of a chat in which nothing was said", () => {
    const { browser } = connected();
    expect(open(new FakeBrowser(browser.shared)).session.resumable).toBe(false);
  });

  it("forgets a session that expired", () => {
    const { browser, session } = connected();
    session.say("Hi");
    browser.pass(SESSION_TTL_MS + 1);
    expect(session.resumable).toBe(false);
  });
});

describe("losing the line", () => {
  it("comes back by itself, resumes from the last offset and resends what was not acknowledged", () => {
    const { browser, session } = connected();
    browser.socket.receive(botSaid(1, "b1", "Hello"));
    session.say("first");
    session.say("second");
    browser.socket.receive(acknowledged("id-2"));
    browser.socket.cut();
    expect(session.state.link).toBe("offline");
    session.say("third");
    browser.pass(1_000);
    browser.socket.accept();
    expect(browser.socket.sent[0]).toMatchObject({ session_id: "secret", resume_from: 1 });
    browser.socket.receive(confirm({ offset: 2 }), customerSaid(2, "id-2", "first"));
    expect(browser.socket.of("user_uttered").map((frame) => [frame.message_id, frame.text])).toEqual([
      ["id-3", "second"],
      ["id-4", "third"],
    ]);
    expect(session.state.messages.map((item) => item.text)).toEqual(["Hello", "first", "second", "third"]);
  });

  it("waits longer after each failure, up to a ceiling, and at once after waking", () => {
    expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(30, 1)).toBe(LONGEST_DELAY_MS);
    expect(backoff(3, 0)).toBe(2000);
    const { browser } = connected();
    for (let i = 0; i < 5; i += 1) {
      browser.socket.cut();
      browser.pass(LONGEST_DELAY_MS);
    }
    const before = browser.sockets.length;
    browser.socket.cut();
    browser.wake();
    expect(browser.sockets).toHaveLength(before + 1);
  });

  it("notices a line that is silently dead", () => {
    const { browser, session } = connected();
    browser.pass(PING_EVERY_MS);
    expect(browser.socket.of("ping")).toHaveLength(1);
    browser.socket.receive({ type: "pong" });
    browser.pass(PING_EVERY_MS);
    expect(session.state.link).toBe("online");
    browser.pass(PONG_WITHIN_MS);
    expect(session.state.link).toBe("offline");
    expect(browser.sockets[0]?.closed).toBe(true);
  });

  it("keeps votes and wishes until the line is back", () => {
    const { browser, session } = connected();
    browser.socket.cut();
    session.vote("b1", -1, "wrong");
    session.askPerson();
    browser.pass(1_000);
    browser.socket.accept();
    browser.socket.receive(confirm());
    expect(browser.socket.sent.slice(1)).toEqual([
      { type: "feedback", message_id: "b1", value: -1, reason: "wrong" },
      { type: "handoff_request" },
    ]);
  });
});

describe("a message without an answer from the server", () => {
  const states = (session: ChatSession): string[] =>
    session.state.messages.map((item) => `${item.text}: ${item.state}`);
  const comeBack = (browser: FakeBrowser): void => {
    browser.wake();
    browser.socket.accept();
    browser.socket.receive(confirm());
  };

  it("waits for the server to come back, and no later one overtakes it", () => {
    const { browser, session } = connected();
    browser.socket.cut();
    session.say("first");
    browser.pass(GIVE_UP_MS - 1);
    session.say("second");
    browser.pass(GIVE_UP_MS / 2);
    expect(states(session)).toEqual(["first: sending", "second: sending"]);
    comeBack(browser);
    expect(browser.socket.of("user_uttered").map((frame) => [frame.message_id, frame.text])).toEqual([
      ["id-2", "first"],
      ["id-3", "second"],
    ]);
    browser.socket.receive(acknowledged("id-2"), acknowledged("id-3"));
    browser.pass(GIVE_UP_MS);
    expect(states(session)).toEqual(["first: final", "second: final"]);
  });

  it("is given up with those behind it, and retried under the same id", () => {
    const { browser, session } = connected();
    browser.socket.cut();
    session.say("first");
    browser.pass(GIVE_UP_MS / 2);
    session.say("second");
    browser.pass(GIVE_UP_MS - 1);
    expect(states(session)).toEqual(["first: sending", "second: sending"]);
    browser.pass(1);
    expect(states(session)).toEqual(["first: failed", "second: failed"]);
    comeBack(browser);
    expect(browser.socket.of("user_uttered")).toEqual([]);
    session.retry("id-2");
    session.retry("id-3");
    expect(states(session)).toEqual(["first: sending", "second: sending"]);
    expect(browser.socket.of("user_uttered").map((frame) => frame.message_id)).toEqual(["id-2", "id-3"]);
  });

  it("does not wait out the delay of the next attempt when something is said", () => {
    const { browser, session } = connected();
    browser.socket.cut();
    session.say("Hi");
    expect(browser.sockets).toHaveLength(2);
  });

  it("is retried as the button it was", () => {
    const { browser, session } = connected();
    session.press({ title: "Costs", payload: "/costs" }, "b1");
    browser.socket.receive({
      type: "error",
      code: "rate_limited",
      message: "",
      retryable: true,
      reply_to: "id-2",
    });
    session.retry("id-2");
    expect(browser.socket.of("quick_reply")).toHaveLength(2);
  });

  it("survives a page load of its tab", () => {
    const { browser, session } = connected();
    session.say("Hi");
    const again = new FakeBrowser(browser.shared);
    again.tab.setItem(
      "chat:outbox:https://shop.example/",
      browser.tab.getItem("chat:outbox:https://shop.example/") ?? "",
    );
    const second = connected(again);
    expect(again.socket.of("user_uttered").map((frame) => frame.message_id)).toEqual(["id-2"]);
    expect(second.session.state.messages.map((item) => item.text)).toEqual(["Hi"]);
  });
});

describe("a new conversation", () => {
  it("is begun by the server on an open line without sending the message twice", () => {
    const { browser, session } = connected();
    session.say("Hi again");
    browser.socket.receive(confirm({ session_id: "s2", conversation_id: "c2" }), acknowledged("id-2"));
    expect(browser.socket.of("user_uttered")).toHaveLength(1);
    expect(session.state.messages.map((item) => item.state)).toEqual(["final"]);
    expect(session.memory.session()?.sessionId).toBe("s2");
  });

  it("is begun by the customer without the old secret", () => {
    const { browser, session } = connected();
    session.say("Hi");
    browser.socket.receive(acknowledged("id-2"), botSaid(2, "b1", "Hello", "id-2"));
    session.restart();
    browser.socket.accept();
    expect(browser.socket.sent[0]).toEqual({ type: "session_request", visitor_id: "id-1", language: "en" });
    expect(session.state.messages).toEqual([]);
  });
});

describe("two tabs", () => {
  it("share the conversation of the tab that speaks first", () => {
    const here = connected();
    const there = open(new FakeBrowser(here.browser.shared));
    there.session.start();
    there.browser.socket.accept();
    there.browser.socket.receive(confirm({ session_id: "other", conversation_id: "c2" }));
    here.session.say("Hi");
    there.browser.anotherTabWrote(there.session.memory.sessionKey);
    there.browser.pass(FOLLOW_AFTER_MS);
    there.browser.socket.accept();
    expect(there.browser.socket.sent[0]).toMatchObject({ session_id: "secret" });
  });

  it("do not chase each other while nothing has been said", () => {
    const here = connected();
    const there = open(new FakeBrowser(here.browser.shared));
    there.session.start();
    there.browser.socket.accept();
    there.browser.socket.receive(confirm({ session_id: "other", conversation_id: "c2" }));
    here.browser.anotherTabWrote(here.session.memory.sessionKey);
    here.browser.pass(FOLLOW_AFTER_MS);
    expect(here.browser.sockets).toHaveLength(1);
  });

  it("carry a first message into the conversation that another tab has begun meanwhile", () => {
    const here = connected();
    here.session.say("Hi");
    const there = new FakeBrowser();
    const late = open(there);
    late.session.start();
    there.socket.accept();
    there.socket.receive(confirm({ session_id: "other", conversation_id: "c2" }));
    there.shared.setItem(
      late.session.memory.sessionKey,
      here.browser.shared.getItem(here.session.memory.sessionKey) ?? "",
    );
    late.session.say("Me too");
    there.socket.accept();
    expect(there.socket.sent[0]).toMatchObject({ session_id: "secret" });
    there.socket.receive(confirm({ offset: 1 }), customerSaid(1, "id-2x", "Hi"));
    expect(there.socket.of("user_uttered").map((frame) => frame.text)).toEqual(["Me too"]);
    expect(late.session.state.messages.map((item) => item.text)).toEqual(["Hi", "Me too"]);
  });
});

describe("a customer the shop vouches for", () => {
  it("is named in the next hello", () => {
    const { browser, session } = connected();
    session.setCustomer({ id: "anna", hmac: "ab" });
    browser.socket.accept();
    expect(browser.socket.sent[0]).toMatchObject({ customer: { id: "anna", hmac: "ab" } });
  });

  it("never sees the conversation of the customer before", () => {
    const { browser, session } = connected();
    session.setCustomer({ id: "anna", hmac: "ab" });
    browser.socket.accept();
    browser.socket.receive(confirm());
    session.say("My order");
    session.setCustomer({ id: "ben", hmac: "cd" });
    browser.socket.accept();
    expect(browser.socket.sent[0]).not.toHaveProperty("session_id");
    expect(session.state.messages).toEqual([]);
  });

  it("becomes anonymous when the signature is refused", () => {
    const { browser, session } = connected();
    session.setCustomer({ id: "anna", hmac: "wrong" });
    browser.socket.accept();
    browser.socket.receive({ type: "error", code: "bad_identity", message: "", retryable: false });
    browser.socket.accept();
    expect(browser.socket.sent[0]).not.toHaveProperty("customer");
  });
});

describe("typing", () => {
  it("is told at most every three seconds", () => {
    const { browser, session } = connected();
    session.typing();
    session.typing();
    browser.pass(3_000);
    session.typing();
    expect(browser.socket.of("typing")).toHaveLength(2);
  });
});
