import { describe, expect, it } from "vitest";
import {
  healthOf,
  sortedArticles,
  sortedReplies,
  subjectOf,
  tally,
  type ArticleHealth,
  type Proposal,
} from "../../../src/console/pages/articles/model.js";
import { auditKey, precision } from "../../../src/console/pages/audit/model.js";
import {
  ALL,
  actionOf,
  choices,
  joined,
  linkOf,
  matches,
  pairs,
  topicOf,
  type Entry,
} from "../../../src/console/pages/journal/model.js";
import { duration, megabytes } from "../../../src/console/pages/parts/words.js";

const article = (title: string, cited: number, problem: string | null = null): ArticleHealth => ({
  article_id: title,
  title,
  url: null,
  updated: null,
  words: 100,
  cited,
  last_cited_at: null,
  problem,
});

describe("articles and replies", () => {
  it("come with what needs a person first, then by use", () => {
    const sorted = sortedArticles([
      article("a", 2),
      article("b", 0),
      article("c", 9),
      article("d", 5, "no title"),
    ]);
    expect(sorted.map((one) => one.title)).toEqual(["d", "b", "c", "a"]);
  });

  it("are counted by health", () => {
    expect(tally([article("a", 2), article("b", 0), article("c", 1)])).toEqual([
      ["broken", 0],
      ["unused", 1],
      ["fine", 2],
      ["elsewhere", 0],
    ]);
  });

  it("may be replies; those left to the articles are not unused", () => {
    const reply = { intent: "greet", variants: 2, used: 0, last_used_at: null, problem: null };
    expect(healthOf(reply)).toBe("unused");
    expect(healthOf({ ...reply, kind: "deferred" as const })).toBe("elsewhere");
    expect(sortedReplies([{ ...reply, used: 1, intent: "b" }, reply])[0]?.intent).toBe("greet");
  });

  it("are named by what a proposal changes", () => {
    const proposal = { kind: "reply", intent: "order_status", article_id: null } as Proposal;
    expect(subjectOf(proposal)).toBe("Reply to Order status");
    expect(subjectOf({ ...proposal, kind: "article", article_id: "returns" })).toBe(
      "Note on the article returns",
    );
    expect(subjectOf({ ...proposal, kind: "article" })).toBe("A new article");
  });
});

const entry = (seq: number, over: Partial<Entry> = {}): Entry => ({
  seq,
  at: "2026-01-05T09:00:00Z",
  who: "Ada",
  role: "admin",
  action: "model.promote",
  target: "b-1",
  details: {},
  ...over,
});

describe("the journal", () => {
  it("joins pages without doubles, newest first", () => {
    expect(joined([entry(2), entry(3)], [entry(1), entry(2)]).map((one) => one.seq)).toEqual([3, 2, 1]);
  });

  it("is narrowed by person, topic and every word", () => {
    const label = entry(1, { who: "Bo", action: "turn.label", target: "t-1", details: { intent: "greet" } });
    expect(matches(label, ALL)).toBe(true);
    expect(matches(label, { ...ALL, who: "Ada" })).toBe(false);
    expect(matches(label, { ...ALL, topic: "turn", words: "LABELLED greet" })).toBe(true);
    expect(matches(label, { ...ALL, words: "greet promote" })).toBe(false);
  });

  it("leads to what was changed, where the console shows it", () => {
    expect(linkOf(entry(1))).toBe("#/models/b-1");
    expect(linkOf(entry(1, { action: "conversation.close", target: "c 1" }))).toBe("#/conversations/c%201");
    expect(linkOf(entry(1, { action: "turn.label", details: { conversation_id: "c" } }))).toBe(
      "#/conversations/c",
    );
    expect(linkOf(entry(1, { action: "turn.label" }))).toBeNull();
    expect(linkOf(entry(1, { action: "proposal.accept" }))).toBe("#/articles/proposals");
    expect(linkOf(entry(1, { target: null }))).toBeNull();
  });

  it("says unknown actions as well as it can", () => {
    expect(actionOf("widget.paint-red")).toBe("Widget: paint red");
    expect(topicOf(entry(1))).toBe("model");
    expect(choices([entry(1), entry(2, { who: "Bo" }), entry(3)], (one) => one.who)).toEqual(["Ada", "Bo"]);
    expect(pairs({ role: "admin", why: null, arms: [1], resolved: true, conversation_id: "c" })).toEqual([
      ["Role", "admin"],
      ["Arms", "1"],
      ["Resolved", "yes"],
    ]);
  });
});

describe("audits", () => {
  const key = (name: string, more = {}) =>
    auditKey({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...more });

  it("are judged by single keys", () => {
    expect([key("Y"), key("n"), key("m"), key("u"), key("x"), key("n", { ctrlKey: true })]).toEqual([
      "yes",
      "no",
      "note",
      "back",
      null,
      null,
    ]);
  });

  it("tell how precise so many make the rate", () => {
    expect(precision(0)).toBeNull();
    expect(precision(150)).toBeCloseTo(0.08, 3);
    expect(precision(1)).toBeLessThanOrEqual(1);
  });
});

describe("words", () => {
  it.each([
    [4.26, "4.3 s"],
    [59, "59 s"],
    [205, "3 min 25 s"],
    [7200, "2 h"],
    [90_000, "1 d 1 h"],
    [null, "–"],
  ])("%s seconds", (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it("sizes", () => {
    expect([megabytes(23_400_000), megabytes(1_250_000), megabytes(null)]).toEqual(["23 MB", "1.3 MB", "–"]);
  });
});
