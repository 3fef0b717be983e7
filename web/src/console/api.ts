/** The operators' HTTP interface, as far as the shell, conversations and routing use it. Knows no element. */
import type { PageApi, Query } from "./http.js";
import type { Me } from "./pages/page.js";
import type {
  Arm,
  BackendStatus,
  Certificate,
  ConversationDetail,
  ConversationSummary,
  ConversationVerb,
  Correction,
  Duty,
  Intent,
  Preview,
  Routing,
  RoutingVersion,
  Suggestion,
  TranscriptForm,
} from "./types.js";

export interface RoutingDraft {
  backends: Routing["backends"];
  arms: Arm[];
  error_budget: number;
}

const at = (id: string): string => `conversations/${encodeURIComponent(id)}`;

export class Api {
  constructor(readonly http: PageApi) {}

  me(): Promise<Me> {
    return this.http.get("me");
  }

  setDuty(on: boolean): Promise<unknown> {
    return this.http.put("me/duty", { on_duty: on });
  }

  duty(): Promise<Duty> {
    return this.http.get("duty");
  }

  /** Newest first; `owner` may name several, with commas. `next` of one page is `before` of the page after it. */
  conversations(query: Query = {}): Promise<{ conversations: ConversationSummary[]; next: string | null }> {
    return this.http.get("conversations", query);
  }

  conversation(id: string): Promise<ConversationDetail> {
    return this.http.get(at(id));
  }

  act(id: string, verb: ConversationVerb, body?: object): Promise<ConversationDetail> {
    return this.http.post(`${at(id)}/${verb}`, body);
  }

  note(id: string, text: string): Promise<unknown> {
    return this.http.post(`${at(id)}/notes`, { text });
  }

  /** Forgets the customer of a conversation; raises ApiError 403 for who is no admin. */
  erase(id: string): Promise<Certificate> {
    return this.http.post("customers/erase", { conversation_id: id });
  }

  async suggestions(id: string): Promise<Suggestion[]> {
    return (await this.http.get<{ suggestions: Suggestion[] }>(`${at(id)}/suggestions`)).suggestions;
  }

  async summary(id: string): Promise<string> {
    return (await this.http.get<{ summary: string }>(`${at(id)}/summary`)).summary;
  }

  transcript(id: string, form: TranscriptForm): Promise<string> {
    return this.http.text(`${at(id)}/transcript`, { form });
  }

  correct(
    turnId: string,
    correction: Correction,
  ): Promise<{ label_id: string | null; proposal_ids: string[] }> {
    return this.http.post(`turns/${encodeURIComponent(turnId)}/correction`, correction);
  }

  label(turnId: string, intent: string, note: string): Promise<unknown> {
    const body = { intent, ...(note ? { note } : {}) };
    return this.http.post(`turns/${encodeURIComponent(turnId)}/label`, body);
  }

  async intents(): Promise<Intent[]> {
    return (await this.http.get<{ intents: Intent[] }>("intents")).intents;
  }

  routing(): Promise<Routing> {
    return this.http.get("routing");
  }

  /** Raises ApiError 409 when somebody else has saved a version since `version`. */
  saveRouting(draft: RoutingDraft, version: number, reason: string): Promise<Routing> {
    return this.http.put("routing", { ...draft, why: reason }, { "if-match": String(version) });
  }

  /** Raises as saving does. */
  undoRouting(version: number, reason: string): Promise<Routing> {
    return this.http.post("routing/undo", { why: reason }, { "if-match": String(version) });
  }

  previewRouting(draft: RoutingDraft): Promise<Preview> {
    return this.http.post("routing/preview", draft);
  }

  async routingVersions(): Promise<RoutingVersion[]> {
    return (await this.http.get<{ versions: RoutingVersion[] }>("routing/versions")).versions;
  }

  async backends(): Promise<BackendStatus[]> {
    return (await this.http.get<{ backends: BackendStatus[] }>("backends")).backends;
  }
}
