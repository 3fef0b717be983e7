// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../../src/console/api.js";
import { ApiError, Http } from "../../src/console/http.js";
import "../../src/console/index.js";
import { Live } from "../../src/console/live.js";
import "../../src/console/routing/index.js";
import type { RoutingPage } from "../../src/console/routing/routing-page.js";
import type { Routing } from "../../src/console/types.js";

const ROUTING: Routing = {
  version: 3,
  backends: { intent: { enabled: true }, rag: { enabled: true } },
  arms: [{ arm: "a", weight: 1, chain: ["intent", "rag", "handoff"] }],
  error_budget: 0.02,
};

function* below(node: ParentNode): Generator<Element> {
  for (const element of node.querySelectorAll("*")) {
    yield element;
    if (element.shadowRoot) yield* below(element.shadowRoot);
  }
}

const all = (root: ParentNode, selector: string): HTMLElement[] =>
  [...below(root)].filter((element) => element.matches(selector)) as HTMLElement[];

const find = (root: ParentNode, selector: string): HTMLElement => {
  const [found] = all(root, selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
};

describe("routing", () => {
  let page: RoutingPage;
  let live: Live;
  let inForce: Routing;
  let put: unknown[];

  /** Until fetches and renderings are through. */
  async function settled(): Promise<void> {
    for (let i = 0; i < 6; i += 1) {
      await new Promise((done) => setTimeout(done, 0));
      await page.updateComplete;
    }
  }
  const root = (): ShadowRoot => page.shadowRoot!;

  async function appear(role: "operator" | "admin"): Promise<void> {
    page = document.createElement("routing-page");
    live = new Live();
    put = [];
    inForce = ROUTING;
    Object.assign(page, {
      me: { name: "Ada", role, on_duty: true, rights: [] },
      live,
      navigate: () => undefined,
      path: [],
      api: {
        get: (path: string) => {
          if (path === "routing") return Promise.resolve(inForce);
          if (path === "backends") return Promise.resolve({ backends: [{ name: "intent", state: "ok" }] });
          return Promise.reject(new ApiError(404, "Not found."));
        },
        put: (_: string, body: unknown, headers: unknown) => {
          put.push(body, headers);
          inForce = { ...ROUTING, version: inForce.version + 1 };
          return Promise.resolve(inForce);
        },
        post: () => Promise.reject(new ApiError(404, "Not found.")),
      },
    });
    document.body.append(page);
    await settled();
  }

  beforeEach(() => appear("admin"));
  afterEach(() => {
    page.remove();
  });

  it("is saved as one version, with the reason", async () => {
    find(root(), "[data-testid=toggle-rag]").click();
    await settled();
    const reason = find(root(), "[data-testid=reason]") as HTMLInputElement;
    reason.value = "rag is slow today";
    reason.dispatchEvent(new Event("input"));
    find(root(), "form.save").dispatchEvent(new Event("submit"));
    await settled();
    const backends = { intent: { enabled: true }, rag: { enabled: false } };
    expect(put).toEqual([
      { backends, arms: ROUTING.arms, error_budget: 0.02, why: "rag is slow today" },
      { "if-match": "3" },
    ]);
    expect(find(root(), "[data-testid=routing-version]").textContent).toBe("Version 4");
    expect(all(root(), "form.save")).toHaveLength(0);
  });

  it("changes a chain without touching the version in force", async () => {
    find(root(), "[aria-label='Try rag earlier']").click();
    await settled();
    expect(all(root(), ".step .label").map((step) => step.textContent)).toEqual([
      "rag",
      "intent",
      "a person",
    ]);
    expect(ROUTING.arms[0]?.chain).toEqual(["intent", "rag", "handoff"]);
    find(root(), "[aria-label='Try rag later']").click();
    await settled();
    expect(all(root(), "form.save")).toHaveLength(0);
  });

  it("keeps edits when somebody else saves, and says so", async () => {
    find(root(), "[data-testid=toggle-rag]").click();
    inForce = { ...ROUTING, version: 9 };
    live.tell("routing", "9");
    await new Promise((done) => setTimeout(done, 200));
    await settled();
    expect(find(root(), "[data-testid=stale]").textContent).toContain("version 9");
    expect(find(root(), "[data-testid=toggle-rag]").getAttribute("aria-checked")).toBe("false");
  });

  it("can only be looked at by an operator, who is told why", async () => {
    page.remove();
    await appear("operator");
    const toggle = find(root(), "[data-testid=toggle-rag]") as HTMLButtonElement;
    expect([toggle.disabled, toggle.title]).toEqual([true, "Only an admin may do this."]);
  });
});

describe("the operators' interface", () => {
  const answer = (status: number, body: unknown) =>
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(JSON.stringify(body), { status }));
  const api = new Api(new Http("https://shop.example/", "secret", "Mirá"));

  it("sends token, name, version and reason", async () => {
    const fetched = answer(200, ROUTING);
    await api.saveRouting({ backends: {}, arms: [], error_budget: 0.1 }, 3, "why not");
    const [url, request] = fetched.mock.calls[0] as [URL, RequestInit & { headers: Headers; body: string }];
    expect(url.href).toBe("https://shop.example/api/routing");
    expect(Object.fromEntries(request.headers)).toMatchObject({
      authorization: "Bearer secret",
      "if-match": "3",
      "x-operator": "Mira",
    });
    expect(JSON.parse(request.body)).toEqual({ backends: {}, arms: [], error_budget: 0.1, why: "why not" });
  });

  it("keeps ids inside their place in the address", async () => {
    const fetched = answer(200, {});
    await api.conversation("../routing?x");
    expect((fetched.mock.calls[0]?.[0] as URL).pathname).toBe("/api/conversations/..%2Frouting%3Fx");
  });

  it.each([
    [409, { code: "conflict", message: "changed meanwhile" }, "changed meanwhile", "conflict"],
    [422, { detail: [{ msg: "bad weight" }] }, "bad weight", ""],
    [500, "oops", "The server answered 500.", ""],
  ])("passes a refusal %i on in words", async (status, body, message, code) => {
    answer(status, body);
    await expect(api.routing()).rejects.toEqual(new ApiError(status, message, code));
  });

  it("says when there is no server", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("failed to fetch"));
    await expect(api.routing()).rejects.toMatchObject({ status: 0 });
  });
});
