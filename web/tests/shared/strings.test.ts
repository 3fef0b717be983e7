import { describe, expect, it } from "vitest";
import { LANGUAGES, errorText, stringsFor } from "../../src/shared/strings.js";

describe("strings", () => {
  it.each([
    ["de-AT", "de"],
    ["DE", "de"],
    ["fr", "en"],
    [null, "en"],
  ])("for %s are the %s ones", (tag, code) => {
    expect(stringsFor(tag).code).toBe(code);
  });

  it("exist in every language for every key, and none is left empty", () => {
    for (const strings of Object.values(LANGUAGES)) {
      expect(Object.keys(strings)).toEqual(Object.keys(stringsFor("en")));
      for (const value of Object.values(strings)) expect(value).not.toBe("");
      expect(Object.keys(strings.errors)).toEqual(Object.keys(stringsFor("en").errors));
    }
  });

  it("have a general sentence for an unknown error", () => {
    expect(errorText(stringsFor("en"), "no_such_code")).toBe("Something went wrong on our side.");
  });
});
