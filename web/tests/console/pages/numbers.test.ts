import { describe, expect, it } from "vitest";
import { isEmpty, summaryOf, tabbed, tableOf, tick } from "../../../src/console/pages/charts/spec.js";
import { hasDays, leftOut, linesOf, type Days } from "../../../src/console/pages/numbers/days.js";
import {
  daysIn,
  daysQuery,
  lastDays,
  rangeProblem,
  reportQuery,
  spanOf,
  within,
} from "../../../src/console/pages/numbers/range.js";
import {
  differencesOf,
  points,
  ratesOf,
  reportOf,
  tabbedGroups,
} from "../../../src/console/pages/numbers/report.js";

const NOW = Date.parse("2026-01-05T09:00:00Z");

describe("the range of days", () => {
  it("is counted with both ends", () => {
    const week = lastDays(7, NOW);
    expect(week).toEqual({ from: "2025-12-30", to: "2026-01-05" });
    expect([daysIn(week), spanOf(week, NOW), spanOf({ ...week, to: "2026-01-04" }, NOW)]).toEqual([7, 7, 0]);
  });

  it("names an end only when that is not today", () => {
    const week = lastDays(7, NOW);
    expect(reportQuery(week, "live", NOW)).toEqual({
      since: "2025-12-30T00:00:00Z",
      as_of: null,
      source: "live",
    });
    expect(reportQuery({ ...week, to: "2026-01-01" }, "all", NOW)["as_of"]).toBe("2026-01-01T23:59:59Z");
    expect(daysQuery({ from: "2025-12-01", to: "2025-12-08" }, "live", NOW)).toEqual({
      days: 36,
      source: "live",
    });
  });

  it("says what is wrong with it", () => {
    expect(rangeProblem({ from: "", to: "2026-01-01" })).toMatch("Choose");
    expect(rangeProblem({ from: "2026-01-02", to: "2026-01-01" })).toMatch("after");
    expect(rangeProblem({ from: "2026-01-01", to: "2026-01-01" })).toBeNull();
  });
});

const DAYS: Days = {
  days: ["2026-01-01", "2026-01-02", "2026-01-03"],
  series: {
    volume: {
      arm: { a: [1, 2, 3] },
      intent: { i1: [1, 1, 1], i2: [9, 9, 9], i3: [2, 0, 0], i4: [5, 5, 5], i5: [4, 4, 4], i6: [3, 3, 3] },
    },
    cost_usd: { arm: { a: [0.1, null, 0.3] } },
  },
};

describe("figures by day", () => {
  it("draw the five busiest, by name", () => {
    const lines = linesOf(DAYS, "volume", "intent", "count");
    expect(lines.series.map((one) => one.name)).toEqual(["i1", "i2", "i4", "i5", "i6"]);
    expect([leftOut(DAYS, "intent"), leftOut(DAYS, "arm")]).toEqual([1, 0]);
  });

  it("are empty where the server tells none", () => {
    expect(isEmpty(linesOf(DAYS, "latency_ms_p50", "arm", "ms"))).toBe(true);
    expect([hasDays(DAYS), hasDays({ days: [], series: {} })]).toEqual([true, false]);
  });

  it("are cut to the range", () => {
    const cut = within(DAYS, { from: "2026-01-02", to: "2026-01-02" });
    expect([cut.days, cut.series.volume?.arm, cut.series.cost_usd?.arm]).toEqual([
      ["2026-01-02"],
      { a: [2] },
      { a: [null] },
    ]);
  });

  it("are a table too", () => {
    const table = tableOf(linesOf(DAYS, "cost_usd", "arm", "usd"));
    expect(tabbed(table)).toBe("Day\ta\n2026-01-01\t$0.10\n2026-01-02\t–\n2026-01-03\t$0.30");
  });
});

describe("the report", () => {
  const document = {
    definition: "resolution/1",
    arms: [
      { arm: "a", n: 400, resolved: 300, rate: 0.75, low: 0.7, high: 0.79 },
      { arm: "b", n: 100, resolved: 50, rate: 0.5, low: 0.4, high: 0.6 },
    ],
  };

  it("needs no more than the contract", () => {
    const report = reportOf(document);
    expect(report?.groups.arm.map((one) => [one.name, one.n, one.rate.value])).toEqual([
      ["a", 400, 0.75],
      ["b", 100, 0.5],
    ]);
    expect([report?.groups.intent, report?.differences, report?.is_stale]).toEqual([[], [], false]);
    expect(tabbedGroups(report?.groups.arm ?? [])).toBe(
      "\tJudged\tResolved\t95 % interval\na\t400\t75.0 %\t70.0 to 79.0 %\nb\t100\t50.0 %\t40.0 to 60.0 %",
    );
  });

  it("is none while it is made", () => {
    expect(reportOf({ state: "running" })).toBeNull();
  });

  it("is drawn from 0 to 100 %, the largest groups first", () => {
    const chart = ratesOf(reportOf(document)?.groups.arm ?? []);
    expect([chart.from, chart.to, chart.rows[0]]).toEqual([
      0,
      1,
      { name: "a", value: 0.75, low: 0.7, high: 0.79 },
    ]);
    expect(summaryOf(chart, "Resolved by arm")).toBe(
      "Resolved by arm: a 75.0 %, 70.0 % to 79.0 %; b 50.0 %, 40.0 % to 60.0 %.",
    );
  });

  it("tells differences in points", () => {
    expect(points({ value: 0.031, low: -0.01, high: 0.072 })).toBe("+3.1 points (−1.0 to +7.2)");
    expect([
      points({ value: null, low: null, high: null }),
      points({ value: 0, low: null, high: null }),
    ]).toEqual(["–", "0.0 points"]);
  });

  it("shows differences by the rules and as audits correct them, with guardrails", () => {
    const told = {
      a: "b",
      b: "a",
      difference: -0.1,
      low: -0.2,
      high: 0,
      corrected: { difference: -0.08, low: -0.2, high: 0.04 },
      guardrails: [{ name: "latency_ms", state: "broken" }, { name: "handoff" }],
      verdict: "Keep going.",
    };
    const report = reportOf({ ...document, differences: [told], warnings: ["Few.", 3] });
    expect(report?.differences[0]?.guards).toEqual([
      { name: "latency_ms", state: "broken" },
      { name: "handoff", state: "open" },
    ]);
    const chart = differencesOf(report?.differences ?? []);
    expect(chart.rows.map((row) => [row.name, row.value])).toEqual([
      ["b − a", -0.1],
      ["b − a, audited", -0.08],
    ]);
    expect(report?.warnings).toEqual(["Few."]);
  });
});

it.each([
  [0.5, "percent", "50 %"],
  [-0.1, "points", "−10"],
  [1500, "ms", "1.5 s"],
  [0, "usd", "$0"],
  [0.0123, "usd", "$0.012"],
] as const)("ticks are short: %s %s", (value, unit, words) => {
  expect(tick(value, unit)).toBe(words);
});
