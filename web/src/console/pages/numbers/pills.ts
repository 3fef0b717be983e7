/** A row of buttons of which one is chosen. */
import { html, type TemplateResult } from "lit";

/** Tells the choice as a CustomEvent of the host. */
export function pills<T extends string>(
  host: HTMLElement,
  choices: readonly [T, string][],
  chosen: T,
  tells: string,
): TemplateResult {
  return html`<div class="actions" role="group" aria-label="By">
    ${choices.map(
      ([value, label]) =>
        html`<button
          class="button small ${value === chosen ? "primary" : ""}"
          aria-pressed=${value === chosen ? "true" : "false"}
          data-testid="by-${value}"
          @click=${() => {
            host.dispatchEvent(new CustomEvent<T>(tells, { detail: value }));
          }}
        >
          ${label}
        </button>`,
    )}
  </div>`;
}
