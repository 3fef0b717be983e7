/** The pages beside conversations and routing, in the order of the navigation. Each is loaded when it is first opened. */
import type { PageEntry } from "./page.js";

export const PAGES: readonly PageEntry[] = [];
