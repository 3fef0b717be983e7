/* Generated from bot/wire.py by `npm run wire`; do not edit. */

export type ClientFrame =
  SessionRequest | UserUttered | QuickReplyPressed | Feedback | Resolved | HandoffRequest | Typing | Ping;
export type ServerFrame =
  | SessionConfirm
  | UserUtteredOut
  | BotUttered
  | OperatorUttered
  | OwnerChanged
  | ConversationClosed
  | StatusOut
  | BotStarted
  | BotToken
  | BotCancelled
  | QueueOut
  | ErrorOut
  | Pong;
export type OperatorFrame = OperatorReady | OperatorEvent | RoutingChanged | Changed | ErrorOut | Pong;

/**
 * A started message ends without an answer.
 */
export interface BotCancelled {
  type: "bot_cancelled";
  message_id: string;
  reply_to: string;
  reason: string;
}
/**
 * A backend begins to show its reply.
 */
export interface BotStarted {
  type: "bot_started";
  message_id: string;
  reply_to: string;
  backend: string;
}
/**
 * A piece of a streaming reply.
 */
export interface BotToken {
  type: "bot_token";
  message_id: string;
  text: string;
}
/**
 * A final bot message; its text replaces what was streamed.
 */
export interface BotUttered {
  offset: number;
  at: string;
  type: "bot_uttered";
  message_id: string;
  reply_to: string | null;
  text: string;
  backend: string;
  intent?: string | null;
  confidence?: number | null;
  citations?: CitationOut[];
  quick_replies?: QuickReplyOut[];
}
/**
 * See `backends.contract.Citation`.
 */
export interface CitationOut {
  title: string;
  url: string;
  article_id: string;
  quote: string;
}
/**
 * See `backends.contract.QuickReply`.
 */
export interface QuickReplyOut {
  title: string;
  payload: string;
}
/**
 * Something else an operator may be looking at has changed: fetch it again.
 */
export interface Changed {
  type: "changed";
  topic:
    "conversation" | "turn" | "proposal" | "model" | "operator" | "duty" | "audit" | "customer" | "article";
  id?: string | null;
}
/**
 * The conversation is over; the next message begins a new one.
 */
export interface ConversationClosed {
  offset: number;
  at: string;
  type: "conversation_closed";
  reason: string;
}
/**
 * A customer the shop vouches for.
 */
export interface CustomerIdentity {
  id: string;
  hmac: string;
}
/**
 * Something the client did, or the server could not do; never a provider's message.
 */
export interface ErrorOut {
  type: "error";
  code: string;
  message: string;
  retryable: boolean;
  reply_to?: string | null;
}
/**
 * Thumbs up or down on one bot message.
 */
export interface Feedback {
  type: "feedback";
  message_id: string;
  value: 1 | -1;
  reason?: string | null;
}
/**
 * The customer asks for a person.
 */
export interface HandoffRequest {
  type: "handoff_request";
}
/**
 * A stored event of any conversation, as it happens.
 */
export interface OperatorEvent {
  type: "event";
  conversation_id: string;
  event: UserUtteredOut | BotUttered | OperatorUttered | OwnerChanged | ConversationClosed;
}
/**
 * A customer message, in replay and in other tabs.
 */
export interface UserUtteredOut {
  offset: number;
  at: string;
  type: "user_uttered";
  message_id: string;
  text: string;
}
/**
 * A message by a person of the shop.
 */
export interface OperatorUttered {
  offset: number;
  at: string;
  type: "operator_uttered";
  message_id: string;
  text: string;
  operator: string;
}
/**
 * Who answers from now on.
 */
export interface OwnerChanged {
  offset: number;
  at: string;
  type: "owner_changed";
  owner: "bot" | "queue" | "operator";
}
/**
 * The token was right; live events follow.
 */
export interface OperatorReady {
  type: "ready";
}
/**
 * Keep-alive.
 */
export interface Ping {
  type: "ping";
}
/**
 * Answers a ping.
 */
export interface Pong {
  type: "pong";
}
/**
 * Where a customer stands who waits for a person; sent again when it changes.
 */
export interface QueueOut {
  type: "queue";
  position: number | null;
  waiting: number;
  estimate_s: number | null;
  on_duty: boolean;
}
/**
 * A button the customer pressed.
 */
export interface QuickReplyPressed {
  type: "quick_reply";
  message_id: string;
  reply_to: string;
  payload: string;
  title: string;
}
/**
 * The answer to "did this solve it?".
 */
export interface Resolved {
  type: "resolved";
  value: boolean;
}
/**
 * The routing has a new version.
 */
export interface RoutingChanged {
  type: "routing_changed";
  version: number;
}
/**
 * The conversation is open; replayed events follow.
 */
export interface SessionConfirm {
  type: "session_confirm";
  session_id: string;
  conversation_id: string;
  offset: number;
  owner: "bot" | "queue" | "operator" | "closed";
}
/**
 * Begin or resume a conversation; must be the first frame.
 */
export interface SessionRequest {
  type: "session_request";
  session_id?: string | null;
  resume_from?: number | null;
  visitor_id?: string | null;
  customer?: CustomerIdentity | null;
  language?: string | null;
}
/**
 * A message was stored, the other side is typing, or is ready.
 */
export interface StatusOut {
  type: "status";
  state: "acknowledged" | "typing" | "ready";
  message_id?: string | null;
}
/**
 * The customer is typing.
 */
export interface Typing {
  type: "typing";
}
/**
 * A message the customer typed.
 */
export interface UserUttered {
  type: "user_uttered";
  message_id: string;
  text: string;
}
