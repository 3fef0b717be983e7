import { describe, expect, it } from "vitest";
import { parseInline, parseText, safeHref } from "../../src/shared/text.js";

describe("links", () => {
  it.each([
    "https://a.example/x?y=1",
    "http://a.example",
    "mailto:a@b.example",
    "/help/returns",
    "help#top",
    "//cdn.example/x",
  ])("may go to %s", (address) => {
    expect(safeHref(address)).toBe(address);
  });

  it.each([
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:x",
    "",
  ])("may not go to %j", (address) => {
    expect(safeHref(address)).toBeNull();
  });

  it("are found in plain text without the full stop behind them", () => {
    expect(parseInline("See https://a.example/b. Or write to me@a.example!")).toEqual([
      { kind: "text", text: "See " },
      { kind: "link", text: "https://a.example/b", href: "https://a.example/b" },
      { kind: "text", text: ". Or write to " },
      { kind: "link", text: "me@a.example", href: "mailto:me@a.example" },
      { kind: "text", text: "!" },
    ]);
  });

  it("with a title keep the title and lose a forbidden address", () => {
    expect(parseInline("[here](/help) [there](javascript:x)")).toEqual([
      { kind: "link", text: "here", href: "/help" },
      { kind: "text", text: " " },
      { kind: "text", text: "there" },
    ]);
  });
});

describe("text", () => {
  it("falls into paragraphs and lists", () => {
    expect(parseText("Hello\nyou\n\n- one\n- **two**\n1. first")).toEqual([
      { kind: "paragraph", lines: [[{ kind: "text", text: "Hello" }], [{ kind: "text", text: "you" }]] },
      {
        kind: "list",
        ordered: false,
        items: [[{ kind: "text", text: "one" }], [{ kind: "strong", text: "two" }]],
      },
      { kind: "list", ordered: true, items: [[{ kind: "text", text: "first" }]] },
    ]);
  });

  it("keeps markup as the characters it is made of", () => {
    expect(parseInline("<img src=x onerror=alert(1)>")).toEqual([
      { kind: "text", text: "<img src=x onerror=alert(1)>" },
    ]);
  });

  it("is parsed in linear time", () => {
    const long = `${"[".repeat(4000)}${"*".repeat(4000)}${"a.".repeat(4000)}`;
    const began = performance.now();
    parseText(long);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
