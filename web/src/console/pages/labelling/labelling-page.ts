/** `<labelling-page>`: the turns most worth a label, one after another, by keyboard. Holds the queue and sends the labels. */
import { LitElement, html, nothing } from "lit";
import { Loaded } from "../../loaded.js";
import { ApiError, notify, pageProperties, type LiveTopics, type Me, type PageApi } from "../page.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { isShortcut } from "../parts/shortcuts.js";
import { duration } from "../parts/words.js";
import { LEGEND, commandOf, type Command } from "./keys.js";
import { labellingStyles } from "./labelling-page.styles.js";
import { LabelOutbox } from "./outbox.js";
import {
  EMPTY,
  OUT_OF_SCOPE,
  SITTING,
  arrived,
  decide,
  moved,
  progress,
  reopened,
  shown,
  undo,
  without,
  type Queue,
  type QueuedTurn,
} from "./queue.js";
import { titleOf, type Intent } from "./search.js";

export class LabellingPage extends LitElement {
  static override properties = { ...pageProperties, queue: { state: true }, searching: { state: true } };
  static override styles = [...partStyles, labellingStyles];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private queue: Queue;
  /** What the search box begins with; null while it is closed. */
  declare private searching: string | null;

  private readonly turns = new Loaded(this, {
    fetch: () => this.api.get<{ turns: QueuedTurn[]; left: number }>("labelling", { limit: SITTING }),
    then: ({ turns }) => {
      this.queue = arrived(this.queue, turns);
    },
  });
  private readonly intents = new Loaded(this, {
    fetch: () => this.api.get<{ intents: Intent[] }>("intents"),
  });
  private readonly outbox = new LabelOutbox({
    send: (turnId, intent) => this.api.post(`turns/${encodeURIComponent(turnId)}/label`, { intent }),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    failed: (turnId, error) => {
      this.refused(turnId, error);
    },
  });
  private deaf: (() => void) | null = null;

  constructor() {
    super();
    this.queue = EMPTY;
    this.searching = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.pressed, { capture: true });
    window.addEventListener("beforeunload", this.leaving);
    document.addEventListener("visibilitychange", this.flushed);
    void Promise.resolve().then(() => {
      this.deaf?.();
      this.deaf =
        this.live?.on(["turn"], (_, id) => {
          if (id) this.queue = without(this.queue, id);
        }) ?? null;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.pressed, { capture: true });
    window.removeEventListener("beforeunload", this.leaving);
    document.removeEventListener("visibilitychange", this.flushed);
    this.deaf?.();
    this.flushed();
  }

  override render(): unknown {
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Labelling</h1>
          <p>The messages that teach the most. Tonight's model learns from your labels.</p>
        </div>
      </header>
      ${staleNote(this.turns)} ${noteOf(this.turns, "a labelling queue") ?? this.work()}
    </div>`;
  }

  private work(): unknown {
    if (!this.queue.turns.length)
      return html`<div class="empty blank" data-testid="nothing-to-label">
        <b>Nothing to label.</b><span>Messages appear here as customers write.</span>
      </div>`;
    const turn = shown(this.queue);
    return html`${this.meter()}
      <div class="columns">
        <div class="main">
          ${turn ? this.card(turn) : this.done()}
          <ul class="legend" aria-label="Keys">
            ${LEGEND.map(([keys, meaning]) => html`<li>${keys.map((key) => (key === "…" ? key : html`<kbd>${key}</kbd>`))} ${meaning}</li>`)}
          </ul>
        </div>
        <label-trail
          .queue=${this.queue}
          .intents=${this.known}
          @pick=${(event: CustomEvent<string>) => {
            this.queue = { ...this.queue, current: event.detail };
          }}
        ></label-trail>
      </div>`;
  }

  private meter(): unknown {
    const { labelled, of, pace_s: pace } = progress(this.queue);
    const left = Math.max(0, of - labelled);
    return html`<div class="progress">
      <p data-testid="label-progress">
        <b>${labelled} of ${of}</b>
        <span class="soft">
          ${pace === null ? "Fifty take about five minutes." : html`${duration(pace)} each${left ? html`, ${duration(left * pace)} to go` : nothing}`}
        </span>
      </p>
      <progress max=${Math.max(1, of)} value=${Math.min(labelled, of)} aria-label="Labelled"></progress>
    </div>`;
  }

  private card(turn: QueuedTurn): unknown {
    return html`<turn-card
        .turn=${turn}
        .decision=${this.queue.decisions[turn.turn_id] ?? null}
        .intents=${this.known}
        .now=${Date.now()}
        .canUndo=${this.queue.order.length > 0}
        @act=${(event: CustomEvent<Command>) => {
          this.act(event.detail);
        }}
      ></turn-card>
      ${
        this.searching === null
          ? nothing
          : html`<intent-search
              .intents=${this.known}
              .typed=${this.searching}
              @choose=${(event: CustomEvent<string>) => {
                this.label(event.detail);
              }}
              @leave=${() => {
                this.searching = null;
              }}
            ></intent-search>`
      }`;
  }

  private done(): unknown {
    const { labelled, pace_s: pace } = progress(this.queue);
    return html`<div class="empty blank" role="status" data-testid="label-done">
      <b>${labelled} labelled${pace === null ? "" : `, ${duration(pace)} each`}.</b>
      <span>The next nightly run learns from them.</span>
      <div class="actions">
        <button class="button" ?disabled=${!this.queue.order.length} @click=${this.back}>
          Undo the last
        </button>
        <button class="button primary" data-testid="label-more" @click=${this.more}>More</button>
      </div>
    </div>`;
  }

  private get known(): readonly Intent[] {
    return this.intents.value?.intents ?? [];
  }

  private act(command: Command): void {
    switch (command.do) {
      case "guess": {
        const guess = shown(this.queue)?.guesses[command.place];
        if (guess) this.label(guess.intent);
        break;
      }
      case "out-of-scope":
        this.label(OUT_OF_SCOPE);
        break;
      case "search":
        if (shown(this.queue)) this.searching = command.typed;
        break;
      case "skip":
        this.skip();
        break;
      case "undo":
        this.back();
        break;
      case "move":
        this.queue = moved(this.queue, command.step);
        break;
    }
  }

  private label(intent: string): void {
    const { current } = this.queue;
    this.searching = null;
    if (current === null) return;
    this.outbox.put(current, intent);
    this.queue = decide(this.queue, { kind: "label", intent, at: Date.now() });
  }

  private skip(): void {
    const { current } = this.queue;
    if (current !== null) this.outbox.takeBack(current);
    this.queue = decide(this.queue, { kind: "skip", at: Date.now() });
  }

  private back(): void {
    const last = this.queue.order.at(-1);
    if (last === undefined) return;
    const decision = this.queue.decisions[last];
    const isGone = !this.outbox.takeBack(last) && decision?.kind === "label";
    this.queue = undo(this.queue);
    if (isGone)
      notify(
        this,
        `Already sent as ${titleOf(this.known, decision.intent)}: the label you give now replaces it.`,
        "info",
      );
  }

  private more(): void {
    this.queue = EMPTY;
    void this.outbox.flush().then(() => this.turns.again());
  }

  private refused(turnId: string, error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    this.queue = reopened(this.queue, turnId);
    notify(this, `A label was not saved: ${error.message}`, "bad");
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (!isShortcut(event)) return;
    const command = commandOf(event);
    if (!command || !this.queue.turns.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.act(command);
  };

  private readonly flushed = (): void => {
    if (!this.isConnected || document.visibilityState === "hidden") void this.outbox.flush();
  };

  private readonly leaving = (event: BeforeUnloadEvent): void => {
    if (!this.outbox.waiting) return;
    void this.outbox.flush();
    event.preventDefault();
  };
}
