/** Conversations of the mock: who owns them, what is said, who hears it. */
import { randomBytes } from "node:crypto";
import { answerTo } from "./mock-replies.mjs";

const id = () => randomBytes(8).toString("hex");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const now = () => new Date().toISOString();

export function createDesk() {
  const bySecret = new Map();
  const conversations = new Map();
  const operators = new Set();

  const tell = (conversation, frame, except) => {
    for (const ws of conversation.sockets) if (ws !== except) ws.send(JSON.stringify(frame));
  };

  function store(conversation, event, except) {
    const frame = { offset: conversation.events.length + 1, at: now(), ...event };
    conversation.events.push(frame);
    if (frame.owner) conversation.owner = frame.owner;
    if (frame.type === "conversation_closed") conversation.owner = "closed";
    tell(conversation, frame, except);
    const heard = JSON.stringify({ type: "event", conversation_id: conversation.id, event: frame });
    for (const ws of operators) ws.send(heard);
    return frame;
  }

  function create(source = "live") {
    const conversation = {
      id: `c-${id()}`,
      secret: id() + id(),
      owner: "bot",
      source,
      arm: "default",
      slots: {},
      events: [],
      turns: [],
      notes: [],
      operator: null,
      customer: null,
      sockets: new Set(),
    };
    bySecret.set(conversation.secret, conversation);
    conversations.set(conversation.id, conversation);
    return conversation;
  }

  async function answer(conversation, messageId, text) {
    tell(conversation, { type: "status", state: "typing" });
    await pause(500);
    const reply = answerTo(text);
    const bot = id();
    if (reply.handoff) return void store(conversation, { type: "owner_changed", owner: "queue" });
    tell(conversation, { type: "bot_started", message_id: bot, reply_to: messageId, backend: reply.backend });
    for (const word of reply.text.match(/\S+\s*/g) ?? []) {
      await pause(reply.slow ?? 15);
      if (conversation.owner !== "bot")
        return tell(conversation, {
          type: "bot_cancelled",
          message_id: bot,
          reply_to: messageId,
          reason: "taken_over",
        });
      tell(conversation, { type: "bot_token", message_id: bot, text: word });
    }
    store(conversation, {
      type: "bot_uttered",
      message_id: bot,
      reply_to: messageId,
      text: reply.text,
      backend: reply.backend,
      intent: reply.intent ?? null,
      confidence: reply.confidence ?? null,
      citations: reply.citations ?? [],
      quick_replies: reply.quick_replies ?? [],
    });
    conversation.turns.push(turnOf(bot, messageId, text, reply));
    tell(conversation, { type: "status", state: "ready" });
  }

  function turnOf(bot, messageId, text, reply) {
    return {
      turn_id: `t-${bot}`,
      message_id: messageId,
      bot_message_id: bot,
      text,
      reply: reply.text,
      backend: reply.backend,
      outcome: "reply",
      reason: null,
      intent: reply.intent ?? null,
      confidence: reply.confidence ?? null,
      kind: "answer",
      mode: null,
      latency_ms: 12.4,
      cost_usd: 0,
      citations: reply.citations ?? [],
      labels: [],
      stages_ms: {},
      prompt_tokens: null,
      completion_tokens: null,
      bundle_id: null,
      attempts:
        reply.backend === "rag"
          ? [
              { backend: "intent", outcome: "abstain:out_of_scope", ms: 2.1 },
              { backend: "rag", outcome: "reply", ms: 840.5 },
            ]
          : [{ backend: "intent", outcome: "reply", ms: 2.3 }],
    };
  }

  function uttered(ws, conversation, frame) {
    const text = frame.text ?? frame.title;
    ws.send(JSON.stringify({ type: "status", state: "acknowledged", message_id: frame.message_id }));
    if (conversation.events.some((event) => event.message_id === frame.message_id)) return;
    store(conversation, { type: "user_uttered", message_id: frame.message_id, text }, ws);
    if (conversation.owner === "bot") void answer(conversation, frame.message_id, frame.payload ?? text);
  }

  function hello(ws, frame) {
    const conversation = bySecret.get(frame.session_id) ?? create();
    conversation.sockets.add(ws);
    ws.on("close", () => conversation.sockets.delete(ws));
    ws.send(
      JSON.stringify({
        type: "session_confirm",
        session_id: conversation.secret,
        conversation_id: conversation.id,
        offset: conversation.events.length,
        owner: conversation.owner,
      }),
    );
    for (const event of conversation.events)
      if (event.offset > (frame.resume_from ?? 0)) ws.send(JSON.stringify(event));
    return conversation;
  }

  function customerConnected(ws) {
    let conversation = null;
    ws.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (frame.type === "ping") ws.send('{"type":"pong"}');
      else if (frame.type === "session_request") conversation = hello(ws, frame);
      else if (frame.type === "user_uttered" || frame.type === "quick_reply")
        uttered(ws, conversation, frame);
      else if (frame.type === "handoff_request")
        store(conversation, { type: "owner_changed", owner: "queue" });
    });
  }

  function operatorConnected(ws) {
    ws.once("message", () => {
      operators.add(ws);
      ws.send('{"type":"ready"}');
      ws.on("message", () => ws.send('{"type":"pong"}'));
      ws.on("close", () => operators.delete(ws));
    });
  }

  /** News that are no events of a conversation. */
  function tellOperators(frame) {
    for (const ws of operators) ws.send(JSON.stringify(frame));
  }

  return {
    conversations,
    operators,
    tellOperators,
    create,
    store,
    answer,
    customerConnected,
    operatorConnected,
    id,
  };
}
