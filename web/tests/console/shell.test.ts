import { expect, it, vi } from "vitest";
import { Chords } from "../../src/console/keys.js";
import { initials } from "../../src/console/nav.js";
import { can, whyNot, type Me } from "../../src/console/pages/page.js";
import { hrefOf, routeOf } from "../../src/console/route.js";
import { Soon } from "../../src/console/soon.js";
import { FakeBrowser } from "../fakes.js";

it("finds its way by the address", () => {
  expect(routeOf("")).toEqual({ page: "conversations", path: [] });
  expect(routeOf("#/conversations/c%2F1")).toEqual({ page: "conversations", path: ["c/1"] });
  expect(routeOf("#/results")).toEqual({ page: "numbers", path: [] });
  expect(routeOf("#/models/%E0")).toEqual({ page: "models", path: ["%E0"] });
  expect(hrefOf("conversations", "c/1")).toBe("#/conversations/c%2F1");
});

it("hears two keys as one within a moment", () => {
  const chords = new Chords();
  expect([chords.next("g", 0), chords.next("r", 900)]).toEqual(["", "g r"]);
  expect([chords.next("g", 0), chords.next("r", 2000), chords.next("t", 2100)]).toEqual(["", "r", "t"]);
});

it("tells what a role may not do, and why", () => {
  const operator: Me = { name: "Ben", role: "operator", on_duty: true, rights: ["read", "converse"] };
  expect([can(operator, "converse"), can(operator, "routing")]).toEqual([true, false]);
  expect(whyNot(operator, "routing")).toContain("admin");
  expect(whyNot({ ...operator, role: "admin" }, "routing")).toBeNull();
});

it("makes initials of names in any script", () => {
  expect([initials("Ada Berger"), initials("ben"), initials("李 小龙"), initials("")]).toEqual([
    "AB",
    "B",
    "李小",
    "",
  ]);
});

it("does something once for a burst, and not too often", () => {
  const browser = new FakeBrowser();
  const run = vi.fn();
  const soon = new Soon(browser.ports, 700, run);
  soon.call();
  soon.call();
  browser.pass(100);
  expect(run).toHaveBeenCalledTimes(1);
  soon.call();
  browser.pass(300);
  expect(run).toHaveBeenCalledTimes(1);
  browser.pass(400);
  expect(run).toHaveBeenCalledTimes(2);
  soon.call();
  soon.cancel();
  browser.pass(5000);
  expect(run).toHaveBeenCalledTimes(2);
});
