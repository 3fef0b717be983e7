/** Calls of the operators' HTTP interface. Knows no element. */
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

/** The server said no. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when the server could not be reached. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface RoutingDraft {
  backends: Routing["backends"];
  arms: Arm[];
  error_budget: number;
}

/** A header holds no more than ASCII: accents go, other scripts become the general name. */
function headerSafe(name: string): string {
  return (
    name
      .normalize("NFKD")
      .replace(/[^\x20-\x7e]/g, "")
      .trim() || "operator"
  );
}

export class Api {
  private readonly operator: string;

  constructor(
    private readonly base: string,
    private readonly token: string,
    operator: string,
  ) {
    this.operator = headerSafe(operator);
  }

  routing(): Promise<Routing> {
    return this.call("GET", "routing");
  }

  /** Raises ApiError 409 when somebody else has saved a version since `version`. */
  saveRouting(draft: RoutingDraft, version: number, reason: string): Promise<Routing> {
    const body = { ...draft, why: reason };
    return this.call("PUT", "routing", body, [["if-match", String(version)]]);
  }

  async backends(): Promise<BackendStatus[]> {
    const answer = await this.call<{ backends: BackendStatus[] }>("GET", "backends");
    return answer.backends;
  }

  /** Newest first; `owner` may name several, with commas. `next` of one page is `before` of the page after it. */
  conversations(
    query: { owner?: string; q?: string; before?: string } = {},
  ): Promise<{ conversations: ConversationSummary[]; next: string | null }> {
    const search = new URLSearchParams(query).toString();
    return this.call("GET", `conversations${search ? `?${search}` : ""}`);
  }

  conversation(id: string): Promise<ConversationDetail> {
    return this.call("GET", `conversations/${encodeURIComponent(id)}`);
  }

  act(id: string, verb: ConversationVerb, text?: string): Promise<ConversationDetail> {
    const body = text === undefined ? undefined : { text };
    return this.call("POST", `conversations/${encodeURIComponent(id)}/${verb}`, body);
  }

  models(): Promise<Models> {
    return this.call("GET", "models");
  }

  promote(id: string): Promise<unknown> {
    return this.call("POST", `models/${encodeURIComponent(id)}/promote`);
  }

  resolution(): Promise<Resolution> {
    return this.call("GET", "reports/resolution");
  }

  label(turnId: string, intent: string, note: string): Promise<unknown> {
    const body = { intent, ...(note ? { note } : {}) };
    return this.call("POST", `turns/${encodeURIComponent(turnId)}/label`, body);
  }

  private async call<T>(
    method: string,
    path: string,
    body?: object,
    extra: [string, string][] = [],
  ): Promise<T> {
    const headers = new Headers([
      ["authorization", `Bearer ${this.token}`],
      ["x-operator", this.operator],
      ...extra,
    ]);
    if (body) headers.set("content-type", "application/json");
    const request: RequestInit = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    let response: Response;
    try {
      response = await fetch(new URL(`api/${path}`, this.base), request);
    } catch {
      throw new ApiError(0, "The server cannot be reached.");
    }
    if (!response.ok) throw new ApiError(response.status, await complaint(response));
    return (await response.json()) as T;
  }
}

/** What the server says about a refusal, in the forms servers say it. */
async function complaint(response: Response): Promise<string> {
  const otherwise = `The server answered ${response.status}.`;
  try {
    const { detail, message } = (await response.json()) as { detail?: unknown; message?: unknown };
    if (typeof detail === "string") return detail;
    if (typeof message === "string") return message;
    return Array.isArray(detail)
      ? detail.map((one: { msg?: string }) => one.msg ?? "").join("; ")
      : otherwise;
  } catch {
    return otherwise;
  }
}
