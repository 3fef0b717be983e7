/** Finds intents by a few letters of their name or title. */
import { titled } from "../parts/words.js";

export interface Intent {
  intent: string;
  title: string;
}

const MOST = 8;

/** Best first: the beginning of the title or name, then of a word in it, then letters anywhere. */
export function findIntents(intents: readonly Intent[], typed: string, most = MOST): Intent[] {
  const wanted = folded(typed).split(" ").filter(Boolean);
  const scored = intents
    .map((one) => ({ one, score: scoreOf(one, wanted) }))
    .filter(({ score }) => score > 0);
  return scored
    .sort((a, b) => b.score - a.score || a.one.title.localeCompare(b.one.title))
    .slice(0, most)
    .map(({ one }) => one);
}

function scoreOf({ intent, title }: Intent, wanted: readonly string[]): number {
  const texts = [folded(title), folded(intent.replaceAll("_", " "))];
  const scores = wanted.map((word) => Math.max(...texts.map((text) => scoreOfWord(text, word))));
  return scores.every((score) => score > 0) ? scores.reduce((sum, score) => sum + score, 1) : 0;
}

function scoreOfWord(text: string, word: string): number {
  if (text.startsWith(word)) return 4;
  if (text.includes(` ${word}`)) return 3;
  return text.includes(word) ? 1 : 0;
}

function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** "order_status" as people read it. */
export function titleOf(intents: readonly Intent[], intent: string): string {
  const known = intents.find((one) => one.intent === intent);
  if (known?.title) return known.title;
  return intent === "oos" ? "Out of scope" : titled(intent);
}
