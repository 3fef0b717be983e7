/** Who wants to hear of what: live news by topic. Knows no socket. */
import type { Cancel } from "../shared/ports.js";
import type { Changed } from "../shared/wire.gen.js";

/** What news is about; `routing` comes with its version as id. */
export type Topic = Changed["topic"] | "routing";
export type Heard = (topic: Topic, id: string | null) => void;

/** The part that pages see. */
export interface LiveTopics {
  /**
   * Calls `heard` for each piece of news on one of the topics, and once for every topic after the line was down:
   * whatever happened meanwhile has to be fetched.
   */
  on(topics: readonly Topic[], heard: Heard): Cancel;
}

export class Live implements LiveTopics {
  private readonly ears = new Set<{ topics: readonly Topic[]; heard: Heard }>();

  on(topics: readonly Topic[], heard: Heard): Cancel {
    const ear = { topics, heard };
    this.ears.add(ear);
    return () => void this.ears.delete(ear);
  }

  tell(topic: Topic, id: string | null): void {
    for (const ear of [...this.ears]) if (ear.topics.includes(topic)) ear.heard(topic, id);
  }

  /** The line is back. */
  tellAll(): void {
    for (const ear of [...this.ears]) for (const topic of ear.topics) ear.heard(topic, null);
  }
}
