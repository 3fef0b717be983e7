// @vitest-environment happy-dom
import type { LitElement } from "lit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Live } from "../../../src/console/live.js";
import "../../../src/console/pages/accounts/accounts.js";
import "../../../src/console/pages/journal/journal.js";
import "../../../src/console/pages/labelling/labelling.js";
import { HOLD_MS } from "../../../src/console/pages/labelling/outbox.js";
import "../../../src/console/pages/numbers/numbers.js";
import { ApiError, NOTICE, type Me, type Notice, type PageApi } from "../../../src/console/pages/page.js";

const ADA: Me = { name: "Ada", role: "admin", on_duty: false, rights: [] };
const TURN = {
  conversation_id: "c",
  asked_at: "2026-01-05T09:00:00Z",
  reply: null,
  backend: null,
  intent: null,
  confidence: null,
  score: 1,
  reasons: ["uncertain"],
  guesses: [{ intent: "greet", title: "Say hello", confidence: 0.5 }],
};
const QUEUE = { turns: ["a", "b"].map((id) => ({ ...TURN, turn_id: id, text: `text ${id}` })), left: 2 };

let shown: HTMLElement | null = null;
afterEach(() => {
  shown?.remove();
  vi.useRealTimers();
});

/** Puts a page on the document, over answers by path; a number is a refusal. */
async function open(
  tag: "accounts-page" | "journal-page" | "labelling-page" | "numbers-page",
  answers: Record<string, unknown>,
  live = new Live(),
) {
  const posted: [string, unknown][] = [];
  const answer = (path: string): Promise<never> => {
    const value = answers[path] ?? 404;
    return (
      typeof value === "number" ? Promise.reject(new ApiError(value, "No.")) : Promise.resolve(value)
    ) as Promise<never>;
  };
  const api: PageApi = {
    get: answer,
    text: answer,
    put: answer,
    delete: answer,
    post: (path, body) => {
      posted.push([path, body]);
      return answer(path);
    },
  };
  const page = document.createElement(tag);
  Object.assign(page, { api, me: ADA, live, navigate: vi.fn(), path: [] });
  document.body.append(page);
  shown = page;
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 8; i += 1) await page.updateComplete;
  };
  await settled();
  const press = async (key: string): Promise<void> => {
    window.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    await settled();
  };
  return { page, posted, press, settled, live, text: () => words(page.renderRoot as ShadowRoot) };
}

function words(node: Element | ShadowRoot): string {
  const own = (node.textContent ?? "").replace(/\s+/g, " ");
  return [
    own,
    ...[...node.querySelectorAll("*")].map((one) => (one.shadowRoot ? words(one.shadowRoot) : "")),
  ].join(" ");
}

const current = (page: LitElement): string | null =>
  page.shadowRoot?.querySelector("turn-card")?.shadowRoot?.querySelector("article")?.dataset["turn"] ?? null;

describe("a page over a server that", () => {
  it("does not offer it says so", async () => {
    expect((await open("labelling-page", {})).text()).toContain(
      "This server does not offer a labelling queue yet.",
    );
    shown?.remove();
    const numbers = await open("numbers-page", {});
    expect(numbers.text()).toContain("does not offer a report of resolution yet");
    expect(numbers.text()).toContain("does not offer figures by day yet");
  });

  it("cannot answer now offers to try again", async () => {
    const answers: Record<string, unknown> = { labelling: 503 };
    const { page, text, settled } = await open("labelling-page", answers);
    expect(text()).toContain("No.");
    answers["labelling"] = QUEUE;
    page.shadowRoot?.querySelector<HTMLElement>("[data-testid=failed] button")?.click();
    await settled();
    expect(current(page)).toBe("a");
  });

  it("is making a report says so, and tells figures by day meanwhile", async () => {
    const days = { days: ["2020-01-01"], series: { volume: { arm: { a: [0] } } } };
    const { text } = await open("numbers-page", {
      "reports/resolution": { state: "running" },
      "reports/numbers": days,
    });
    expect(text()).toContain("The report is being made");
    expect(text()).toContain("No conversations in these days.");
  });

  it("has a report that is old says why", async () => {
    const report = { definition: "resolution/1", arms: [], stale: true, problem: "out of memory" };
    const { text } = await open("numbers-page", { "reports/resolution": report });
    expect(text()).toContain("An older report. A newer one could not be made: out of memory");
    expect(text()).toContain("Nothing to judge yet by arm.");
  });
});

describe("labelling", () => {
  it("shows the next turn at once and sends the label after a moment", async () => {
    const { page, press, posted, settled } = await open("labelling-page", {
      labelling: QUEUE,
      "turns/a/label": {},
    });
    vi.useFakeTimers();
    await press("1");
    expect([current(page), posted]).toEqual(["b", []]);
    vi.advanceTimersByTime(HOLD_MS);
    await settled();
    expect(posted).toEqual([["turns/a/label", { intent: "greet" }]]);
  });

  it("opens a turn again whose label was refused, and says so", async () => {
    const { page, press, settled } = await open("labelling-page", { labelling: QUEUE, "turns/a/label": 503 });
    const notices: Notice[] = [];
    page.addEventListener(NOTICE, (event) => notices.push((event as CustomEvent<Notice>).detail));
    vi.useFakeTimers();
    await press("o");
    vi.advanceTimersByTime(HOLD_MS);
    await settled();
    expect([current(page), notices[0]?.tone]).toEqual(["a", "bad"]);
  });

  it("sends what was held when it is left", async () => {
    const { page, press, posted, settled } = await open("labelling-page", {
      labelling: QUEUE,
      "turns/a/label": {},
    });
    await press("o");
    page.remove();
    await settled();
    expect(posted).toEqual([["turns/a/label", { intent: "oos" }]]);
  });

  it("drops what a colleague labels, and leaves keys with Ctrl alone", async () => {
    const { page, live, press, settled } = await open("labelling-page", { labelling: QUEUE });
    live.tell("turn", "b");
    await settled();
    await press("j");
    expect(current(page)).toBe("a");
    const event = new KeyboardEvent("keydown", { key: "s", ctrlKey: true, cancelable: true });
    window.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  });
});

describe("accounts", () => {
  it("show a token until another is issued or its account is removed", async () => {
    const made = { name: "Ben", role: "operator", token: "ben-secret" };
    const account = { name: "Ben", role: "operator", on_duty: false, created_at: "", disabled_at: null };
    const answers: Record<string, unknown> = {
      operators: { ...made, operators: [account] },
      "operators/Ben": {},
    };
    const { page, text, settled } = await open("accounts-page", answers);
    const find = (selector: string): HTMLElement | null =>
      page.renderRoot.querySelector<HTMLElement>(selector);
    const add = async (): Promise<void> => {
      find("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
      await settled();
    };
    answers["operators"] = { name: "Eva", role: "operator", token: "eva-secret", operators: [account] };
    await add();
    expect(text()).toContain("eva-secret");
    answers["operators"] = { ...made, operators: [account] };
    await add();
    expect(text()).toContain("ben-secret");
    expect(text()).not.toContain("eva-secret");
    find("[data-testid=account-remove]")?.click();
    await settled();
    find("confirm-dialog")?.shadowRoot?.querySelector<HTMLElement>("[data-testid=confirm-yes]")?.click();
    await settled();
    expect(text()).not.toContain("ben-secret");
  });
});

describe("the journal", () => {
  it("says that erasing a customer takes details, and never a line", async () => {
    const { text } = await open("journal-page", { journal: { entries: [], next: null } });
    expect(text()).toContain("No line is ever removed; once a customer is erased, lines about");
  });
});
