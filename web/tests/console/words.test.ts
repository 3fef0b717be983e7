import { expect, it } from "vitest";
import {
  ago,
  clock,
  counted,
  dollars,
  elapsed,
  milliseconds,
  percent,
  short,
} from "../../src/console/words.js";
import { AT } from "../fakes.js";

it("writes numbers and times for people", () => {
  expect([percent(0.934), percent(1), percent(null)]).toEqual(["93.4 %", "100 %", "–"]);
  expect([milliseconds(2.34), milliseconds(840), milliseconds(1234)]).toEqual(["2.3 ms", "840 ms", "1.23 s"]);
  expect([dollars(0), dollars(0.000123), dollars(null)]).toEqual(["$0", "$0.00012", "–"]);
  const now = Date.parse("2026-01-05T09:05:30Z");
  expect([ago("2026-01-05T09:05:00Z", now), ago(AT, now), ago("2026-01-05T05:00:00Z", now)]).toEqual([
    "now",
    "5 min",
    "4 h",
  ]);
  expect([elapsed(7_400), elapsed(750_000), elapsed(7_500_000), elapsed(-5)]).toEqual([
    "0:07",
    "12:30",
    "2:05:00",
    "0:00",
  ]);
  expect([clock(null), short("0123456789abcdef"), short("abc")]).toEqual(["", "0123456789ab…", "abc"]);
});

it("tells one from many", () => {
  expect([counted(1, "turn"), counted(0, "turn"), counted(null, "intent")]).toEqual([
    "1 turn",
    "0 turns",
    "– intents",
  ]);
  expect(counted(2, "thumb down", "thumbs down")).toBe("2 thumbs down");
});
