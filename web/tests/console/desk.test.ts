import { beforeEach, describe, expect, it, vi } from "vitest";
import { Desk } from "../../src/console/desk.js";
import type { Routing } from "../../src/console/types.js";
import { AT, FakeBrowser, botSaid } from "../fakes.js";

const ROUTING: Routing = { version: 3, backends: {}, arms: [], error_budget: 0.02 };
const LISTED = {
  conversation_id: "c1",
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

let browser: FakeBrowser;
let answers: Record<string, [number, unknown]>;
let asked: string[];
let refused: number;
let editing: boolean;
let desk: Desk;

/** Until every answered request has been worked off. */
async function settled(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

const hear = (frame: object): void => {
  browser.socket.onmessage?.({ data: JSON.stringify(frame) });
};

beforeEach(async () => {
  browser = new FakeBrowser();
  asked = [];
  refused = 0;
  editing = false;
  answers = {
    "GET /api/routing": [200, ROUTING],
    "GET /api/backends": [200, { backends: [] }],
    "GET /api/conversations": [200, { conversations: [LISTED], next: null }],
    "GET /api/conversations/c1": [200, DETAIL],
  };
  vi.spyOn(globalThis, "fetch").mockImplementation((url, request) => {
    const { pathname, search } = url as URL;
    asked.push(`${request?.method} ${pathname}${search}`);
    const [status, body] = answers[`${request?.method} ${pathname}`] ?? [404, { message: "no such thing" }];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  desk = new Desk({
    server: "https://shop.example/",
    token: "secret",
    operator: "Mira",
    ports: browser.ports,
    changed: () => undefined,
    refused: () => (refused += 1),
    isEditing: () => editing,
  });
  await desk.open();
  browser.socket.accept();
  await desk.show({ page: "conversations", id: "c1" });
  asked.length = 0;
});

describe("the desk", () => {
  it("sends the token as the first frame and fetches once events flow", async () => {
    expect(browser.socket.url).toBe("wss://shop.example/ws/operator");
    expect(browser.socket.sent[0]).toEqual({ type: "auth", token: "secret" });
    hear({ type: "ready" });
    await settled();
    expect(desk.live).toBe(true);
    expect(asked).toEqual(["GET /api/conversations", "GET /api/conversations/c1"]);
  });

  it("shows an event at once and fetches its turn once the burst is over", async () => {
    hear({ type: "event", conversation_id: "c1", event: botSaid(1, "b1", "Hello") });
    hear({
      type: "event",
      conversation_id: "c1",
      event: { type: "owner_changed", offset: 2, at: AT, owner: "queue" },
    });
    expect(desk.detail?.events).toHaveLength(2);
    expect(desk.list[0]).toMatchObject({ owner: "queue", last_text: "Hello" });
    expect(asked).toEqual([]);
    browser.pass(300);
    await settled();
    expect(asked).toEqual(["GET /api/conversations", "GET /api/conversations/c1"]);
  });

  it("asks the server for what the filter and the search want", async () => {
    await desk.choose("open");
    desk.find("tent");
    browser.pass(300);
    await settled();
    expect(asked.filter((call) => call.includes("?"))).toEqual([
      "GET /api/conversations?owner=bot%2Cqueue%2Coperator",
      "GET /api/conversations?owner=bot%2Cqueue%2Coperator&q=tent",
    ]);
  });

  it("says that the routing was changed meanwhile, and loads it", async () => {
    answers["PUT /api/routing"] = [409, { message: "conflict" }];
    answers["GET /api/routing"] = [200, { ...ROUTING, version: 5 }];
    await desk.saveRouting({ backends: {}, arms: [], error_budget: 0.1 }, "because");
    expect(desk.problem).toContain("Changed meanwhile");
    expect(desk.routing?.version).toBe(5);
  });

  it("does not take a routing away from an operator who is editing it", async () => {
    editing = true;
    hear({ type: "routing_changed", version: 4 });
    await settled();
    expect(asked).toEqual([]);
    expect(desk.problem).toContain("version 4");
  });

  it("shows the models even where there is nothing to report", async () => {
    answers["GET /api/models"] = [200, { bundles: [], current: null }];
    await desk.show({ page: "results", id: "" });
    expect([desk.report, desk.models?.current, desk.problem]).toEqual([null, null, ""]);
  });

  it("leaves when the token is not taken any more", async () => {
    answers["GET /api/conversations"] = [401, { message: "no" }];
    await desk.choose("all");
    expect(refused).toBe(1);
  });

  it("passes on what the server says about a refusal", async () => {
    answers["POST /api/conversations/c1/take-over"] = [
      409,
      { code: "closed", message: "This conversation is closed." },
    ];
    await desk.act("take-over");
    expect(desk.problem).toBe("This conversation is closed.");
  });
});
