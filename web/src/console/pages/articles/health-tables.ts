/** Tables of articles, replies and what is missing: what is wrong first. Plain templates. */
import { html, nothing } from "lit";
import { tableBox } from "../parts/table-box.js";
import { count, counted, day, titled } from "../parts/words.js";
import {
  HEALTH,
  healthOf,
  sortedArticles,
  sortedReplies,
  tally,
  type ArticleHealth,
  type ArticleNote,
  type Articles,
  type Missing,
  type ReplyHealth,
  type Used,
} from "./model.js";

export function summary(all: readonly Used[]): unknown {
  return html`<p class="chips" data-testid="health">
    ${tally(all).map(([health, n]) =>
      n
        ? html`<span class="tag ${HEALTH[health][1]}">${count(n)} ${HEALTH[health][0].toLowerCase()}</span>`
        : nothing,
    )}
  </p>`;
}

/** The tag, what is wrong, and how often customers disliked it. */
function health(one: Used & { disliked?: number }): unknown {
  const [words, tone] = HEALTH[healthOf(one)];
  const more = [one.problem, one.disliked ? counted(one.disliked, "thumb down", "thumbs down") : null].filter(
    Boolean,
  );
  return html`<span class="tag ${tone}">${words}</span>
    ${more.length ? html`<span class="soft fine">${more.join("; ")}</span>` : nothing}`;
}

function noteList(notes: readonly ArticleNote[]): unknown {
  if (!notes.length) return nothing;
  return html`<ul class="fine">
    ${notes.map(({ text, by, at }) => html`<li>“${text}” <span class="soft">${by}, ${day(at)}</span></li>`)}
  </ul>`;
}

export function articleTable(articles: readonly ArticleHealth[]): unknown {
  return tableBox(
    "Articles",
    html`<table class="stack" data-testid="articles">
      <thead>
        <tr>
          <th scope="col">Article</th>
          <th scope="col">Health</th>
          <th scope="col" class="number">Cited</th>
          <th scope="col" class="number">Last cited</th>
          <th scope="col" class="number">Words</th>
          <th scope="col" class="number">Updated</th>
        </tr>
      </thead>
      <tbody>
        ${sortedArticles(articles).map(articleRow)}
      </tbody>
    </table>`,
  );
}

function articleRow(one: ArticleHealth): unknown {
  return html`<tr>
    <th scope="row">
      <a href="help/${encodeURIComponent(one.article_id)}" target="_blank" rel="noreferrer">${one.title}</a>
    </th>
    <td data-label="Health">
      <div>${health(one)} ${noteList(one.notes ?? [])}</div>
    </td>
    <td class="number" data-label="Cited">${count(one.cited)}</td>
    <td class="number" data-label="Last cited">${day(one.last_cited_at)}</td>
    <td class="number" data-label="Words">${count(one.words)}</td>
    <td class="number" data-label="Updated">${day(one.updated)}</td>
  </tr>`;
}

export function replyTable(replies: readonly ReplyHealth[]): unknown {
  return tableBox(
    "Replies",
    html`<table class="stack" data-testid="replies">
      <thead>
        <tr>
          <th scope="col">Intent</th>
          <th scope="col">Health</th>
          <th scope="col" class="number">Used</th>
          <th scope="col" class="number">Last used</th>
          <th scope="col" class="number">Variants</th>
        </tr>
      </thead>
      <tbody>
        ${sortedReplies(replies).map(replyRow)}
      </tbody>
    </table>`,
  );
}

function replyRow(one: ReplyHealth): unknown {
  return html`<tr>
    <th scope="row">${one.title || titled(one.intent)}<br /><code class="soft">${one.intent}</code></th>
    <td data-label="Health"><div>${health(one)}</div></td>
    <td class="number" data-label="Used">${count(one.used)}</td>
    <td class="number" data-label="Last used">${day(one.last_used_at)}</td>
    <td class="number" data-label="Variants">
      ${count(one.variants)}${one.accepted ? html`<br /><span class="soft fine">${count(one.accepted)} from operators</span>` : nothing}
    </td>
  </tr>`;
}

export function missingList({ missing, wanted = [] }: Articles): unknown {
  if (!missing.length && !wanted.length)
    return html`<div class="empty blank">
      <b>Nothing is missing.</b>
      <span>Questions that neither a reply nor an article answers are gathered here.</span>
    </div>`;
  return html`<ul class="missing">
    ${wanted.map(
      ({ text, by, at }) =>
        html`<li class="card" data-testid="wanted-article">
          <p><b class="wrap">${text}</b> <span class="tag info">asked for by ${by}, ${day(at)}</span></p>
        </li>`,
    )}
    ${missing.map(topic)}
  </ul>`;
}

function topic({ text, n, examples }: Missing): unknown {
  return html`<li class="card" data-testid="missing-topic">
    <p>
      <b class="wrap" dir="auto">${text}</b>
      <span class="tag warn">asked ${counted(n, "time")}</span>
    </p>
    <ul class="soft fine wrap">
      ${examples
        .filter((one) => one !== text)
        .slice(0, 4)
        .map((one) => html`<li dir="auto">“${one}”</li>`)}
    </ul>
  </li>`;
}
