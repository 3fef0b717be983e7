import { describe, expect, it } from "vitest";
import { changes, draftProblem, shares } from "../../../src/console/routing/draft.js";

const arm = (name: string, weight: number, ...chain: string[]) => ({ arm: name, weight, chain });

describe("a routing draft", () => {
  it("shares new customers out by weight", () => {
    expect(shares([arm("a", 3, "x"), arm("b", 1, "x")])).toEqual([0.75, 0.25]);
    expect(shares([arm("a", 0, "x")])).toEqual([0]);
  });

  it.each([
    ["is fine", [arm("a", 1, "x", "handoff")], 0.02, null],
    ["lacks a name", [arm(" ", 1, "x")], 0.02, "Every arm needs a name."],
    ["has a name twice", [arm("a", 1, "x"), arm("a", 1, "x")], 0.02, "Two arms have the same name."],
    ["has an empty chain", [arm("a", 1)], 0.02, "Every arm needs at least one backend."],
    [
      "has a person in the middle",
      [arm("a", 1, "handoff", "x")],
      0.02,
      "A person can only come last in a chain.",
    ],
    ["has no number as weight", [arm("a", Number.NaN, "x")], 0.02, "A weight is a number from 0 up."],
    ["gives nobody to anybody", [arm("a", 0, "x")], 0.02, "At least one arm needs a weight above 0."],
    ["has a budget out of range", [arm("a", 1, "x")], 1, "The error budget lies between 0 and 1."],
  ])("that %s says so", (_, arms, budget, problem) => {
    expect(draftProblem(arms, budget)).toBe(problem);
  });

  it("tells in words what it changes", () => {
    const before = {
      backends: { rag: { enabled: true }, intent: { enabled: true } },
      arms: [arm("a", 1, "intent", "rag"), arm("old", 1, "rag")],
      error_budget: 0.02,
    };
    const after = {
      backends: { rag: { enabled: false }, intent: { enabled: true } },
      arms: [arm("a", 0.5, "rag", "intent"), arm("new", 0.5, "rag", "handoff")],
      error_budget: 0.03,
    };
    expect(changes(before, before)).toEqual([]);
    expect(changes(before, after)).toEqual([
      "rag off",
      "weight of a 1 → 0.5",
      "chain of a: rag → intent",
      "arm new added: rag → a person, weight 0.5",
      "arm old removed",
      "error budget 0.02 → 0.03",
    ]);
  });
});
