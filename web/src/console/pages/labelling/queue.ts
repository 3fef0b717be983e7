/** The labelling queue as a value: which turn is shown, what was decided, how fast it goes. Knows no element, no clock. */

export interface Guess {
  intent: string;
  title: string;
  /** 0..1 */
  confidence: number | null;
}

export interface QueuedTurn {
  turn_id: string;
  conversation_id: string;
  asked_at: string;
  text: string;
  reply: string | null;
  backend: string | null;
  intent: string | null;
  /** 0..1 */
  confidence: number | null;
  /** How much a label would teach; only its order matters. */
  score: number;
  reasons: string[];
  /** How often it was asked in these words. */
  n?: number;
  guesses: Guess[];
}

export type Decision = { kind: "label"; intent: string; at: number } | { kind: "skip"; at: number };

export interface Queue {
  turns: readonly QueuedTurn[];
  /** Turn shown; null when every one is decided. */
  current: string | null;
  decisions: Readonly<Record<string, Decision>>;
  /** Turns in the order they were decided, the last one is undone first. */
  order: readonly string[];
}

export interface Progress {
  labelled: number;
  skipped: number;
  of: number;
  /** Seconds a turn takes, pauses left out; null before there are two. */
  pace_s: number | null;
}

/** A person who sets out labels fifty. */
export const SITTING = 50;
/** A longer gap is a pause, not a hard question. */
const PAUSE_MS = 60_000;

export const OUT_OF_SCOPE = "oos";

export const EMPTY: Queue = { turns: [], current: null, decisions: {}, order: [] };

/** Takes in what the server has now; what was decided here stays decided, and the turn shown stays. */
export function arrived(queue: Queue, turns: readonly QueuedTurn[]): Queue {
  const decided = queue.turns.filter((turn) => queue.decisions[turn.turn_id]);
  const shown = queue.turns.filter(
    (turn) => turn.turn_id === queue.current && !queue.decisions[turn.turn_id],
  );
  const kept = new Set([...decided, ...shown].map((turn) => turn.turn_id));
  const merged = [...decided, ...shown, ...turns.filter((turn) => !kept.has(turn.turn_id))];
  const next = { ...queue, turns: merged };
  return { ...next, current: shown[0]?.turn_id ?? firstOpen(next) };
}

/** Decides the turn shown and goes on to the next open one. */
export function decide(queue: Queue, decision: Decision): Queue {
  const { current } = queue;
  if (current === null) return queue;
  const decisions = { ...queue.decisions, [current]: decision };
  const order = [...queue.order.filter((id) => id !== current), current];
  const next = { ...queue, decisions, order };
  return { ...next, current: openAfter(next, current) };
}

/** Takes the newest decision back and shows its turn again. */
export function undo(queue: Queue): Queue {
  const last = queue.order.at(-1);
  return last === undefined ? queue : reopened(queue, last);
}

/** Opens a decided turn again, as after a label that the server did not take. */
export function reopened(queue: Queue, turnId: string): Queue {
  const decisions = Object.fromEntries(Object.entries(queue.decisions).filter(([id]) => id !== turnId));
  return { ...queue, decisions, order: queue.order.filter((id) => id !== turnId), current: turnId };
}

/** Shows the turn before or after, decided or not. */
export function moved(queue: Queue, step: number): Queue {
  const from = queue.turns.findIndex((turn) => turn.turn_id === queue.current);
  const to = Math.min(queue.turns.length - 1, Math.max(0, (from < 0 ? queue.turns.length : from) + step));
  return { ...queue, current: queue.turns[to]?.turn_id ?? null };
}

export function shown(queue: Queue): QueuedTurn | null {
  return queue.turns.find((turn) => turn.turn_id === queue.current) ?? null;
}

export function progress(queue: Queue): Progress {
  const decided = queue.order.map((id) => queue.decisions[id]).filter((one) => one !== undefined);
  const labelled = decided.filter((one) => one.kind === "label").length;
  const skipped = decided.length - labelled;
  return { labelled, skipped, of: Math.min(SITTING, queue.turns.length), pace_s: pace(decided) };
}

function pace(decided: readonly Decision[]): number | null {
  const times = decided.map((one) => one.at).sort((a, b) => a - b);
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? at));
  const steady = gaps.filter((gap) => gap <= PAUSE_MS);
  if (!steady.length) return null;
  return steady.reduce((sum, gap) => sum + gap, 0) / steady.length / 1000;
}

function firstOpen({ turns, decisions }: Queue): string | null {
  return turns.find((turn) => !decisions[turn.turn_id])?.turn_id ?? null;
}

/** The next open turn in the list; after the last one, the first that was left open. */
function openAfter(queue: Queue, turnId: string): string | null {
  const from = queue.turns.findIndex((turn) => turn.turn_id === turnId);
  const later = queue.turns.slice(from + 1).find((turn) => !queue.decisions[turn.turn_id]);
  return later?.turn_id ?? firstOpen(queue);
}

/** Somebody else has decided a turn: it leaves the queue, unless it was decided here or is shown. */
export function without(queue: Queue, turnId: string): Queue {
  if (queue.decisions[turnId] || queue.current === turnId) return queue;
  return { ...queue, turns: queue.turns.filter((turn) => turn.turn_id !== turnId) };
}
