/** Calls again and again while its element is on the page and the page is looked at. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Every implements ReactiveController {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: ReactiveControllerHost,
    /** Milliseconds until the next call; read anew after each. */
    private readonly pause: () => number,
    private readonly run: () => unknown,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.next();
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
  }

  /** Begins the pause anew: it may have become shorter. */
  next(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (document.visibilityState !== "hidden") this.run();
      this.next();
    }, this.pause());
  }
}
