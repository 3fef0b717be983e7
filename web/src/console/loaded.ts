/** A controller that holds what was fetched: fetches when the element appears, and again when there is news of it. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Cancel } from "../shared/ports.js";
import { ApiError } from "./http.js";
import type { LiveTopics, Topic } from "./live.js";

export interface LoadedOptions<T> {
  fetch: () => Promise<T>;
  /** News that make it fetch again. */
  topics?: readonly Topic[];
  /** Called after each fetch that succeeded. */
  then?: (value: T) => void;
}

type Host = ReactiveControllerHost & { live?: LiveTopics };

/** News comes in bursts: fetch once for all of them. */
const SETTLE_MS = 120;

/** `private readonly articles = new Loaded(this, { fetch: () => this.api.get<Articles>("articles"), topics: ["article"] })`. */
export class Loaded<T> implements ReactiveController {
  /** The newest answer, kept while the next one is on its way; null before the first. */
  value: T | null = null;
  /** Why the newest try failed; empty when it did not. */
  problem = "";
  /** The server does not offer this. */
  isMissing = false;
  isBusy = false;
  private turn = 0;
  private cancel: Cancel | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: Host,
    private readonly options: LoadedOptions<T>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    // The properties are set by the time the first update begins.
    void Promise.resolve().then(() => {
      this.cancel?.();
      this.cancel =
        this.host.live?.on(this.options.topics ?? [], () => {
          clearTimeout(this.timer);
          this.timer = setTimeout(() => void this.again(), SETTLE_MS);
        }) ?? null;
      return this.again();
    });
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
    this.cancel?.();
    this.cancel = null;
    this.turn += 1;
  }

  /** Puts a value in place, an answer to a change for instance, and drops whatever is on its way. */
  set(value: T): void {
    this.turn += 1;
    this.value = value;
    this.isBusy = false;
    this.problem = "";
    this.host.requestUpdate();
  }

  /** Fetches anew; an older fetch that comes late is ignored. */
  async again(): Promise<void> {
    const turn = ++this.turn;
    this.isBusy = true;
    this.host.requestUpdate();
    try {
      const value = await this.options.fetch();
      if (turn !== this.turn) return;
      this.value = value;
      this.problem = "";
      this.isMissing = false;
      this.options.then?.(value);
    } catch (error) {
      if (turn !== this.turn) return;
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.message;
      this.isMissing = error.isMissing;
    } finally {
      if (turn === this.turn) {
        this.isBusy = false;
        this.host.requestUpdate();
      }
    }
  }
}
