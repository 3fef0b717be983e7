/** One turn to label: what the customer wrote, why it is asked, the guesses. Tells `act` with a command. */
import { LitElement, html, nothing } from "lit";
import { ago, spoken, wholePercent } from "../parts/words.js";
import { base } from "../../theme.js";
import type { Command } from "./keys.js";
import type { Decision, Guess, QueuedTurn } from "./queue.js";
import { titleOf, type Intent } from "./search.js";
import { cardStyles } from "./turn-card.styles.js";

/** Why a turn is worth a label, in the words of the page. */
const REASONS: Record<string, string> = {
  uncertain: "Not sure",
  disagree: "Backends disagree",
  disagreement: "Backends disagree",
  thumbs_down: "Thumbs down",
  frequent: "Asked often",
  fallback: "No answer",
  handoff: "Went to a person",
  rephrased: "Asked again in other words",
  clarified: "Had to ask back",
  out_of_scope: "Taken as out of scope",
};
const TONES: Record<string, string> = { thumbs_down: "bad", uncertain: "warn", fallback: "warn" };

export class TurnCard extends LitElement {
  static override properties = {
    turn: { attribute: false },
    /** What was decided about it; null while it is open. */
    decision: { attribute: false },
    intents: { attribute: false },
    now: { type: Number },
    canUndo: { type: Boolean },
  };
  static override styles = [base, cardStyles];

  declare turn: QueuedTurn;
  declare decision: Decision | null;
  declare intents: readonly Intent[];
  declare now: number;
  declare canUndo: boolean;

  override render(): unknown {
    const { turn } = this;
    return html`<article aria-labelledby="text" data-testid="label-card" data-turn=${turn.turn_id}>
      <div class="top">
        <div class="chips">
          ${(turn.n ?? 1) > 1 ? html`<span class="tag">Asked ${turn.n} times</span>` : nothing}
          ${turn.reasons.filter((code) => code !== "frequent" || !turn.n).map((code) => html`<span class="tag ${TONES[code] ?? "info"}">${spoken(code, REASONS)}</span>`)}
        </div>
        <a href="#/conversations/${turn.conversation_id}" data-testid="label-conversation">Conversation</a>
      </div>
      <p id="text" class="text" dir="auto" aria-live="polite">${turn.text}</p>
      ${this.answer()} ${this.decided()}
      <ol class="guesses" aria-label="Guesses">
        ${turn.guesses.slice(0, 5).map((guess, i) => this.guess(guess, i))}
      </ol>
      <div class="others">
        ${this.button("/", "Search all", { do: "search", typed: "" }, "search")}
        ${this.button("O", "Out of scope", { do: "out-of-scope" }, "oos")}
        ${this.button("S", "Skip", { do: "skip" }, "skip")}
        ${this.button("U", "Undo", { do: "undo" }, "undo", !this.canUndo)}
      </div>
    </article>`;
  }

  private answer(): unknown {
    const { reply, backend, intent, confidence, asked_at: at } = this.turn;
    const as = intent ? `${titleOf(this.intents, intent)}, ${wholePercent(confidence)}` : null;
    return html`<div class="answer">
      <p class="soft fine">
        <time datetime=${at}>${ago(at, this.now)}</time> ·
        ${backend ? html`answered by <b>${backend}</b>` : "not answered"}
        ${as ? html` as <b>${as}</b>` : nothing}
      </p>
      ${reply ? html`<p class="reply" dir="auto">${reply}</p>` : nothing}
    </div>`;
  }

  private decided(): unknown {
    const { decision } = this;
    if (!decision) return nothing;
    const what =
      decision.kind === "skip"
        ? "Skipped."
        : html`Labelled <b>${titleOf(this.intents, decision.intent)}</b>.`;
    return html`<p class="banner good" role="status" data-testid="decided">
      <span>${what} Choose again to change it.</span>
    </p>`;
  }

  private guess(guess: Guess, i: number): unknown {
    const isChosen = this.decision?.kind === "label" && this.decision.intent === guess.intent;
    const share = Math.round((guess.confidence ?? 0) * 100);
    return html`<li>
      <button
        class="guess ${isChosen ? "chosen" : ""}"
        data-testid="guess-${i + 1}"
        aria-keyshortcuts=${i + 1}
        @click=${() => {
          this.act({ do: "guess", place: i });
        }}
      >
        <kbd>${i + 1}</kbd>
        <span class="name"
          ><b>${guess.title || titleOf(this.intents, guess.intent)}</b><code>${guess.intent}</code></span
        >
        <span class="share">${wholePercent(guess.confidence)}</span>
        <span class="bar" aria-hidden="true"><i style="width: ${share}%"></i></span>
      </button>
    </li>`;
  }

  private button(key: string, label: string, command: Command, name: string, isOff = false): unknown {
    return html`<button
      class="button"
      ?disabled=${isOff}
      data-testid="label-${name}"
      aria-keyshortcuts=${key}
      @click=${() => {
        this.act(command);
      }}
    >
      <kbd>${key}</kbd> ${label}
    </button>`;
  }

  private act(command: Command): void {
    this.dispatchEvent(new CustomEvent<Command>("act", { detail: command }));
  }
}
