/** Live events of all conversations, over a socket that comes back by itself. */
import { Connection } from "../shared/connection.js";
import { parseFrame } from "../shared/frames.js";
import type { Ports } from "../shared/ports.js";
import { socketUrl } from "../shared/session.js";
import type { OperatorFrame } from "../shared/wire.gen.js";

export interface FeedEvents {
  /** Events flow; whatever happened before has to be fetched. */
  ready(): void;
  lost(): void;
  frame(frame: OperatorFrame): void;
}

export class Feed {
  private readonly connection: Connection;

  constructor(server: string, token: string, operator: string, ports: Ports, events: FeedEvents) {
    this.connection = new Connection(`${socketUrl(server)}/operator`, ports, {
      opened: () => {
        this.connection.send(JSON.stringify({ type: "auth", token, operator }));
      },
      received: (text) => {
        const frame = parseFrame<OperatorFrame>(text);
        if (frame?.type === "ready") {
          this.connection.settled();
          events.ready();
        } else if (frame) events.frame(frame);
      },
      lost: () => {
        events.lost();
      },
    });
  }

  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
  }
}
