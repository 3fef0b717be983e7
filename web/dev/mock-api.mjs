/** The operators' HTTP side of the mock. */
import { seed } from "./mock-seed.mjs";

const BACKENDS = ["intent", "rag", "soft_prompt", "scripted"];

async function readJson(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body ? JSON.parse(body) : {};
}

function summary(conversation) {
  const said = conversation.events.filter((event) => event.text);
  return {
    conversation_id: conversation.id,
    owner: conversation.owner,
    source: conversation.source,
    arm: conversation.arm,
    started_at: conversation.events[0]?.at,
    updated_at: conversation.events.at(-1)?.at,
    last_text: said.at(-1)?.text ?? null,
    language: "en",
    messages: said.length,
    resolved: conversation.resolved ?? null,
  };
}

const detail = ({ id, owner, source, arm, slots, events, turns }) => ({
  conversation_id: id,
  resolved: null,
  customer_id: null,
  close_reason: null,
  signals: [],
  owner,
  source,
  arm,
  slots,
  events,
  turns,
});

export function createApi(desk) {
  seed(desk);
  let routing = {
    version: 3,
    backends: Object.fromEntries(BACKENDS.map((name) => [name, { enabled: name !== "soft_prompt" }])),
    arms: [
      { arm: "intent_first", weight: 0.7, chain: ["intent", "rag", "handoff"] },
      { arm: "rag_only", weight: 0.3, chain: ["rag", "handoff"] },
    ],
    error_budget: 0.02,
  };

  const act = {
    "take-over": (conversation) => desk.store(conversation, { type: "owner_changed", owner: "operator" }),
    "hand-back": (conversation) => desk.store(conversation, { type: "owner_changed", owner: "bot" }),
    close: (conversation) => desk.store(conversation, { type: "conversation_closed", reason: "operator" }),
    reply: (conversation, body, operator) =>
      desk.store(conversation, {
        type: "operator_uttered",
        message_id: desk.id(),
        text: body.text,
        operator: operator,
      }),
  };

  function route(method, path, body, headers) {
    const [, , collection, id, verb] = path.split("/");
    if (collection === "routing" && method === "PUT") {
      if (headers["if-match"] !== String(routing.version))
        return [409, { message: `the routing is at version ${routing.version} by now` }];
      if (!body.arms.some((arm) => arm.weight > 0))
        return [422, { message: "at least one arm needs a weight above 0" }];
      routing = { ...routing, ...body, version: routing.version + 1 };
      for (const ws of desk.operators)
        ws.send(JSON.stringify({ type: "routing_changed", version: routing.version }));
      return [200, routing];
    }
    if (collection === "routing") return [200, routing];
    if (collection === "backends")
      return [
        200,
        {
          backends: BACKENDS.map((name) => ({
            name,
            enabled: routing.backends[name].enabled,
            state: name === "soft_prompt" ? "down" : "ok",
            detail: name === "soft_prompt" ? "no bundle" : "",
          })),
        },
      ];
    if (collection === "models")
      return [
        200,
        {
          current: "20260104-0200-b7d1",
          bundles: [
            { id: "20260103-0200-9a3c", is_current: false, problem: null, intents: 44, accuracy: 0.912 },
            { id: "20260104-0200-b7d1", is_current: true, problem: null, intents: 44, accuracy: 0.931 },
          ],
        },
      ];
    if (collection === "reports")
      return [
        200,
        {
          definition: "resolution/1",
          arms: [
            { arm: "intent_first", n: 412, resolved: 301, rate: 0.731, low: 0.686, high: 0.771 },
            { arm: "rag_only", n: 171, resolved: 104, rate: 0.608, low: 0.533, high: 0.678 },
          ],
        },
      ];
    if (collection === "turns") return labelled(id, body);
    if (collection !== "conversations") return [404, { message: `no ${path}` }];
    if (!id)
      return [
        200,
        {
          conversations: [...desk.conversations.values()]
            .filter((one) => one.events.length)
            .map(summary)
            .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)),
          next: null,
        },
      ];
    const conversation = desk.conversations.get(id);
    if (!conversation) return [404, { message: `no conversation ${id}` }];
    if (verb) act[verb](conversation, body, headers["x-operator"]);
    return [200, detail(conversation)];
  }

  function labelled(id, body) {
    for (const { turns } of desk.conversations.values())
      for (const turn of turns)
        if (turn.turn_id === id)
          turn.labels.push({
            intent: body.intent,
            note: body.note,
            provenance: "operator",
            by: "mock",
            label_id: desk.id(),
          });
    return [200, { ok: true }];
  }

  return async function api(request, response, pathname) {
    const [status, value] =
      request.headers.authorization === "Bearer wrong"
        ? [401, { message: "wrong token" }]
        : route(request.method, pathname, await readJson(request), request.headers);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}
