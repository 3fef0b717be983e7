import { describe, expect, it } from "vitest";
import {
  decisionOf,
  evidence,
  figuresOf,
  history,
  intervalOf,
  newestFirst,
  promise,
  promises,
  type BundleCard,
} from "../../../src/console/pages/models/model.js";

const bundle = (id: string, over: Partial<BundleCard> = {}): BundleCard => ({
  id,
  is_current: false,
  problem: null,
  ...over,
});

const certificate = {
  budget: 0.02,
  confidence: 0.95,
  min_confidence: 0.6726,
  n: 1299,
  errors: 16,
  share_answered: 0.7224,
  intent: null,
};

describe("models", () => {
  it("come newest first", () => {
    expect(newestFirst([bundle("a"), bundle("c"), bundle("b")]).map((one) => one.id)).toEqual([
      "c",
      "b",
      "a",
    ]);
  });

  it("have their figures beside the id or below metrics; the first wins", () => {
    const figures = figuresOf(bundle("a", { accuracy: 0.9, metrics: { accuracy: 0.1, ece: 0.04 } }));
    expect(figures).toEqual({ accuracy: 0.9, ece: 0.04 });
  });

  it("tell an interval only where there is one", () => {
    expect(intervalOf({ accuracy_low: 0.806, accuracy_high: 0.892 })).toBe("80.6 to 89.2 %");
    expect(intervalOf({ accuracy_low: 0.806 })).toBe("");
  });

  it("promise in a sentence, the strictest budget first, by-intent ones left out", () => {
    const given = [{ ...certificate, budget: 0.2 }, certificate, { ...certificate, intent: "greet" }];
    const told = promises(bundle("a", { certificates: given }));
    expect(told.map((one) => one.budget)).toEqual([0.02, 0.2]);
    expect(promise(certificate)).toBe("At most 2 % wrong: answers 72.2 %");
    expect(evidence(certificate)).toBe(
      `16 wrong of ${(1299).toLocaleString()} tested, from confidence 0.67 up; certain to 95 %`,
    );
  });

  it("tell decisions in words, unknown ones too", () => {
    expect(decisionOf("refused")).toEqual(["Refused by the gate", "bad"]);
    expect(decisionOf("put_off")).toEqual(["Put off", ""]);
  });

  it("have a history of services and nights", () => {
    const night = {
      night: "n",
      at: "2026-01-03T02:40:00Z",
      decision: "refused",
      reasons: ["worse than before"],
    };
    const told = history([
      bundle("a", { in_service_at: "2026-01-02T02:40:00Z", why: "first" }),
      bundle("b", { night }),
    ]);
    expect(told.map(({ id, what, why }) => [id, what, why])).toEqual([
      ["b", "Refused by the gate", "worse than before"],
      ["a", "In service", "first"],
    ]);
  });
});
