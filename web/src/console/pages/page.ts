/** What the shell gives to a page, and what it wants of one. Pages import from here and from `../theme.js`. */
import type { LitElement } from "lit";
import type { PageApi } from "../http.js";
import type { LiveTopics } from "../live.js";

export { ApiError, type PageApi, type Query } from "../http.js";
export type { LiveTopics, Topic } from "../live.js";

/** What a role may do; `admin` may do everything. */
export type Right =
  | "read"
  | "converse"
  | "label"
  | "correct"
  | "audit"
  | "routing"
  | "models"
  | "accounts"
  | "proposals"
  | "erase"
  | "draw";

export interface Me {
  name: string;
  role: "operator" | "admin";
  on_duty: boolean;
  rights: readonly string[];
}

const WORK: readonly Right[] = ["read", "converse", "label", "correct", "audit"];

export function can(me: Me, right: Right): boolean {
  return me.role === "admin" || me.rights.includes(right) || WORK.includes(right);
}

/** For a disabled button's title: the reason, or null when the operator may. */
export function whyNot(me: Me, right: Right): string | null {
  return can(me, right) ? null : "Only an admin may do this.";
}

/**
 * A page is an element with these properties, which the shell sets before it is on the page and whenever they change.
 * Declare them with `static properties = { ...pageProperties, … }`.
 */
export interface PageElement extends LitElement {
  api: PageApi;
  me: Me;
  live: LiveTopics;
  /** Goes to another page: `navigate("conversations/ID")`; the same as a link to `#/conversations/ID`. */
  navigate: (route: string) => void;
  /** What follows the page's own name in the address, split at slashes: `#/models/ID` gives `["ID"]`. */
  path: readonly string[];
}

export const pageProperties = {
  api: { attribute: false },
  me: { attribute: false },
  live: { attribute: false },
  navigate: { attribute: false },
  path: { attribute: false },
} as const;

export type Group = "people" | "learn" | "steer" | "watch";

/** One line of the navigation. */
export interface PageEntry {
  /** First part of the address: `labelling` for `#/labelling`. */
  route: string;
  label: string;
  /** `d` of a path in a 24 by 24 box, drawn as a line 1.75 wide, no fill. */
  icon: string;
  group: Group;
  /** Without it the page is shown, but marked as out of reach; most pages may be read by all. */
  right?: Right;
  /** Letter that opens it after `g`; none of c (conversations), r (routing). */
  key?: string;
  /** The page's own shortcuts, for the overlay: `["1 – 9", "Choose an intent"]`. */
  shortcuts?: readonly (readonly [string, string])[];
  /** The element's name. */
  tag: string;
  /** Imports the module that defines `tag`: `() => import("./labelling.js")`. */
  load: () => Promise<unknown>;
}

export interface Notice {
  text: string;
  tone: "good" | "bad" | "info";
}

export const NOTICE = "console-notice";

/** Tells the operator something for a few seconds (bad news stays until dismissed); read out by screen readers. */
export function notify(from: HTMLElement, text: string, tone: Notice["tone"] = "good"): void {
  from.dispatchEvent(
    new CustomEvent<Notice>(NOTICE, { detail: { text, tone }, bubbles: true, composed: true }),
  );
}
