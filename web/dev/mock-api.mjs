/** The operators' HTTP side of the mock. */
import { seed } from "./mock-seed.mjs";

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

const INTENTS = [
  "order_status",
  "cancel_order",
  "return_item",
  "shipping_cost",
  "shipping_time",
  "change_address",
  "greet",
].map((intent) => ({ intent, title: intent.replaceAll("_", " "), examples: 20, has_reply: true }));

const SUGGESTIONS = [
  {
    backend: "intent",
    text: "I am sorry about that. Could you tell me your order number, so that I can look it up?",
    citations: [],
    intent: "order_status",
    confidence: 0.72,
  },
  {
    backend: "rag",
    text: "You can return almost anything within 60 days of delivery, unused and with its tags. The label is free in Austria and Germany.",
    citations: [{ title: "Returning an item", url: "/help/return", article_id: "return", quote: "60 days" }],
    intent: null,
    confidence: null,
  },
];

const PREVIEW = {
  since: ago(7 * 24 * 60),
  turns: 1204,
  changed: 187,
  by_backend: { now: { intent: 820, rag: 301, handoff: 83 }, then: { intent: 820, rag: 114, handoff: 270 } },
  answered_now: 1121,
  answered_then: 934,
  cost_now: 0.4123,
  cost_then: 0.1561,
  caveat: "What a backend that was not asked would have said is estimated from similar turns.",
};

const BACKENDS = ["intent", "rag", "soft_prompt", "scripted"];

async function readJson(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body ? JSON.parse(body) : {};
}

function summary(conversation) {
  const said = conversation.events.filter((event) => event.text);
  const turn = conversation.turns.at(-1);
  const queued = conversation.events.findLast((event) => event.type === "owner_changed");
  return {
    conversation_id: conversation.id,
    owner: conversation.owner,
    operator: conversation.operator,
    source: conversation.source,
    arm: conversation.arm,
    customer_id: conversation.customer,
    started_at: conversation.events[0]?.at,
    updated_at: conversation.events.at(-1)?.at,
    last_text: said.at(-1)?.text ?? null,
    language: "en",
    messages: said.length,
    resolved: conversation.resolved ?? null,
    waiting_s: conversation.owner === "queue" ? (Date.now() - Date.parse(queued.at)) / 1000 : null,
    backend: turn?.backend ?? null,
    intent: turn?.intent ?? null,
    confidence: turn?.confidence ?? null,
  };
}

const detail = (conversation) => ({
  ...summary(conversation),
  close_reason: conversation.owner === "closed" ? "idle" : null,
  signals: [],
  slots: conversation.slots,
  events: conversation.events,
  turns: conversation.turns,
  notes: conversation.notes,
});

const fits = (row, query) =>
  (!query.get("owner") || query.get("owner").split(",").includes(row.owner)) &&
  ["source", "arm", "backend", "intent"].every((name) => !query.get(name) || row[name] === query.get(name)) &&
  (row.last_text ?? "").toLowerCase().includes((query.get("q") ?? "").toLowerCase());

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

  const versions = [
    { version: 3, at: ago(90), who: "Ada", why: "rag gets a share of its own", document: routing },
    {
      version: 2,
      at: ago(60 * 30),
      who: "Ben",
      why: "the classifier is good enough to go first",
      document: { ...routing, arms: [{ ...routing.arms[0], weight: 1 }] },
    },
    {
      version: 1,
      at: ago(60 * 60),
      who: null,
      why: null,
      document: { ...routing, arms: [{ arm: "intent_first", weight: 1, chain: ["rag", "handoff"] }] },
    },
  ];
  const onDuty = new Set(["Ben"]);

  function putRouting(document, who, why) {
    routing = { ...routing, ...document, version: routing.version + 1 };
    versions.unshift({ version: routing.version, at: ago(0), who, why, document: routing });
    desk.tellOperators({ type: "routing_changed", version: routing.version });
    return [200, routing];
  }

  const act = {
    "take-over": (conversation, _, operator) => {
      conversation.operator = operator;
      desk.store(conversation, { type: "owner_changed", owner: "operator" });
    },
    "hand-back": (conversation, body, operator) => {
      conversation.operator = null;
      if (body.summary) addNote(conversation, "summary", body.summary, operator);
      desk.store(conversation, { type: "owner_changed", owner: "bot" });
    },
    close: (conversation) => desk.store(conversation, { type: "conversation_closed", reason: "operator" }),
    reply: (conversation, body, operator) =>
      desk.store(conversation, {
        type: "operator_uttered",
        message_id: desk.id(),
        text: body.text,
        operator,
      }),
    notes: (conversation, body, operator) => addNote(conversation, "note", body.text, operator),
  };

  function addNote(conversation, kind, text, by) {
    conversation.notes.push({ note_id: desk.id(), kind, by, text, at: ago(0) });
    desk.tellOperators({ type: "changed", topic: "conversation", id: conversation.id });
  }

  const tell = {
    suggestions: () => ({ suggestions: SUGGESTIONS }),
    summary: (conversation) => ({
      summary: `The customer asked: ${conversation.events.find((event) => event.text)?.text ?? "nothing"}`,
    }),
  };

  function route(method, path, body, headers, query) {
    const [, , collection, id, verb] = path.split("/");
    const who = headers["x-operator"] ?? "operator";
    if (collection === "me" && method === "PUT") {
      if (body.on_duty) onDuty.add(who);
      else onDuty.delete(who);
      desk.tellOperators({ type: "changed", topic: "duty", id: null });
      return [200, {}];
    }
    if (collection === "me") return [200, { name: who, role: "admin", on_duty: onDuty.has(who), rights: [] }];
    if (collection === "duty") return [200, duty()];
    if (collection === "intents") return [200, { intents: INTENTS }];
    if (id === "versions") return [200, { versions }];
    if (id === "undo") return putRouting(versions[1].document, who, body.why);
    if (id === "preview") return [200, PREVIEW];
    if (collection === "routing" && method === "PUT") {
      if (headers["if-match"] !== String(routing.version))
        return [409, { message: `the routing is at version ${routing.version} by now` }];
      if (!body.arms.some((arm) => arm.weight > 0))
        return [422, { message: "at least one arm needs a weight above 0" }];
      return putRouting(body, who, body.why);
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
            .filter((row) => fits(row, query))
            .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)),
          next: null,
        },
      ];
    const conversation = desk.conversations.get(id);
    if (!conversation) return [404, { message: `no conversation ${id}` }];
    if (tell[verb]) return [200, tell[verb](conversation)];
    if (verb && !act[verb]) return [404, { message: "Not found." }];
    if (verb) act[verb](conversation, body, who);
    return [200, detail(conversation)];
  }

  function duty() {
    const waiting = [...desk.conversations.values()].filter((one) => one.owner === "queue").map(summary);
    return {
      on_duty: [...onDuty],
      waiting: waiting.length,
      longest_wait_s: waiting.length ? Math.max(...waiting.map((one) => one.waiting_s)) : null,
    };
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
    desk.tellOperators({ type: "changed", topic: "turn", id });
    return [200, { label_id: "l1", proposal_ids: body.reply || body.article_note ? ["p1"] : [] }];
  }

  return async function api(request, response, { pathname, searchParams }) {
    const [status, value] =
      request.headers.authorization === "Bearer wrong"
        ? [401, { message: "wrong token" }]
        : route(request.method, pathname, await readJson(request), request.headers, searchParams);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}
