/** A morning's worth of conversations, so that the console has something to show. */
const MINUTE = 60_000;

const TALKS = [
  {
    minutes: 1,
    owner: "queue",
    arm: "rag_only",
    customer: "c-20817",
    say: [
      ["Someone else's name is on my invoice and the address is wrong as well, please help me quickly", null],
    ],
  },
  {
    minutes: 2,
    owner: "queue",
    arm: "intent_first",
    say: [
      ["My tent pole snapped on the first trip, I need this sorted before Friday", null],
      ["I would like to talk to a person", null],
    ],
  },
  {
    minutes: 6,
    owner: "operator",
    operator: "Ben",
    arm: "rag_only",
    customer: "c-11804",
    say: [
      [
        "Can I still cancel TF-104291?",
        "It has been packed already, so it cannot be cancelled. You can return it for free.",
      ],
      ["But I ordered ten minutes ago!", null],
    ],
  },
  {
    minutes: 14,
    owner: "bot",
    arm: "intent_first",
    resolved: true,
    say: [
      ["where's my parcel", "What is your order number?"],
      ["TF-104233, anna@web.example", "Your order left Graz yesterday and should arrive tomorrow."],
    ],
  },
  {
    minutes: 31,
    owner: "bot",
    arm: "rag_only",
    say: [
      ["do ropes count as safety gear for returns", "Yes. Ropes cannot be returned once they were opened."],
    ],
  },
  {
    minutes: 55,
    owner: "closed",
    arm: "intent_first",
    resolved: true,
    say: [["Opening hours of the Salzburg shop?", "Linzer Gasse 48, Monday to Saturday, 9:30 to 18:00."]],
  },
  {
    minutes: 80,
    owner: "closed",
    arm: "intent_first",
    resolved: false,
    say: [
      [
        "wie lange dauert der Versand",
        "I can only answer in English so far. Would you like to talk to a person?",
      ],
    ],
  },
];

function turn(desk, talk, index, text, reply, ids) {
  const unsure = text.length > 60;
  const rag = talk.arm === "rag_only" || index > 1;
  return {
    turn_id: `t-${ids.bot}`,
    message_id: ids.customer,
    bot_message_id: ids.bot,
    text,
    reply,
    backend: rag ? "rag" : "intent",
    outcome: "reply",
    reason: rag ? "out_of_scope" : null,
    intent: rag ? null : "order_status",
    confidence: rag ? null : unsure ? 0.61 : 0.93,
    kind: "answer",
    mode: rag ? "generated" : null,
    arm: talk.arm,
    propensity: talk.arm === "rag_only" ? 0.3 : 0.7,
    routing_version: 3,
    prompt_hash: rag ? "9f0c2b7e51aa83d4c6e1" : null,
    index_hash: rag ? "41d7e09ab3c55f7012bd" : null,
    settings_hash: "0c5d1f98b7a2e6431f70",
    latency_ms: rag ? 912.4 : 3.1,
    cost_usd: rag ? 0.00012 : 0,
    labels: [],
    stages_ms: { load: 0.4, answer: rag ? 908.1 : 2.4, store: 1.2 },
    prompt_tokens: rag ? 386 : null,
    completion_tokens: rag ? 61 : null,
    bundle_id: rag ? null : "20260104-0200-b7d1",
    actions: [],
    attempts: rag
      ? [
          { backend: "soft_prompt", outcome: "disabled", ms: 0 },
          {
            backend: "intent",
            outcome: "abstain:low_confidence",
            ms: 2.2,
            intent: "return_item",
            confidence: 0.41,
            detail: null,
          },
          {
            backend: "rag",
            outcome: "reply",
            ms: 908.1,
            detail: "best passage 0.71, 3 of 4 sentences grounded",
          },
        ]
      : [{ backend: "intent", outcome: "reply", ms: 2.4 }],
    citations: rag
      ? [
          {
            title: "What cannot be returned",
            url: "/help/not-returnable",
            article_id: "not-returnable",
            quote: "Ropes, harnesses, helmets and carabiners cannot be returned once opened.",
          },
        ]
      : [],
  };
}

export function seed(desk) {
  for (const talk of TALKS) {
    const conversation = desk.create();
    conversation.arm = talk.arm;
    conversation.customer = talk.customer ?? null;
    conversation.resolved = talk.resolved ?? null;
    if (talk.minutes === 14) conversation.slots = { order_number: "TF-104233" };
    talk.say.forEach(([text, reply], index) => {
      const ids = { customer: desk.id(), bot: desk.id() };
      desk.store(conversation, { type: "user_uttered", message_id: ids.customer, text });
      if (!reply) return;
      const made = turn(desk, talk, index, text, reply, ids);
      conversation.turns.push(made);
      desk.store(conversation, {
        type: "bot_uttered",
        message_id: ids.bot,
        reply_to: ids.customer,
        text: reply,
        backend: made.backend,
        intent: made.intent,
        confidence: made.confidence,
        citations: made.citations,
        quick_replies: [],
      });
    });
    if (talk.owner === "closed") desk.store(conversation, { type: "conversation_closed", reason: "idle" });
    else if (talk.owner !== "bot") desk.store(conversation, { type: "owner_changed", owner: talk.owner });
    if (talk.operator) {
      conversation.operator = talk.operator;
      conversation.notes.push({
        note_id: desk.id(),
        kind: "note",
        by: talk.operator,
        text: "Ordered twice by mistake; the warehouse has been asked to hold the second parcel.",
        at: new Date(Date.now() - 60_000).toISOString(),
      });
    }
    conversation.events.forEach((event, i) => {
      event.at = new Date(Date.now() - talk.minutes * MINUTE + i * 9_000).toISOString();
    });
  }
}
