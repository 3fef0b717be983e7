/** What a key means on the labelling page. */

export type Command =
  | { do: "guess"; place: number }
  | { do: "search"; typed: string }
  | { do: "out-of-scope" }
  | { do: "skip" }
  | { do: "undo" }
  | { do: "move"; step: number };

const COMMANDS: Record<string, Command> = {
  o: { do: "out-of-scope" },
  s: { do: "skip" },
  u: { do: "undo" },
  j: { do: "move", step: 1 },
  k: { do: "move", step: -1 },
  ArrowDown: { do: "move", step: 1 },
  ArrowRight: { do: "move", step: 1 },
  ArrowUp: { do: "move", step: -1 },
  ArrowLeft: { do: "move", step: -1 },
  "/": { do: "search", typed: "" },
};

/** Keys that no button on the page shows. */
export const LEGEND: readonly [keys: string[], meaning: string][] = [
  [["1", "…", "5"], "takes a guess"],
  [["A", "…", "Z"], "searches all intents"],
  [["J", "K"], "next and back, without a label"],
];

/** Null for a key that means nothing here; with Ctrl, Alt or Meta it belongs to the browser. */
export function commandOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
): Command | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-5]$/.test(key)) return { do: "guess", place: Number(key) - 1 };
  const command = COMMANDS[key];
  if (command) return command;
  return /^\p{L}$/u.test(key) ? { do: "search", typed: key } : null;
}
