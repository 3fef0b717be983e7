// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConversationList } from "../../../src/console/conversations/conversation-list.js";
import type { CorrectionPanel } from "../../../src/console/conversations/correction-panel.js";
import { NO_FILTER, rowOf, type Row } from "../../../src/console/conversations/list.js";
import type { ReplyComposer } from "../../../src/console/conversations/reply-composer.js";
import type { TranscriptLog } from "../../../src/console/conversations/transcript-log.js";
import "../../../src/console/index.js";
import type {
  ConversationDetail,
  ConversationSummary,
  Correcting,
  TurnRecord,
} from "../../../src/console/types.js";
import { WISH, type Wish } from "../../../src/console/wish.js";
import { AT, botSaid } from "../../fakes.js";

const ME = { name: "Ada", role: "admin", on_duty: true, rights: [] } as const;
const TURN = {
  turn_id: "t1",
  text: "where is it",
  reply: "No idea",
  intent: "order_status",
  citations: [{ title: "Ropes", url: "/help/ropes", article_id: "ropes", quote: "…" }],
  labels: [{ label_id: "l1", intent: "refund", provenance: "operator", by: "Ben", note: "sure" }],
} as unknown as TurnRecord;

let wishes: Wish[];

async function appear<E extends HTMLElement>(tag: string, properties: object): Promise<E> {
  const element = Object.assign(document.createElement(tag), properties) as unknown as E;
  wishes = [];
  element.addEventListener(WISH, (event) => wishes.push((event as CustomEvent<Wish>).detail));
  document.body.append(element);
  await (element as unknown as { updateComplete: Promise<unknown> }).updateComplete;
  return element;
}

const inside = (element: HTMLElement, selector: string): HTMLElement[] => [
  ...(element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? []),
];
const one = (element: HTMLElement, selector: string): HTMLElement => {
  const [found] = inside(element, selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
};
function type(field: HTMLElement, text: string): void {
  (field as HTMLInputElement).value = text;
  field.dispatchEvent(new Event("input"));
}
const press = (on: HTMLElement, key: string): boolean =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("the list", () => {
  const row = (id: string, minute: number, over: Partial<ConversationSummary> = {}): Row =>
    rowOf(
      {
        conversation_id: id,
        owner: "bot",
        operator: null,
        source: "live",
        arm: "a",
        started_at: AT,
        updated_at: `2026-01-05T09:0${minute}:00Z`,
        last_text: `said in ${id}`,
        language: "en",
        messages: 1,
        resolved: null,
        ...over,
      },
      Date.parse(AT),
    );
  const PROPERTIES = {
    selected: "",
    view: "all",
    filter: NO_FILTER,
    search: "",
    arms: [],
    backends: [],
    intents: [],
    unread: new Set<string>(),
    waiting: 0,
    mine: 0,
    more: false,
    fresh: false,
    now: Date.parse(AT),
  };
  const order = (list: ConversationList): (string | undefined)[] =>
    inside(list, "a.row").map((link) => link.dataset["id"]);

  it("lets nothing jump under the pointer, but for a moment only", async () => {
    vi.useFakeTimers();
    const list = await appear<ConversationList>("conversation-list", {
      ...PROPERTIES,
      rows: [row("a", 2), row("b", 1)],
    });
    one(list, ".rows").dispatchEvent(new Event("pointermove"));
    list.rows = [row("a", 2), row("b", 5, { last_text: "new words" }), row("c", 6)];
    await list.updateComplete;
    expect(order(list)).toEqual(["a", "b"]);
    expect(inside(list, ".text")[1]?.textContent).toBe("new words");
    await vi.advanceTimersByTimeAsync(900);
    await list.updateComplete;
    expect(order(list)).toEqual(["c", "b", "a"]);
  });

  it("tells what a row is about", async () => {
    const rows = [
      row("a", 1, { owner: "queue", left_message: true }),
      row("b", 2, {
        owner: "operator",
        operator: "Ben",
        backend: "rag",
        intent: "send_back",
        confidence: 0.5,
      }),
    ];
    const list = await appear<ConversationList>("conversation-list", {
      ...PROPERTIES,
      rows,
      unread: new Set(["b"]),
    });
    expect(inside(list, ".tag").map((tag) => tag.textContent)).toEqual(["Ben", "Message left"]);
    expect(inside(list, ".tag").map((tag) => tag.title)).toEqual(["Ben", "Message left"]); // for what is shortened
    expect(one(list, ".why").textContent).toBe("rag · send back · 50.0 %");
    expect(inside(list, ".unread")).toHaveLength(1);
  });

  it("knows the next one, and says when nothing fits", async () => {
    const list = await appear<ConversationList>("conversation-list", {
      ...PROPERTIES,
      rows: [row("a", 2), row("b", 1)],
      selected: "a",
    });
    expect([list.neighbour(1), list.neighbour(-1)]).toEqual(["b", undefined]);
    Object.assign(list, { rows: [], search: "tent" });
    await list.updateComplete;
    expect(one(list, ".empty").textContent).toContain("Nothing fits");
  });
});

describe("the transcript", () => {
  const turn = {
    turn_id: "t2",
    bot_message_id: "b2",
    backend: "rag",
    intent: null,
    latency_ms: 1,
    labels: [],
  };
  const detail = (answers: number, turns: object[] = []): ConversationDetail => {
    const events = Array.from({ length: answers }, (_, i) => botSaid(i + 1, `b${i + 1}`, "Hello"));
    const one = { conversation_id: "c1", owner: "bot", notes: [], signals: [], events, turns };
    return one as unknown as ConversationDetail;
  };
  let log: HTMLElement;
  let transcript: TranscriptLog;

  /** A log that shows two of three answers, each 100 high, and 30 more where it is told what gave it. */
  beforeEach(async () => {
    transcript = await appear<TranscriptLog>("transcript-log", {
      detail: detail(3),
      chosen: "",
      sending: "",
    });
    log = one(transcript, ".log");
    const height = (): number =>
      100 * log.querySelectorAll("article").length + 30 * log.querySelectorAll(".why").length;
    let top = 100;
    Object.defineProperties(log, {
      scrollHeight: { get: height },
      clientHeight: { value: 200 },
      scrollTop: { get: () => top, set: (to: number) => (top = Math.min(to, height() - 200)) },
    });
    log.dispatchEvent(new Event("scroll"));
  });
  const becomes = async (now: ConversationDetail): Promise<[top: number, hints: number]> => {
    transcript.detail = now;
    while (!(await transcript.updateComplete));
    return [log.scrollTop, inside(transcript, ".down").length];
  };

  it("stays at its end when an answer comes, and when it is told what gave it", async () => {
    expect(await becomes(detail(4))).toEqual([200, 0]);
    expect(await becomes(detail(4, [turn]))).toEqual([230, 0]);
  });

  it("stays where its reader has scrolled to, and says that there is more", async () => {
    log.scrollTop = 20;
    log.dispatchEvent(new Event("scroll"));
    expect(await becomes(detail(3, [turn]))).toEqual([20, 0]);
    expect(await becomes(detail(4, [turn]))).toEqual([20, 1]);
  });
});

describe("a correction", () => {
  let panel: CorrectionPanel;

  beforeEach(async () => {
    panel = await appear<CorrectionPanel>("correction-panel", {
      turn: TURN,
      me: ME,
      intents: [
        { intent: "order_status", title: "Where is my order" },
        { intent: "refund", title: "Money back" },
      ],
    });
  });
  const picker = (): HTMLElement => one(panel, "intent-picker");
  const options = (): (string | null)[] => inside(picker(), "li code").map((option) => option.textContent);

  it("shows what others said", () => {
    expect(one(panel, "[data-testid=label]").textContent.replace(/\s+/g, " ")).toContain(
      "refund by Ben: sure",
    );
  });

  it("is made by a few letters and the keyboard", async () => {
    const field = one(picker(), "input");
    type(field, "money");
    await panel.updateComplete;
    await Promise.resolve();
    expect(options()).toEqual(["refund", "money"]);
    press(field, "Enter");
    await panel.updateComplete;
    type(one(panel, "[data-testid=better-reply]"), "Soon. ");
    one(panel, "form").dispatchEvent(new Event("submit"));
    expect(wishes).toEqual([
      { want: "correct", turnId: "t1", correction: { intent: "refund", reply: "Soon." } },
    ]);
  });

  it("keeps what was written when it is refused, says why, and is emptied when it is saved", async () => {
    const reply = one(panel, "[data-testid=better-reply]") as HTMLTextAreaElement;
    const button = one(panel, "[data-testid=correct]") as HTMLButtonElement;
    const becomes = async (stage: Correcting["stage"], problem = ""): Promise<void> => {
      panel.correcting = { turnId: "t1", stage, problem };
      await panel.updateComplete;
    };
    type(reply, "Call 0171 1234567.");
    one(panel, "form").dispatchEvent(new Event("submit"));
    await becomes("sending");
    expect([reply.value, button.disabled]).toEqual(["Call 0171 1234567.", true]);
    await becomes("refused", "write it without personal data");
    expect([reply.value, button.disabled]).toEqual(["Call 0171 1234567.", false]);
    expect(one(panel, "[data-testid=correction-problem]").textContent).toContain("without personal data");
    await becomes("saved");
    expect([reply.value, inside(panel, ".problem")]).toEqual(["", []]);
  });

  it("keeps what is not saved while it is away, and what was written after it was sent", async () => {
    const shown = async (stage: Correcting["stage"] | null): Promise<CorrectionPanel> => {
      panel.remove();
      const correcting = stage && { turnId: "t1", stage, problem: "" };
      panel = await appear<CorrectionPanel>("correction-panel", {
        turn: TURN,
        me: ME,
        intents: [],
        drafts,
        correcting,
      });
      return panel;
    };
    const reply = (): HTMLTextAreaElement => one(panel, "[data-testid=better-reply]") as HTMLTextAreaElement;
    const drafts = new Map();
    await shown(null);
    type(reply(), "First");
    await shown(null);
    expect(reply().value).toBe("First");
    one(panel, "form").dispatchEvent(new Event("submit"));
    await shown("saved");
    expect(reply().value).toBe("");
    type(reply(), "Second");
    await shown("saved");
    expect(reply().value).toBe("Second");
  });

  it("forgets what was typed half", async () => {
    const field = one(picker(), "input");
    type(field, "refu");
    field.dispatchEvent(new Event("blur"));
    await panel.updateComplete;
    expect((one(panel, "[data-testid=correct]") as HTMLButtonElement).disabled).toBe(true);
  });

  it("names an article that is wrong, or none that should be there", async () => {
    const article = one(panel, "[data-testid=article]") as HTMLSelectElement;
    expect([...article.options].map((option) => option.textContent.trim())).toEqual([
      "Nothing to say",
      "Wrong: Ropes",
      "One is missing",
    ]);
    for (const [value, expected] of [
      ["ropes", { article_id: "ropes", article_note: "It is old" }],
      [article.options[2]!.value, { article_note: "It is old" }],
    ] as const) {
      article.value = value;
      article.dispatchEvent(new Event("change"));
      await panel.updateComplete;
      expect((one(panel, "[data-testid=correct]") as HTMLButtonElement).disabled).toBe(true);
      type(one(panel, "[data-testid=article-note]"), "It is old");
      await panel.updateComplete;
      one(panel, "form").dispatchEvent(new Event("submit"));
      await panel.updateComplete;
      expect(wishes.at(-1)).toEqual({ want: "correct", turnId: "t1", correction: expected });
      panel.correcting = { turnId: "t1", stage: "saved", problem: "" };
      await panel.updateComplete;
    }
  });
});

describe("the field for replies", () => {
  const suggestions = [{ backend: "rag", text: "Try the article." }];

  it("takes a suggestion to be changed before it is sent", async () => {
    const field = await appear<ReplyComposer>("reply-composer", { conversation: "c1", me: ME, suggestions });
    type(one(field, "textarea"), "Hello!");
    await field.insert(1);
    expect((one(field, "textarea") as HTMLTextAreaElement).value).toBe("Hello!\n\nTry the article.");
    press(one(field, "textarea"), "Enter");
    expect(wishes.at(-1)).toEqual({ want: "reply", text: "Hello!\n\nTry the article." });
  });

  it("keeps notes apart from replies", async () => {
    const field = await appear<ReplyComposer>("reply-composer", { conversation: "c1", me: ME, suggestions });
    await field.write("note");
    type(one(field, "[data-testid=note-text]"), "He is a regular");
    press(one(field, "textarea"), "Enter");
    expect(wishes).toEqual([{ want: "note", text: "He is a regular" }]);
    expect(inside(field, "[data-testid=suggestion]")).toHaveLength(0);
  });

  it("says why there is nothing to write into", async () => {
    const field = await appear<ReplyComposer>("reply-composer", {
      conversation: "c1",
      me: ME,
      refused: "Ben talks to this customer.",
      suggestions,
    });
    expect(one(field, "[data-testid=refused]").textContent).toContain("Ben talks");
    expect(inside(field, "textarea")).toHaveLength(0);
  });

  it("gives back what could not be sent", async () => {
    const field = await appear<ReplyComposer>("reply-composer", { conversation: "c1", me: ME });
    field.draft = "Not sent";
    await field.updateComplete;
    expect((one(field, "textarea") as HTMLTextAreaElement).value).toBe("Not sent");
  });
});
