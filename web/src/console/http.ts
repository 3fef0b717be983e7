/** Requests to the operators' HTTP interface: the token, and refusals in words. Knows no element and no resource. */

/** The server said no, or could not be reached. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when the server could not be reached. */
    readonly status: number,
    message: string,
    /** The server's own name of the refusal, as `conflict`; empty where it gave none. */
    readonly code = "",
  ) {
    super(message);
  }

  /** No such thing, or a server that does not offer it: an older one, say. */
  get isMissing(): boolean {
    return this.status === 404 || this.status === 405;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type ExtraHeaders = Readonly<Record<string, string>>;

/** Paths are below `/api/`: `get("conversations", { owner: "queue" })`. All raise ApiError. */
export interface PageApi {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body?: object, headers?: ExtraHeaders): Promise<T>;
  put<T>(path: string, body?: object, headers?: ExtraHeaders): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** For what is no JSON: a transcript, a report. */
  text(path: string, query?: Query): Promise<string>;
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

/** `?a=1&b=2` of what has a value; empty for nothing. */
export function queryOf(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  const text = search.toString();
  return text && `?${text}`;
}

export class Http implements PageApi {
  private readonly operator: string;

  constructor(
    private readonly base: string,
    private readonly token: string,
    operator: string,
  ) {
    this.operator = headerSafe(operator);
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.json<T>("GET", path + queryOf(query));
  }

  post<T>(path: string, body?: object, headers?: ExtraHeaders): Promise<T> {
    return this.json<T>("POST", path, body, headers);
  }

  put<T>(path: string, body?: object, headers?: ExtraHeaders): Promise<T> {
    return this.json<T>("PUT", path, body, headers);
  }

  delete<T>(path: string): Promise<T> {
    return this.json<T>("DELETE", path);
  }

  async text(path: string, query?: Query): Promise<string> {
    return (await this.send("GET", path + queryOf(query))).text();
  }

  private async json<T>(method: string, path: string, body?: object, extra?: ExtraHeaders): Promise<T> {
    const response = await this.send(method, path, body, extra);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  private async send(
    method: string,
    path: string,
    body?: object,
    extra: ExtraHeaders = {},
  ): Promise<Response> {
    const headers = new Headers([
      ["authorization", `Bearer ${this.token}`],
      ["x-operator", this.operator],
      ...Object.entries(extra),
    ]);
    if (body) headers.set("content-type", "application/json");
    const request: RequestInit = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    let response: Response;
    try {
      response = await fetch(new URL(`api/${path}`, this.base), request);
    } catch {
      throw new ApiError(0, "The server cannot be reached.");
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/** What the server says about a refusal, in the forms servers say it. */
async function refusal(response: Response): Promise<ApiError> {
  const otherwise = `The server answered ${response.status}.`;
  let said: { detail?: unknown; message?: unknown; code?: unknown };
  try {
    said = (await response.json()) as typeof said;
  } catch {
    return new ApiError(response.status, otherwise);
  }
  const code = typeof said.code === "string" ? said.code : "";
  return new ApiError(response.status, words(said.detail) ?? words(said.message) ?? otherwise, code);
}

function words(said: unknown): string | null {
  if (typeof said === "string") return said;
  if (!Array.isArray(said)) return null;
  return said.map((one: { msg?: string }) => one.msg ?? "").join("; ");
}
