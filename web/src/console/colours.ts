/** Light or dark: the operator's choice, else the system's; set on the root of the page. */
import type { Cancel, KeyValue } from "../shared/ports.js";

export type Colours = "auto" | "light" | "dark";

const KEY = "console:colours";
const DARK = "(prefers-color-scheme: dark)";

export function readColours(storage: KeyValue): Colours {
  const kept = storage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function keepColours(storage: KeyValue, colours: Colours): void {
  if (colours === "auto") storage.removeItem(KEY);
  else storage.setItem(KEY, colours);
}

export function showColours(colours: Colours): void {
  const isDark = colours === "dark" || (colours === "auto" && window.matchMedia(DARK).matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
}

/** Follows the system while the choice is left to it. */
export function followSystem(choice: () => Colours): Cancel {
  const media = window.matchMedia(DARK);
  const follow = (): void => {
    showColours(choice());
  };
  media.addEventListener("change", follow);
  return () => {
    media.removeEventListener("change", follow);
  };
}
