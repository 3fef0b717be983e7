// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../../src/console/api.js";
import { ApiError, Http } from "../../src/console/http.js";
import "../../src/console/index.js";
import { RoutingView } from "../../src/console/routing-view.js";
import type { Routing } from "../../src/console/types.js";
import { WISH, type Wish } from "../../src/console/wish.js";

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

const find = (root: ParentNode, selector: string): HTMLElement => {
  const found = [...below(root)].find((element) => element.matches(selector));
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found as HTMLElement;
};

describe("routing", () => {
  let view: RoutingView;
  let wishes: Wish[];

  async function settled(): Promise<void> {
    for (let i = 0; i < 4; i += 1) await view.updateComplete;
  }

  beforeEach(async () => {
    view = new RoutingView();
    view.routing = ROUTING;
    view.statuses = [{ name: "intent", state: "ok" }];
    wishes = [];
    view.addEventListener(WISH, (event) => wishes.push((event as CustomEvent<Wish>).detail));
    document.body.append(view);
    await settled();
  });
  afterEach(() => {
    view.remove();
  });

  it("is saved as one version, with the reason", async () => {
    find(view.shadowRoot!, "[data-testid=toggle-rag]").click();
    await settled();
    expect(view.isDirty).toBe(true);
    const reason = find(view.shadowRoot!, "[data-testid=reason]") as HTMLInputElement;
    reason.value = "rag is slow today";
    reason.dispatchEvent(new Event("input"));
    find(view.shadowRoot!, "form.save").dispatchEvent(new Event("submit"));
    expect(wishes).toEqual([
      {
        want: "save-routing",
        reason: "rag is slow today",
        draft: {
          ...ROUTING,
          version: undefined,
          backends: { intent: { enabled: true }, rag: { enabled: false } },
        },
      },
    ]);
  });

  it("changes a chain without touching the version in force", async () => {
    find(view.shadowRoot!, "[aria-label='Try rag earlier']").click();
    await settled();
    const steps = [...below(view.shadowRoot!)].filter((element) => element.matches(".step span"));
    expect(steps.map((step) => step.textContent)).toEqual(["rag", "intent", "a person"]);
    expect(ROUTING.arms[0]?.chain).toEqual(["intent", "rag", "handoff"]);
  });

  it("loses its edits when a new version arrives", async () => {
    find(view.shadowRoot!, "[data-testid=toggle-rag]").click();
    view.routing = { ...ROUTING, version: 4 };
    await settled();
    expect(view.isDirty).toBe(false);
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
