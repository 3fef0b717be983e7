/** Calls of the operators' HTTP interface. Knows no element. */
import { ApiError, type PageApi } from "./http.js";
import type {
  Arm,
  BackendStatus,
  ConversationDetail,
  ConversationSummary,
  ConversationVerb,
  Models,
  Resolution,
  Routing,
} from "./types.js";

export { ApiError };

export interface RoutingDraft {
  backends: Routing["backends"];
  arms: Arm[];
  error_budget: number;
}

export class Api {
  constructor(readonly http: PageApi) {}

  routing(): Promise<Routing> {
    return this.http.get("routing");
  }

  /** Raises ApiError 409 when somebody else has saved a version since `version`. */
  saveRouting(draft: RoutingDraft, version: number, reason: string): Promise<Routing> {
    const body = { ...draft, why: reason };
    return this.http.put("routing", body, { "if-match": String(version) });
  }

  async backends(): Promise<BackendStatus[]> {
    const answer = await this.http.get<{ backends: BackendStatus[] }>("backends");
    return answer.backends;
  }

  /** Newest first; `owner` may name several, with commas. `next` of one page is `before` of the page after it. */
  conversations(
    query: { owner?: string; q?: string; before?: string } = {},
  ): Promise<{ conversations: ConversationSummary[]; next: string | null }> {
    return this.http.get("conversations", query);
  }

  conversation(id: string): Promise<ConversationDetail> {
    return this.http.get(`conversations/${encodeURIComponent(id)}`);
  }

  act(id: string, verb: ConversationVerb, text?: string): Promise<ConversationDetail> {
    const body = text === undefined ? undefined : { text };
    return this.http.post(`conversations/${encodeURIComponent(id)}/${verb}`, body);
  }

  models(): Promise<Models> {
    return this.http.get("models");
  }

  promote(id: string): Promise<unknown> {
    return this.http.post(`models/${encodeURIComponent(id)}/promote`);
  }

  resolution(): Promise<Resolution> {
    return this.http.get("reports/resolution");
  }

  label(turnId: string, intent: string, note: string): Promise<unknown> {
    const body = { intent, ...(note ? { note } : {}) };
    return this.http.post(`turns/${encodeURIComponent(turnId)}/label`, body);
  }
}
