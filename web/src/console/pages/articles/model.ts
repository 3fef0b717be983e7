/** What the server tells about articles, replies and proposals, sorted by what needs a person first. */
import { titled } from "../parts/words.js";

export interface ArticleHealth {
  article_id: string;
  title: string;
  url: string | null;
  updated: string | null;
  words: number;
  /** How often an answer cited it. */
  cited: number;
  last_cited_at: string | null;
  /** Answers citing it that got a thumb down. */
  disliked?: number;
  /** Null when it is sound. */
  problem: string | null;
  /** What operators noted on it and an admin accepted: it waits for whoever writes the articles. */
  notes?: ArticleNote[];
}

export interface ArticleNote {
  proposal_id: string;
  text: string;
  by: string;
  at: string;
}

/** Questions that no article and no reply answers. */
export interface Missing {
  text: string;
  n: number;
  examples: string[];
}

export interface Articles {
  articles: ArticleHealth[];
  missing: Missing[];
  /** Accepted notes that ask for a new article. */
  wanted?: ArticleNote[];
}

export interface ReplyHealth {
  intent: string;
  title?: string;
  kind?: "reply" | "flow" | "deferred" | "none";
  variants: number;
  /** Of the variants, those that came from operators. */
  accepted?: number;
  used: number;
  last_used_at: string | null;
  disliked?: number;
  problem: string | null;
}

export interface Proposal {
  proposal_id: string;
  kind: "reply" | "article";
  turn_id: string;
  conversation_id?: string | null;
  intent: string | null;
  article_id: string | null;
  text: string;
  by: string;
  at: string;
  state: "open" | "accepted" | "rejected";
  decided_by?: string | null;
  decided_at?: string | null;
  /** Why it cannot be accepted as it is; null when it can. */
  problem?: string | null;
}

export type Health = "broken" | "unused" | "fine" | "elsewhere";

export const HEALTH: Record<Health, [words: string, tone: string]> = {
  broken: ["Needs work", "bad"],
  unused: ["Never used", "warn"],
  fine: ["Fine", "good"],
  elsewhere: ["Left to the articles", ""],
};

const ORDER: Record<Health, number> = { broken: 0, unused: 1, fine: 2, elsewhere: 3 };

export interface Used {
  problem: string | null;
  cited?: number;
  used?: number;
  kind?: ReplyHealth["kind"];
}

export function healthOf(one: Used): Health {
  if (one.problem) return "broken";
  if (one.kind === "deferred") return "elsewhere";
  return (one.cited ?? one.used ?? 0) === 0 ? "unused" : "fine";
}

export function sortedArticles(articles: readonly ArticleHealth[]): ArticleHealth[] {
  return [...articles].sort(
    (a, b) => ORDER[healthOf(a)] - ORDER[healthOf(b)] || b.cited - a.cited || a.title.localeCompare(b.title),
  );
}

export function sortedReplies(replies: readonly ReplyHealth[]): ReplyHealth[] {
  return [...replies].sort(
    (a, b) => ORDER[healthOf(a)] - ORDER[healthOf(b)] || b.used - a.used || a.intent.localeCompare(b.intent),
  );
}

/** Counts in the order of the tags. */
export function tally(all: readonly Used[]): [Health, number][] {
  const healths = all.map(healthOf);
  return (Object.keys(ORDER) as Health[]).map((health) => [
    health,
    healths.filter((one) => one === health).length,
  ]);
}

/** What a proposal is for. */
export function subjectOf(proposal: Proposal): string {
  if (proposal.kind === "reply") return `Reply to ${titled(proposal.intent ?? "an intent")}`;
  return proposal.article_id ? `Note on the article ${proposal.article_id}` : "A new article";
}

/** What still waits for a decision, and what was decided last. */
export function split(proposals: readonly Proposal[]): { open: Proposal[]; decided: Proposal[] } {
  const byTime = [...proposals].sort((a, b) => (decidedAt(a) < decidedAt(b) ? 1 : -1));
  return {
    open: byTime.filter((one) => one.state === "open"),
    decided: byTime.filter((one) => one.state !== "open"),
  };
}

function decidedAt(proposal: Proposal): string {
  return proposal.decided_at ?? proposal.at;
}
