/** Everything the navigation leads to, and all shortcuts. */
import { ICONS } from "./icons.js";
import { PAGES } from "./pages/index.js";
import type { PageEntry } from "./pages/page.js";
import type { ShortcutGroup } from "./shortcut-help.js";

const OWN: readonly PageEntry[] = [
  {
    route: "conversations",
    label: "Chats",
    icon: ICONS.conversations,
    group: "people",
    key: "c",
    shortcuts: [
      ["j", "Next conversation"],
      ["k", "Previous conversation"],
      ["/", "Search"],
      ["t", "Take over"],
      ["r", "Write a reply"],
      ["n", "Write a private note"],
      ["Alt 1", "Edit the first suggestion"],
      ["h", "Hand back to the bot"],
      ["x", "Close the conversation"],
      ["w", "Why this answer"],
      ["c", "Correct this answer"],
      ["i", "Details"],
      ["u", "Back to the list"],
      ["d", "On or off duty"],
    ],
    tag: "conversations-page",
    load: () => Promise.resolve(),
  },
  {
    route: "routing",
    label: "Routing",
    icon: ICONS.routing,
    group: "steer",
    right: "routing",
    key: "r",
    tag: "routing-page",
    load: () => import("./routing/index.js"),
  },
];

const ORDER = ["people", "learn", "steer", "watch"];

/** Groups stay together, in their order. */
export const ENTRIES: readonly PageEntry[] = [...OWN, ...PAGES].sort(
  (a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group),
);

export function shortcutGroups(): ShortcutGroup[] {
  const anywhere: ShortcutGroup = {
    title: "Anywhere",
    keys: [
      ...ENTRIES.filter((entry) => entry.key).map((entry) => [`g ${entry.key}`, entry.label] as const),
      ["?", "This list"],
    ],
  };
  const own = ENTRIES.flatMap(({ label, shortcuts }) =>
    shortcuts ? [{ title: label, keys: shortcuts }] : [],
  );
  return [anywhere, ...own];
}
