import { beforeEach, describe, expect, it, vi } from "vitest";
import { Desk } from "../../src/console/desk.js";
import type { Notice } from "../../src/console/pages/page.js";
import { AT, FakeBrowser, botSaid, customerSaid } from "../fakes.js";

const ME = { name: "Mira", role: "admin", on_duty: false, rights: [] };
const LISTED = {
  conversation_id: "c1",
  owner: "bot",
  operator: null,
  source: "live",
  arm: "a",
  started_at: AT,
  updated_at: AT,
  last_text: "Hi",
  last_asked: "Hi there",
  language: "en",
  messages: 1,
  resolved: null,
};
const DETAIL = {
  ...LISTED,
  slots: {},
  customer_id: null,
  close_reason: null,
  signals: [],
  turns: [],
  events: [],
};
const MINE = { ...DETAIL, owner: "operator", operator: "Mira", events: [customerSaid(1, "m1", "Hello?")] };
const EMPTY = { conversations: [], next: null };

let browser: FakeBrowser;
let answers: Record<string, [number, unknown]>;
let asked: string[];
let sent: unknown[];
let refused: number;
let notices: Notice[];
let announced: string[];
let saved: string[];
let desk: Desk;

/** Until every answered request has been worked off. */
async function settled(): Promise<void> {
  for (let i = 0; i < 60; i += 1) await Promise.resolve();
}

const hear = (frame: object): void => {
  browser.socket.onmessage?.({ data: JSON.stringify(frame) });
};
const event = (of: object, id = "c1"): object => ({ type: "event", conversation_id: id, event: of });
const queued = { type: "owner_changed", offset: 2, at: AT, owner: "queue" };

async function later(ms = 1000): Promise<void> {
  browser.pass(ms);
  await settled();
}

beforeEach(async () => {
  browser = new FakeBrowser();
  asked = [];
  sent = [];
  refused = 0;
  notices = [];
  announced = [];
  saved = [];
  answers = {
    "GET /api/me": [200, ME],
    "GET /api/duty": [200, { on_duty: ["Ben"], waiting: 0, longest_wait_s: null }],
    "GET /api/routing": [
      200,
      { version: 1, backends: { rag: { enabled: true } }, arms: [{ arm: "a" }], error_budget: 0.02 },
    ],
    "GET /api/intents": [404, { code: "not_found", message: "Not found." }],
    "GET /api/conversations": [200, { conversations: [LISTED], next: null }],
    "GET /api/conversations?owner=operator&limit=200": [200, EMPTY],
    "GET /api/conversations/c1": [200, DETAIL],
  };
  vi.spyOn(globalThis, "fetch").mockImplementation((url, request) => {
    const { pathname, search } = url as URL;
    const call = `${request?.method} ${pathname}`;
    asked.push(call + search);
    if (request?.body) sent.push(JSON.parse(request.body as string));
    const [status, body] = answers[call + search] ??
      answers[call] ?? [404, { code: "not_found", message: "no such thing" }];
    return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
  });
  desk = new Desk({
    server: "https://shop.example/",
    token: "secret",
    operator: "Mira",
    ports: browser.ports,
    changed: () => undefined,
    refused: () => (refused += 1),
    notice: (notice) => notices.push(notice),
    announce: (text) => announced.push(text),
    save: (name, text) => saved.push(`${name}: ${text}`),
  });
  await desk.open();
  browser.socket.accept();
  await desk.show("c1");
  hear({ type: "ready" });
  await settled();
  asked.length = 0;
});

describe("the desk", () => {
  it("sends the token as the first frame and knows who is signed in", () => {
    expect(browser.socket.url).toBe("wss://shop.example/ws/operator");
    expect(browser.socket.sent[0]).toEqual({ type: "auth", token: "secret", operator: "Mira" });
    expect([desk.isLive, desk.me.role, desk.choices.arms, desk.choices.backends]).toEqual([
      true,
      "admin",
      ["a"],
      ["rag"],
    ]);
  });

  it("shows an event at once and fetches its turn once the burst is over", async () => {
    hear(event(botSaid(1, "b1", "Hello")));
    hear(event(queued));
    expect(desk.talk.detail?.events).toHaveLength(2);
    expect(desk.list.rows[0]).toMatchObject({ owner: "queue", last_text: "Hello" });
    expect(asked).toEqual([]);
    await later();
    expect(asked.filter((call) => call === "GET /api/conversations/c1")).toHaveLength(1);
  });

  it("reads out that a customer waits, and counts who does", async () => {
    answers["GET /api/duty"] = [200, { on_duty: [], waiting: 3, longest_wait_s: 60 }];
    answers["GET /api/conversations/c8"] = [200, { ...MINE, conversation_id: "c8" }];
    hear(event(queued));
    hear(event(queued, "c8"));
    await later();
    expect(announced).toEqual([
      "A customer waits for a person: Hi there",
      "A customer waits for a person: Hello?",
    ]);
    expect([desk.figures.waiting, desk.figures.longestSince]).toEqual([3, browser.ports.now() - 60_000]);
  });

  it("counts the queue itself where the server knows no duty", async () => {
    answers["GET /api/duty"] = [404, { code: "not_found", message: "Not found." }];
    answers["GET /api/conversations?owner=queue&limit=200"] = [200, { conversations: [LISTED], next: null }];
    await desk.figures.refresh();
    expect([desk.figures.onDuty, desk.figures.waiting]).toEqual([null, 1]);
  });

  it("tells pages of what they asked to hear", () => {
    const heard: string[] = [];
    const cancel = desk.live.on(["routing", "model"], (topic, id) => heard.push(`${topic} ${id}`));
    hear({ type: "routing_changed", version: 4 });
    hear({ type: "changed", topic: "model", id: "b1" });
    hear({ type: "changed", topic: "article", id: "a1" });
    cancel();
    hear({ type: "routing_changed", version: 5 });
    expect(heard).toEqual(["routing 4", "model b1"]);
  });

  it("puts duty back when the server refuses it", async () => {
    answers["PUT /api/me/duty"] = [503, { code: "storage", message: "The disk is full." }];
    await desk.setDuty(true);
    expect([desk.me.on_duty, notices.at(-1)?.text]).toEqual([false, "The disk is full."]);
  });

  it("leaves when the token is not taken any more", async () => {
    answers["GET /api/conversations"] = [401, { message: "no" }];
    await desk.list.choose("all");
    expect(refused).toBe(1);
  });
});

describe("the list", () => {
  it("asks the server for what the view, the filter and the search want", async () => {
    await desk.list.choose("bot");
    await desk.list.narrow({ arm: "a", backend: "", intent: "", source: "live" });
    desk.list.find("tent ");
    await later();
    expect(asked.at(-1)).toBe("GET /api/conversations?owner=bot&arm=a&source=live&q=tent");
    expect(desk.list.search).toBe("tent ");
  });

  it("always holds who waits, however long ago something was said", async () => {
    const waits = { ...LISTED, conversation_id: "c9", owner: "queue", waiting_s: 3600 };
    answers["GET /api/conversations?owner=queue&limit=200"] = [200, { conversations: [waits], next: null }];
    await desk.list.refresh();
    expect(desk.list.rows.map((row) => row.conversation_id)).toEqual(["c9", "c1"]);
  });

  it("does not ask for each event of a busy shop", async () => {
    await desk.list.choose("queue");
    asked.length = 0;
    for (let i = 0; i < 50; i += 1) hear(event(botSaid(i, `b${i}`, "x"), "c7"));
    await later();
    expect(asked).toEqual([]);
    await desk.list.choose("open");
    asked.length = 0;
    for (let i = 0; i < 50; i += 1) hear(event(botSaid(i, `b${i}`, "x"), "c7"));
    await later();
    expect(asked.filter((call) => call.startsWith("GET /api/conversations?owner=bot"))).toHaveLength(1);
  });
});

describe("the open conversation", () => {
  beforeEach(async () => {
    answers["GET /api/conversations/c1"] = [200, MINE];
    answers["GET /api/conversations/c1/suggestions"] = [
      200,
      { suggestions: [{ backend: "rag", text: "Try this" }] },
    ];
    await desk.talk.refresh();
    await settled();
    asked.length = 0;
  });

  it("gets suggestions once for each message of its own customer", async () => {
    expect(desk.talk.suggestions?.map((one) => one.text)).toEqual(["Try this"]);
    await desk.talk.refresh();
    await settled();
    expect(asked).toEqual(["GET /api/conversations/c1"]);
  });

  it("loses no word when a reply is refused", async () => {
    answers["POST /api/conversations/c1/reply"] = [
      409,
      { code: "closed", message: "This conversation is closed." },
    ];
    await desk.talk.reply("A long answer");
    expect([desk.talk.draft, desk.talk.sending, notices.at(-1)?.text]).toEqual([
      "A long answer",
      "",
      "This conversation is closed.",
    ]);
  });

  it("says who was faster", async () => {
    answers["POST /api/conversations/c1/take-over"] = [409, { code: "taken", message: 'send "over": "Ben"' }];
    answers["GET /api/conversations/c1"] = [200, { ...MINE, operator: "Ben" }];
    await desk.talk.act("take-over");
    expect([notices.at(-1)?.text, desk.talk.detail?.operator]).toEqual([
      "Ben was faster and has this conversation.",
      "Ben",
    ]);
  });

  it("keeps what was begun in each conversation", async () => {
    desk.talk.keep("half a sen");
    await desk.show("c2");
    expect(desk.talk.draft).toBe("");
    await desk.show("c1");
    expect(desk.talk.draft).toBe("half a sen");
  });

  it("does not lose an event to an answer that was on its way before", async () => {
    hear(event(botSaid(2, "b1", "Late")));
    await desk.talk.refresh();
    expect(desk.talk.detail?.events.map((one) => one.offset)).toEqual([1, 2]);
  });

  it("says when there is no such conversation", async () => {
    await desk.show("nope");
    expect([desk.talk.isMissing, notices]).toEqual([true, []]);
  });

  it("sends a correction, and a label where the server takes no more", async () => {
    answers["POST /api/turns/t1/correction"] = [200, { label_id: "l1", proposal_ids: ["p1"] }];
    await desk.talk.correct("t1", { intent: "refund", reply: "Better" });
    expect(notices.at(-1)?.text).toContain("waits for an admin");
    answers["POST /api/turns/t1/correction"] = [405, { code: "method_not_allowed", message: "no" }];
    answers["POST /api/turns/t1/label"] = [200, {}];
    await desk.talk.correct("t1", { intent: "refund", note: "sure" });
    expect(sent.at(-1)).toEqual({ intent: "refund", note: "sure" });
  });

  it("tells the form what became of a correction", async () => {
    answers["POST /api/turns/t1/correction"] = [422, { code: "invalid", message: "personal data" }];
    const refused = desk.talk.correct("t1", { intent: "refund", reply: "Call 0171 1234567." });
    expect(desk.talk.correcting?.stage).toBe("sending");
    await refused;
    expect(desk.talk.correcting).toEqual({ turnId: "t1", stage: "refused", problem: "personal data" });
    expect(notices.at(-1)?.tone).toBe("bad");
    answers["POST /api/turns/t1/correction"] = [200, { label_id: "l1", proposal_ids: [] }];
    await desk.talk.correct("t1", { intent: "refund" });
    expect(desk.talk.correcting?.stage).toBe("saved");
  });

  it("forgets a customer and keeps the certificate", async () => {
    answers["POST /api/customers/erase"] = [200, { erasure_id: "e1", conversations: 2, turns: 5, labels: 1 }];
    const erased = desk.talk.erase();
    answers["GET /api/conversations/c1"] = [404, { code: "not_found", message: "Not found." }];
    hear({ type: "changed", topic: "customer", id: null });
    await later();
    await erased;
    expect(sent.at(-1)).toEqual({ conversation_id: "c1" });
    expect(notices.at(-1)?.text).toContain("2 conversations, 5 turns, 1 label.");
    expect([saved[0]?.slice(0, 16), desk.talk.isMissing]).toEqual(["erasure-e1.json:", true]);
  });

  it("writes a transcript itself where the server makes none", async () => {
    await desk.talk.download("text");
    answers["GET /api/conversations/c1/transcript"] = [200, "made by the server"];
    await desk.talk.download("text");
    expect(saved).toEqual([`c1.txt: [${AT}] Customer: Hello?\n`, "c1.txt: made by the server"]);
  });

  it("hands back without a summary where none can be made", async () => {
    await desk.talk.summarise();
    expect(desk.talk.summary).toBe("");
  });

  it("marks news in own conversations that are not on screen", async () => {
    answers["GET /api/conversations?owner=operator&limit=200"] = [
      200,
      { conversations: [{ ...LISTED, owner: "operator", operator: "Mira" }], next: null },
    ];
    await desk.figures.refresh();
    hear(event(customerSaid(5, "m5", "Still there?")));
    expect(desk.figures.unread.size).toBe(0);
    await desk.show("");
    hear(event(customerSaid(6, "m6", "Hello?")));
    expect([...desk.figures.unread]).toEqual(["c1"]);
    await desk.show("c1");
    expect(desk.figures.unread.size).toBe(0);
  });
});
