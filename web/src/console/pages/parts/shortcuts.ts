/** Whether a pressed key is a shortcut of the page. */
import { browserPorts } from "../../../shared/ports.js";
import { keysAreOn } from "../../keys.js";

const { shared } = browserPorts();

/** Not while shortcuts are switched off, nor when a field or a dialog has the focus, nor when somebody else took it. */
export function isShortcut(event: Event): boolean {
  return !event.defaultPrevented && !belongsToField(event) && keysAreOn(shared);
}

function belongsToField(event: Event): boolean {
  return event
    .composedPath()
    .some((node) => node instanceof Element && node.matches("input, textarea, select, dialog[open]"));
}
