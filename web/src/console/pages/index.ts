/** The pages beside conversations and routing, in the order of the navigation. Each is loaded when it is first opened. */
import type { PageEntry } from "./page.js";

export const PAGES: readonly PageEntry[] = [
  {
    route: "labelling",
    label: "Labelling",
    icon: "M4 5h9l7 7-8 8-8-8zM8.5 9v.01",
    group: "learn",
    right: "label",
    key: "l",
    shortcuts: [
      ["1 – 5", "Take a guess"],
      ["A – Z, /", "Search all intents"],
      ["O", "Out of scope"],
      ["S", "Skip"],
      ["U", "Undo"],
      ["J K ↓ ↑", "Next, back"],
    ],
    tag: "labelling-page",
    load: () => import("./labelling/labelling.js"),
  },
  {
    route: "models",
    label: "Models",
    icon: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12 4 7.5",
    group: "learn",
    key: "m",
    tag: "models-page",
    load: () => import("./models/models.js"),
  },
];
