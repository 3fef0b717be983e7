/** Whether a key belongs to a field or a dialog that has the focus. */
export function isTyping(event: Event): boolean {
  return event
    .composedPath()
    .some((node) => node instanceof Element && node.matches("input, textarea, select, dialog[open]"));
}
