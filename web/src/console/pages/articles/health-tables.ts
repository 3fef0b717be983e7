/** Tables of articles, replies and what is missing: what is wrong first. Plain templates. */
import { html, nothing } from "lit";
import { tableBox } from "../parts/table-box.js";
import { count, day, titled } from "../parts/words.js";
import {
  HEALTH,
  healthOf,
  sortedArticles,
  sortedReplies,
  tally,
  variantsOf,
  type ArticleHealth,
  type Missing,
  type ReplyHealth,
} from "./model.js";

type Used = { problem: string | null; cited?: number; used?: number };

export function summary(all: readonly Used[]): unknown {
  return html`<p class="chips" data-testid="health">
    ${tally(all).map(([health, n]) =>
      n
        ? html`<span class="tag ${HEALTH[health][1]}">${count(n)} ${HEALTH[health][0].toLowerCase()}</span>`
        : nothing,
    )}
  </p>`;
}

function tag(one: Used): unknown {
  const [words, tone] = HEALTH[healthOf(one)];
  return html`<span class="tag ${tone}">${words}</span>`;
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
      <span>${tag(one)} ${one.problem ? html`<span class="soft fine">${one.problem}</span>` : nothing}</span>
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
    <th scope="row">${titled(one.intent)}</th>
    <td data-label="Health">
      <span>${tag(one)} ${one.problem ? html`<span class="soft fine">${one.problem}</span>` : nothing}</span>
    </td>
    <td class="number" data-label="Used">${count(one.used)}</td>
    <td class="number" data-label="Last used">${day(one.last_used_at)}</td>
    <td class="number" data-label="Variants">${count(variantsOf(one))}</td>
  </tr>`;
}

export function missingList(missing: readonly Missing[]): unknown {
  if (!missing.length)
    return html`<div class="empty blank">
      <b>Nothing is missing.</b>
      <span>Questions that neither a reply nor an article answers are gathered here.</span>
    </div>`;
  return html`<ul class="missing">
    ${missing.map(
      ({ text, n, examples }) =>
        html`<li class="card" data-testid="missing-topic">
          <p>
            <b class="wrap">${text}</b>
            <span class="tag warn">asked ${count(n)} ${n === 1 ? "time" : "times"}</span>
          </p>
          <ul class="soft fine wrap">
            ${examples
              .filter((one) => one !== text)
              .slice(0, 4)
              .map((one) => html`<li dir="auto">“${one}”</li>`)}
          </ul>
        </li>`,
    )}
  </ul>`;
}
