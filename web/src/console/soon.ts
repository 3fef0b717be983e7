/** Does something shortly after it was asked for, once for a burst, and not too often. */
import type { Cancel, Ports } from "../shared/ports.js";

/** A message, its answer and a change of owner come within this time. */
const BURST_MS = 80;

export class Soon {
  private timer: Cancel | null = null;
  private last = -Infinity;

  constructor(
    private readonly ports: Pick<Ports, "now" | "after">,
    private readonly everyMs: number,
    private readonly run: () => void,
  ) {}

  call(): void {
    if (this.timer) return;
    const rest = this.last + this.everyMs - this.ports.now();
    this.timer = this.ports.after(Math.max(BURST_MS, rest), () => {
      this.timer = null;
      this.last = this.ports.now();
      this.run();
    });
  }

  cancel(): void {
    this.timer?.();
    this.timer = null;
  }
}
