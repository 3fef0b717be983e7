/** The conversation that an operator has open: what was fetched, what was heard, what is being done to it. */
import type { Ports } from "../../shared/ports.js";
import type { OperatorEvent } from "../../shared/wire.gen.js";
import type { Api } from "../api.js";
import { ApiError } from "../http.js";
import { Soon } from "../soon.js";
import { counted } from "../words.js";
import { detailWithEvent, isUnanswered, newer, plainTranscript } from "./talk.js";
import type {
  ConversationDetail,
  ConversationVerb,
  Correcting,
  Correction,
  Suggestion,
  TranscriptForm,
} from "../types.js";

const EVERY_MS = 250;

export interface TalkDeskOptions {
  api: Api;
  ports: Ports;
  me: () => string;
  attempt: (work: () => Promise<void>) => Promise<void>;
  tell: (text: string) => void;
  save: (name: string, text: string, type: string) => void;
  changed: () => void;
}

export class TalkDesk {
  /** Empty for none. */
  id = "";
  detail: ConversationDetail | null = null;
  /** There is no such conversation. */
  isMissing = false;
  /** A reply on its way. */
  sending = "";
  /** Null while nothing was asked for. */
  suggestions: readonly Suggestion[] | null = null;
  isSuggesting = false;
  /** What to hand back with; null while it is being written. */
  summary: string | null = null;
  /** The newest correction made here; null before there is one. */
  correcting: Correcting | null = null;
  private readonly drafts = new Map<string, string>();
  private suggestedFor = "";
  private readonly soon: Soon;

  constructor(private readonly options: TalkDeskOptions) {
    this.soon = new Soon(options.ports, EVERY_MS, () => void this.refresh());
  }

  get draft(): string {
    return this.drafts.get(this.id) ?? "";
  }

  get isMine(): boolean {
    return this.detail?.owner === "operator" && this.detail.operator === this.options.me();
  }

  close(): void {
    this.soon.cancel();
  }

  show(id: string): Promise<void> {
    if (id !== this.id) {
      this.id = id;
      this.detail = null;
      this.isMissing = false;
      this.sending = "";
      this.correcting = null;
      this.forgetSuggestions();
    }
    return id ? this.refresh() : Promise.resolve();
  }

  keep(draft: string): void {
    if (draft) this.drafts.set(this.id, draft);
    else this.drafts.delete(this.id);
  }

  heard({ conversation_id: id, event }: OperatorEvent): void {
    if (id !== this.id || !this.detail) return;
    this.detail = detailWithEvent(this.detail, event);
    if (event.type === "operator_uttered" && event.text === this.sending) this.sending = "";
    this.soon.call();
  }

  /** Something about it has changed that is no event: a note, a label. */
  refreshSoon(): void {
    if (this.id) this.soon.call();
  }

  refresh(): Promise<void> {
    const { id } = this;
    return this.options.attempt(async () => {
      try {
        const fetched = await this.options.api.conversation(id);
        this.take(id, fetched);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        if (id === this.id) this.isMissing = true;
      }
    });
  }

  act(verb: ConversationVerb, body?: object): Promise<void> {
    const { id } = this;
    return this.options.attempt(() => this.done(id, verb, body));
  }

  /** Two operators never write at once: who was slower sees who was faster. */
  private async done(id: string, verb: ConversationVerb, body?: object): Promise<void> {
    const { api } = this.options;
    try {
      this.take(id, await api.act(id, verb, body));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "taken") throw error;
      const detail = await api.conversation(id);
      this.take(id, detail);
      throw new ApiError(
        409,
        `${detail.operator ?? "A colleague"} was faster and has this conversation.`,
        error.code,
      );
    }
  }

  async reply(text: string): Promise<void> {
    const { id } = this;
    this.sending = text;
    this.keep("");
    this.options.changed();
    await this.options.attempt(async () => {
      try {
        await this.done(id, "reply", { text });
      } catch (error) {
        if (!this.drafts.has(id)) this.drafts.set(id, text); // nothing that was written is lost
        throw error;
      } finally {
        if (id === this.id) this.sending = "";
      }
    });
  }

  note(text: string): Promise<void> {
    const { id } = this;
    return this.options.attempt(async () => {
      await this.options.api.note(id, text);
      this.take(id, await this.options.api.conversation(id));
    });
  }

  /** Forgets the customer, and keeps the certificate as a file. */
  erase(): Promise<void> {
    const { id } = this;
    this.options.tell("Erasing… The certificate comes when the files of past nights are searched.");
    return this.options.attempt(async () => {
      const made = await this.options.api.erase(id);
      this.options.save(
        `erasure-${made.erasure_id ?? id}.json`,
        JSON.stringify(made, null, 2),
        "application/json",
      );
      this.options.tell(
        `Erased: ${counted(made.conversations, "conversation")}, ${counted(made.turns, "turn")}, ${counted(made.labels, "label")}. The certificate is saved.`,
      );
      await this.refresh();
    });
  }

  /** What the backends would say; a server that cannot tell offers none. */
  suggest(): Promise<void> {
    const { id } = this;
    this.isSuggesting = true;
    this.options.changed();
    return this.options.attempt(async () => {
      let suggestions: Suggestion[] = [];
      try {
        suggestions = await this.options.api.suggestions(id);
      } catch (error) {
        if (!(error instanceof ApiError) || !(error.isMissing || error.code === "closed")) throw error;
      } finally {
        if (id === this.id) {
          this.isSuggesting = false;
          this.suggestions = suggestions;
        }
      }
    });
  }

  summarise(): Promise<void> {
    const { id } = this;
    this.summary = null;
    return this.options.attempt(async () => {
      let summary = "";
      try {
        summary = await this.options.api.summary(id);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error; // without one, the operator writes it
      }
      if (id === this.id) this.summary = summary;
    });
  }

  download(form: TranscriptForm): Promise<void> {
    const { id, detail } = this;
    return this.options.attempt(async () => {
      if (!detail) return;
      let text: string;
      try {
        text = await this.options.api.transcript(id, form);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isMissing) throw error;
        text = form === "json" ? JSON.stringify(detail, null, 2) : plainTranscript(detail);
      }
      const [ending, type] = form === "json" ? ["json", "application/json"] : ["txt", "text/plain"];
      this.options.save(`${id}.${ending}`, text, type);
    });
  }

  correct(turnId: string, correction: Correction): Promise<void> {
    const { id } = this;
    const becomes = (stage: Correcting["stage"], problem = ""): void => {
      if (id === this.id) this.correcting = { turnId, stage, problem };
    };
    becomes("sending");
    this.options.changed();
    return this.options.attempt(async () => {
      try {
        this.options.tell(await this.send(turnId, correction));
      } catch (error) {
        becomes("refused", error instanceof ApiError ? error.message : "");
        throw error;
      }
      becomes("saved");
      this.take(id, await this.options.api.conversation(id));
    });
  }

  /** A server that takes no corrections may take labels. */
  private async send(turnId: string, correction: Correction): Promise<string> {
    const { api } = this.options;
    try {
      const { proposal_ids: proposals } = await api.correct(turnId, correction);
      return proposals.length
        ? "Saved. What you proposed waits for an admin."
        : "Saved. Tonight's training learns from it.";
    } catch (error) {
      const isLabel = correction.intent !== undefined && !correction.reply && !correction.article_note;
      if (!(error instanceof ApiError) || !error.isMissing || !isLabel) throw error;
      await api.label(turnId, correction.intent ?? "", correction.note ?? "");
      return "Saved. Tonight's training learns from it.";
    }
  }

  private take(id: string, fetched: ConversationDetail): void {
    if (id !== this.id) return;
    this.detail = newer(this.detail, fetched);
    this.suggestIfNeeded();
  }

  /** For each new message of a customer who talks to this operator. */
  private suggestIfNeeded(): void {
    const { detail } = this;
    if (!detail || !this.isMine || !isUnanswered(detail)) {
      if (!this.isMine) this.forgetSuggestions();
      return;
    }
    const last = `${this.id}:${detail.events.findLast((event) => event.type === "user_uttered")?.offset}`;
    if (last === this.suggestedFor) return;
    this.suggestedFor = last;
    void this.suggest();
  }

  private forgetSuggestions(): void {
    this.suggestions = null;
    this.isSuggesting = false;
    this.suggestedFor = "";
  }
}
