/** Entry of the console: registers the elements of the shell and of the conversations; pages bring their own. */
import { AccountPanel } from "./account-panel.js";
import { OperatorConsole } from "./console.js";
import { ConversationHeader } from "./conversations/conversation-header.js";
import { ConversationList } from "./conversations/conversation-list.js";
import { ConversationView } from "./conversations/conversation-view.js";
import { ConversationsPage } from "./conversations/conversations-page.js";
import { CorrectionPanel } from "./conversations/correction-panel.js";
import { DetailsPanel } from "./conversations/details-panel.js";
import { DutyBar } from "./conversations/duty-bar.js";
import { HandBackDialog } from "./conversations/hand-back-dialog.js";
import { IntentPicker } from "./conversations/intent-picker.js";
import { ReplyComposer } from "./conversations/reply-composer.js";
import { TranscriptLog } from "./conversations/transcript-log.js";
import { TurnPanel } from "./conversations/turn-panel.js";
import { ConsoleNav } from "./nav.js";
import { NoticeStack } from "./notices.js";
import "./pages/parts/register.js";
import { ShortcutHelp } from "./shortcut-help.js";
import { SignIn } from "./sign-in.js";
import { WaitClock } from "./wait-clock.js";

const ELEMENTS = {
  "account-panel": AccountPanel,
  "console-nav": ConsoleNav,
  "conversation-header": ConversationHeader,
  "conversation-list": ConversationList,
  "conversation-view": ConversationView,
  "conversations-page": ConversationsPage,
  "correction-panel": CorrectionPanel,
  "details-panel": DetailsPanel,
  "duty-bar": DutyBar,
  "hand-back-dialog": HandBackDialog,
  "intent-picker": IntentPicker,
  "notice-stack": NoticeStack,
  "reply-composer": ReplyComposer,
  "shortcut-help": ShortcutHelp,
  "sign-in": SignIn,
  "transcript-log": TranscriptLog,
  "turn-panel": TurnPanel,
  "wait-clock": WaitClock,
  "operator-console": OperatorConsole,
} as const;

declare global {
  interface HTMLElementTagNameMap {
    "account-panel": AccountPanel;
    "console-nav": ConsoleNav;
    "conversation-header": ConversationHeader;
    "conversation-list": ConversationList;
    "conversation-view": ConversationView;
    "conversations-page": ConversationsPage;
    "correction-panel": CorrectionPanel;
    "details-panel": DetailsPanel;
    "duty-bar": DutyBar;
    "hand-back-dialog": HandBackDialog;
    "intent-picker": IntentPicker;
    "notice-stack": NoticeStack;
    "operator-console": OperatorConsole;
    "reply-composer": ReplyComposer;
    "shortcut-help": ShortcutHelp;
    "sign-in": SignIn;
    "transcript-log": TranscriptLog;
    "turn-panel": TurnPanel;
    "wait-clock": WaitClock;
  }
}

for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);
