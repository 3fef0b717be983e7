/** What there is to choose from: arms, backends, intents. Fetched once, and again when that has changed. */
import type { Api } from "./api.js";
import { ApiError } from "./http.js";
import type { Intent } from "./types.js";

export class Choices {
  arms: readonly string[] = [];
  backends: readonly string[] = [];
  intents: readonly Intent[] = [];

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    const [routing, intents] = await Promise.all([this.api.routing(), this.knownIntents()]);
    this.arms = routing.arms.map((arm) => arm.arm);
    this.backends = Object.keys(routing.backends);
    this.intents = intents;
  }

  /** A server that cannot list them takes their names all the same. */
  private async knownIntents(): Promise<Intent[]> {
    try {
      return await this.api.intents();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) throw error;
      return [];
    }
  }
}
