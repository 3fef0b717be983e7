// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import "../../src/widget/index.js";
import { ChatWidget, SOLVED_AFTER_MS } from "../../src/widget/widget.js";
import { GIVE_UP_MS } from "../../src/shared/outbox.js";
import { AT, FakeBrowser, botSaid, confirm, customerSaid } from "../fakes.js";

let browser: FakeBrowser;
let widget: ChatWidget;
let told: [string, unknown][];

/** Everything below a node, through open shadow roots. */
function* below(node: ParentNode): Generator<Element> {
  for (const element of node.querySelectorAll("*")) {
    yield element;
    if (element.shadowRoot) yield* below(element.shadowRoot);
  }
}

const all = (testid: string): HTMLElement[] =>
  [...below(widget.shadowRoot!)].filter(
    (element) => element.getAttribute("data-testid") === testid,
  ) as HTMLElement[];

function one(testid: string): HTMLElement {
  const found = all(testid);
  if (found.length !== 1) throw new Error(`expected one ${testid}, found ${found.length}`);
  return found[0]!;
}

/** Until every element has rendered. */
async function settled(): Promise<void> {
  for (let i = 0; i < 8; i += 1) {
    await widget.updateComplete;
    await Promise.resolve();
  }
}

async function attach(attributes: Record<string, string> = {}): Promise<void> {
  widget = new ChatWidget();
  widget.ports = browser.ports;
  for (const [name, value] of Object.entries({ server: "https://shop.example", lang: "en", ...attributes }))
    widget.setAttribute(name, value);
  told = [];
  for (const name of ["opened", "message", "feedback", "handoff", "error"])
    widget.addEventListener(`chat:${name}`, (event) =>
      told.push([name, (event as CustomEvent<unknown>).detail]),
    );
  document.body.append(widget);
  await settled();
}

async function opened(): Promise<void> {
  await attach();
  one("launcher").click();
  await settled();
  browser.socket.accept();
  browser.socket.receive(confirm());
  await settled();
}

async function type(text: string): Promise<void> {
  const box = one("composer") as HTMLTextAreaElement;
  box.value = text;
  box.dispatchEvent(new Event("input"));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  await settled();
}

beforeEach(() => {
  browser = new FakeBrowser();
});
afterEach(() => {
  widget.remove();
});

describe("the launcher", () => {
  it("opens no connection before the chat is opened", async () => {
    await attach();
    expect(browser.sockets).toHaveLength(0);
    expect(one("launcher").getAttribute("aria-expanded")).toBe("false");
  });

  it("opens the window, tells the page, and Escape closes it again", async () => {
    await opened();
    expect(browser.socket.url).toBe("wss://shop.example/ws");
    expect(told[0]?.[0]).toBe("opened");
    one("composer").dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }),
    );
    await settled();
    expect(all("window")).toHaveLength(0);
  });

  it("counts what came while the window was closed", async () => {
    await opened();
    widget.close();
    browser.socket.receive(botSaid(1, "b1", "A"), botSaid(2, "b2", "B"));
    await settled();
    expect(one("unread").textContent.trim()).toBe("2");
    widget.open();
    await settled();
    expect(all("unread")).toHaveLength(0);
  });
});

describe("a conversation in the window", () => {
  it("shows one's own message, the streamed answer and its end", async () => {
    await opened();
    await type("Where is it?");
    expect(one("message").dataset).toMatchObject({ role: "customer", state: "sending" });
    const sent = browser.socket.of("user_uttered")[0]!;
    browser.socket.receive(
      { type: "status", state: "acknowledged", message_id: sent.message_id },
      { type: "bot_started", message_id: "b1", reply_to: sent.message_id, backend: "rag" },
      { type: "bot_token", message_id: "b1", text: "On its" },
    );
    await settled();
    expect(all("message").map((item) => item.dataset["state"])).toEqual(["final", "streaming"]);
    expect(all("message")[1]!.querySelector("[aria-hidden]")?.textContent.trim()).toBe("On its");
    browser.socket.receive(botSaid(2, "b1", "On its way.", sent.message_id));
    await settled();
    expect(all("message")[1]!.dataset["state"]).toBe("final");
    expect(all("message")[1]!.querySelector("[aria-hidden=true].bubble")).toBeNull();
    expect(told.map(([name]) => name)).toEqual(["opened", "message", "message"]);
  });

  it("renders markup as text and never links a script", async () => {
    await opened();
    browser.socket.receive(
      botSaid(1, "b1", "<img src=x onerror=alert(1)> [go](javascript:alert(1)) https://a.example"),
    );
    await settled();
    const message = one("message");
    expect(message.querySelector("img")).toBeNull();
    expect([...message.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
      "https://a.example",
    ]);
    expect(message.querySelector("a")?.rel).toContain("noopener");
  });

  it("shows the sources of an answer, and links only what may be linked", async () => {
    await opened();
    const citation = { title: "Returns", url: "/help/returns", article_id: "returns", quote: "60 days" };
    browser.socket.receive({
      ...botSaid(1, "b1", "60 days.", "m1"),
      citations: [citation, { ...citation, url: "javascript:x" }],
    });
    await settled();
    expect(all("citation")).toHaveLength(2);
    expect(all("citation")[0]!.querySelector("a")?.target).toBe("_blank");
    expect(all("citation")[1]!.querySelector("a")).toBeNull();
  });

  it("offers quick replies once", async () => {
    await opened();
    browser.socket.receive({
      ...botSaid(1, "b1", "Which?"),
      quick_replies: [{ title: "Costs", payload: "/costs" }],
    });
    await settled();
    one("quick-reply").click();
    await settled();
    expect(browser.socket.of("quick_reply")[0]).toMatchObject({
      reply_to: "b1",
      payload: "/costs",
      title: "Costs",
    });
    expect(all("quick-reply")).toHaveLength(0);
  });

  it("marks a message that got lost and sends it again on demand", async () => {
    await opened();
    await type("Hi");
    browser.pass(GIVE_UP_MS);
    await settled();
    expect(one("message").dataset["state"]).toBe("failed");
    one("retry").click();
    await settled();
    expect(one("message").dataset["state"]).toBe("sending");
    browser.socket.accept();
    browser.socket.receive(confirm());
    const ids = browser.sockets
      .flatMap((socket) => socket.of("user_uttered"))
      .map((frame) => frame.message_id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });

  it("says when the line is down", async () => {
    await opened();
    browser.socket.cut();
    await settled();
    expect(all("offline")).toHaveLength(1);
    browser.pass(1_000);
    browser.socket.accept();
    browser.socket.receive(confirm());
    await settled();
    expect(all("offline")).toHaveLength(0);
  });

  it("passes thumbs on, with a reason for the lower one", async () => {
    await opened();
    browser.socket.receive(botSaid(1, "b1", "Answer.", "m1"));
    await settled();
    one("thumb-down").click();
    await settled();
    all("vote-reason")[0]!.click();
    await settled();
    expect(browser.socket.of("feedback").map((frame) => [frame.value, frame.reason])).toEqual([
      [-1, undefined],
      [-1, "wrong"],
    ]);
    expect(one("thumb-down").getAttribute("aria-pressed")).toBe("true");
  });

  it("asks for a person, says so, and names the person who came", async () => {
    await opened();
    one("ask-person").click();
    expect(browser.socket.of("handoff_request")).toHaveLength(1);
    browser.socket.receive({ type: "owner_changed", offset: 1, at: AT, owner: "queue" });
    await settled();
    expect(one("banner").dataset["owner"]).toBe("queue");
    expect(all("ask-person")).toHaveLength(0);
    browser.socket.receive(
      { type: "owner_changed", offset: 2, at: AT, owner: "operator" },
      { type: "operator_uttered", offset: 3, at: AT, message_id: "o1", text: "Hi", operator: "Mira" },
    );
    await settled();
    expect(one("banner").textContent).toContain("Mira");
    expect(told.filter(([name]) => name === "handoff")).toHaveLength(2);
  });

  it("tells who waits for a person the place in line, and offers the way back to the assistant", async () => {
    await opened();
    const wayOut = { title: "Go on with the assistant", payload: "/back_to_bot" };
    browser.socket.receive(
      { ...botSaid(1, "b1", "I am passing this on."), quick_replies: [wayOut] },
      { type: "owner_changed", offset: 2, at: AT, owner: "queue" },
      { type: "queue", position: 3, waiting: 4, estimate_s: 240, on_duty: true },
    );
    await settled();
    expect(one("banner").textContent.trim()).toBe("You are number 3 in line, in about 4 min.");
    browser.socket.receive({ type: "queue", position: 1, waiting: 2, estimate_s: null, on_duty: true });
    await type("Are you there?");
    expect(one("banner").textContent.trim()).toBe("You are next.");
    one("instead").click();
    expect(browser.socket.of("quick_reply")[0]).toMatchObject({ reply_to: "b1", payload: "/back_to_bot" });
  });

  it("asks for a message when nobody is on duty, and says that it will be answered when somebody is", async () => {
    await opened();
    browser.socket.receive(
      { type: "owner_changed", offset: 1, at: AT, owner: "queue" },
      { type: "queue", position: null, waiting: 0, estimate_s: null, on_duty: false },
    );
    await settled();
    expect(one("banner").textContent).toContain("Write your message here");
    browser.socket.receive({ type: "queue", position: null, waiting: 0, estimate_s: null, on_duty: true });
    await settled();
    expect(one("banner").textContent).toContain("Your message is with us");
    expect(all("instead")).toHaveLength(0);
  });

  it("begins a new one after the end", async () => {
    await opened();
    browser.socket.receive(customerSaid(1, "m1", "Bye"), {
      type: "conversation_closed",
      offset: 2,
      at: AT,
      reason: "operator",
    });
    await settled();
    expect(all("composer")).toHaveLength(0);
    one("start-new").click();
    browser.socket.accept();
    browser.socket.receive(confirm({ conversation_id: "c2", session_id: "s2" }));
    await settled();
    expect(all("message")).toHaveLength(0);
    expect(all("composer")).toHaveLength(1);
  });

  it("is a polite log in the language of the element", async () => {
    await opened();
    const log = [...below(widget.shadowRoot!)].find((element) => element.getAttribute("role") === "log");
    expect(log?.getAttribute("aria-live")).toBe("polite");
    widget.lang = "de";
    await settled();
    expect(one("ask-person").textContent).toContain("Mit einem Menschen sprechen");
  });
});

describe("did this solve it", () => {
  async function answered(): Promise<void> {
    await opened();
    browser.socket.receive(botSaid(1, "b1", "It arrives tomorrow.", "m1"));
    await settled();
  }

  it("is asked after a pause and answered once", async () => {
    await answered();
    expect(all("solved-yes")).toHaveLength(0);
    browser.pass(SOLVED_AFTER_MS);
    await settled();
    one("solved-yes").click();
    await settled();
    expect(browser.socket.of("resolved")).toEqual([{ type: "resolved", value: true }]);
    expect(told.at(-1)).toEqual(["feedback", { message_id: "b1", resolved: true }]);
    expect(all("solved-yes")).toHaveLength(0);
  });

  it("waits while the customer is writing", async () => {
    await answered();
    browser.pass(SOLVED_AFTER_MS - 1);
    const box = one("composer") as HTMLTextAreaElement;
    box.value = "But";
    box.dispatchEvent(new Event("input"));
    browser.pass(SOLVED_AFTER_MS - 1);
    await settled();
    expect(all("solved-yes")).toHaveLength(0);
  });

  it("is asked beside the launcher when the window is closed, and a no opens it again", async () => {
    await answered();
    widget.close();
    await settled();
    one("solved-no").click();
    await settled();
    expect(browser.socket.of("resolved")).toEqual([{ type: "resolved", value: false }]);
    expect(all("window")).toHaveLength(1);
  });
});

describe("the page", () => {
  it("can open, close, speak and name the customer", async () => {
    await attach();
    widget.setCustomer("anna", "ab");
    widget.say("Where is TF-104233?");
    await settled();
    browser.socket.accept();
    browser.socket.receive(confirm());
    await settled();
    expect(browser.socket.sent[0]).toMatchObject({ customer: { id: "anna", hmac: "ab" } });
    expect(browser.socket.of("user_uttered")[0]?.text).toBe("Where is TF-104233?");
    widget.close();
    await settled();
    expect(widget.hasAttribute("open")).toBe(false);
  });

  it("is not told again about what was said before it was loaded", async () => {
    await attach({ open: "" });
    browser.socket.accept();
    browser.socket.receive(
      confirm({ offset: 2 }),
      customerSaid(1, "m1", "Hi"),
      botSaid(2, "b1", "Hello", "m1"),
    );
    browser.socket.receive(botSaid(3, "b2", "Still there?", "m1"));
    await settled();
    expect(told.filter(([name]) => name === "message").map(([, detail]) => detail)).toEqual([
      { message_id: "b2", role: "bot", text: "Still there?" },
    ]);
  });

  it("hears no event but the documented ones", async () => {
    const heard: string[] = [];
    document.addEventListener("chat-act", () => heard.push("chat-act"));
    await opened();
    one("ask-person").click();
    expect(heard).toEqual([]);
  });
});
