/** What a page says while there is nothing to show: it loads, the server has none, or something went wrong. */
import { html, nothing } from "lit";
import type { Loaded } from "../../loaded.js";

/** Null when there is a value to show. */
export function noteOf<T>(loaded: Loaded<T>, what: string): unknown {
  if (loaded.value !== null) return null;
  if (loaded.isMissing)
    return html`<div class="empty blank" role="status" data-testid="missing">
      <b>This server does not offer ${what} yet.</b>
      <span>A newer version of Switchboard does.</span>
    </div>`;
  if (loaded.problem && !loaded.isBusy)
    return html`<div class="empty blank" role="alert" data-testid="failed">
      <b>${loaded.problem}</b>
      <button class="button" @click=${() => void loaded.again()}>Try again</button>
    </div>`;
  return html`<p class="empty blank" role="status">Loading ${what}…</p>`;
}

/** Above a value that could not be fetched anew. */
export function staleNote<T>(loaded: Loaded<T>): unknown {
  if (!loaded.problem || loaded.value === null) return nothing;
  return html`<p class="banner warn" role="status">
    <span>Not up to date: ${loaded.problem}</span>
    <button class="button" @click=${() => void loaded.again()}>Try again</button>
  </p>`;
}
