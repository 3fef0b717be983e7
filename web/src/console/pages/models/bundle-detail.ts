/** One bundle: its card, what it promises, what its night decided, and the night's report. */
import { LitElement, html, nothing } from "lit";
import { partStyles } from "../parts/page.styles.js";
import { count, counted, megabytes, percent, when } from "../parts/words.js";
import {
  decisionOf,
  evidence,
  figuresOf,
  intervalOf,
  promise,
  promises,
  type BundleCard,
  type Certificate,
  type Night,
} from "./model.js";
import { detailStyles } from "./models-page.styles.js";

/** No script, no form, no origin. The cast is for lit-analyzer, which does not know the empty sandbox. */
const NOTHING_ALLOWED = "" as "allow-forms";

export class BundleDetail extends LitElement {
  static override properties = {
    bundle: { attribute: false },
    /** HTML of the night's report; null while it loads, empty where there is none. */
    report: { attribute: false },
  };
  static override styles = [...partStyles, detailStyles];

  declare bundle: BundleCard;
  declare report: string | null;

  override render(): unknown {
    const { bundle } = this;
    return html`${
      bundle.problem
        ? html`<p class="problem" role="status">This bundle cannot serve: ${bundle.problem}</p>`
        : nothing
    }
    ${this.facts()} ${this.promised(promises(bundle))} ${bundle.night ? this.night(bundle.night) : nothing}`;
  }

  private facts(): unknown {
    const { bundle } = this;
    const figures = figuresOf(bundle);
    const interval = intervalOf(figures);
    return html`<dl class="facts card" data-testid="bundle-figures">
      <div>
        <dt>Accuracy</dt>
        <dd>${percent(figures.accuracy ?? null)}</dd>
        <dd>${interval}${figures.n == null ? nothing : html` on ${counted(figures.n, "text")}`}</dd>
      </div>
      <div>
        <dt>Calibration error (ECE)</dt>
        <dd>${figures.ece == null ? "–" : figures.ece.toFixed(3)}</dd>
        <dd>0 means its confidences are true</dd>
      </div>
      <div>
        <dt>Intents</dt>
        <dd>${count(bundle.intents)}</dd>
        <dd>${bundle.encoder ?? ""}</dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>${megabytes(bundle.size_bytes)}</dd>
        <dd>made ${when(bundle.created_at)}</dd>
      </div>
    </dl>`;
  }

  private promised(certificates: readonly Certificate[]): unknown {
    if (!certificates.length) return nothing;
    return html`<section class="card" aria-labelledby="promises">
      <h2 id="promises">What it may answer alone</h2>
      <ul class="promises">
        ${certificates.map(
          (one) =>
            html`<li>
              <span><b>${promise(one)}</b><br /><span class="soft fine">${evidence(one)}</span></span>
              <span class="bar" aria-hidden="true"
                ><i style="width: ${(one.share_answered ?? 0) * 100}%"></i
              ></span>
            </li>`,
        )}
      </ul>
    </section>`;
  }

  private night(night: Night): unknown {
    const [words, tone] = decisionOf(night.decision);
    return html`<section class="card" aria-labelledby="gate">
      <h2 id="gate">Its night</h2>
      <p>
        <span class="tag ${tone}" data-testid="bundle-decision">${words}</span>
        <span class="soft">${when(night.at)}</span>
      </p>
      <ul class="reasons">
        ${night.reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>
      ${this.page(night)}
    </section>`;
  }

  private page(night: Night): unknown {
    if (this.report === null) return html`<p class="soft">Loading the report…</p>`;
    if (!this.report) return html`<p class="soft">The report of this night is gone.</p>`;
    return html`<iframe
      sandbox=${NOTHING_ALLOWED}
      title="Report of the night ${night.night}"
      data-testid="night-report"
      .srcdoc=${this.report}
    ></iframe>`;
  }
}
