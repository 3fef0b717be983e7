/** What the socket code needs from its surroundings, so that tests can stand in for the browser. */

/** The part of WebSocket that is used. */
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** The part of localStorage and sessionStorage that is used. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export type Cancel = () => void;

export interface Ports {
  openSocket(url: string): SocketLike;
  /** Milliseconds since 1970. */
  now(): number;
  after(ms: number, run: () => void): Cancel;
  /** 0 <= x < 1. */
  random(): number;
  newId(): string;
  /** Shared by all tabs of the page's origin. */
  shared: KeyValue;
  /** This tab only. */
  tab: KeyValue;
  /** Another tab has written `shared`. */
  onSharedChange(run: (key: string | null) => void): Cancel;
  /** The network came back, or the tab became visible again. */
  onWake(run: () => void): Cancel;
  /** The network went away. */
  onSleep(run: () => void): Cancel;
}

/** 128 random bits in hex; works on pages without TLS, where crypto.randomUUID does not exist. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Storage that survives nothing: for browsers that refuse the real one. */
export function memoryStorage(): KeyValue {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

function usable(name: "localStorage" | "sessionStorage"): KeyValue {
  try {
    const storage = window[name];
    storage.setItem("chat:probe", "1");
    storage.removeItem("chat:probe");
    return storage;
  } catch {
    return memoryStorage(); // blocked by the browser's privacy settings, or full
  }
}

function listen(target: EventTarget, names: string[], run: (event: Event) => void): Cancel {
  for (const name of names) target.addEventListener(name, run);
  return () => {
    for (const name of names) target.removeEventListener(name, run);
  };
}

/** The browser itself. */
export function browserPorts(): Ports {
  return {
    openSocket: (url) => new WebSocket(url) as SocketLike,
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    random: () => Math.random(),
    newId,
    shared: usable("localStorage"),
    tab: usable("sessionStorage"),
    onSharedChange: (run) =>
      listen(window, ["storage"], (event) => {
        run((event as StorageEvent).key);
      }),
    onWake: (run) => {
      const wake = (): void => {
        if (document.visibilityState === "visible") run();
      };
      const cancels = [listen(window, ["online"], run), listen(document, ["visibilitychange"], wake)];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
    onSleep: (run) => listen(window, ["offline"], run),
  };
}
