/** Addresses within the console: `#/conversations/ID` names a page and what it shows. */

export interface Route {
  page: string;
  path: readonly string[];
}

/** Addresses of earlier versions. */
const MOVED: Record<string, string> = { results: "numbers" };

export function routeOf(hash: string): Route {
  const [page = "", ...path] = hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  return { page: MOVED[page] ?? (page || "conversations"), path };
}

export function hrefOf(page: string, ...path: string[]): string {
  return `#/${[page, ...path].map(encodeURIComponent).join("/")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
