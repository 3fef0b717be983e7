/** Single keys as shortcuts: `g` and a letter go to a page, other letters act; never while somebody is typing. */

export type Actions = Readonly<Record<string, () => void>>;

/** How long `g` waits for its letter. */
const CHORD_MS = 1200;
const KEY = "console:keys";

/** Shortcuts can be switched off, for who dictates or presses keys by accident. */
export function keysAreOn(storage: Pick<Storage, "getItem">): boolean {
  return storage.getItem(KEY) !== "off";
}

export function switchKeys(storage: Pick<Storage, "setItem" | "removeItem">, on: boolean): void {
  if (on) storage.removeItem(KEY);
  else storage.setItem(KEY, "off");
}

/** Whether the key belongs to the thing that has the focus. */
export function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Name of a pressed key: `t`, `?`, `Escape`, `Alt+1`; empty for what shortcuts leave alone. */
export function nameOfKey(event: KeyboardEvent): string {
  if (event.ctrlKey || event.metaKey || event.isComposing) return "";
  if (event.altKey) {
    const digit = /^Digit([1-9])$/.exec(event.code);
    return digit ? `Alt+${digit[1]}` : "";
  }
  return event.key;
}

/** Recognises `g c` as one name, and passes single keys on. */
export class Chords {
  private begun = -Infinity;

  /** The name of what was pressed, with its `g `; empty while a chord waits for its letter. */
  next(name: string, nowMs: number): string {
    const isOpen = nowMs - this.begun < CHORD_MS;
    this.begun = -Infinity;
    if (isOpen) return `g ${name}`;
    if (name !== "g") return name;
    this.begun = nowMs;
    return "";
  }
}
