/** Entry of the console: registers its elements. */
import { ArmEditor } from "./arm-editor.js";
import { OperatorConsole } from "./console.js";
import { ConversationList } from "./conversation-list.js";
import { ConversationView } from "./conversation-view.js";
import { ResultsView } from "./results-view.js";
import { RoutingView } from "./routing-view.js";
import { SignIn } from "./sign-in.js";
import { TurnPanel } from "./turn-panel.js";

declare global {
  interface HTMLElementTagNameMap {
    "sign-in": SignIn;
    "turn-panel": TurnPanel;
    "conversation-list": ConversationList;
    "conversation-view": ConversationView;
    "arm-editor": ArmEditor;
    "routing-view": RoutingView;
    "results-view": ResultsView;
    "operator-console": OperatorConsole;
  }
}

customElements.define("sign-in", SignIn);
customElements.define("turn-panel", TurnPanel);
customElements.define("conversation-list", ConversationList);
customElements.define("conversation-view", ConversationView);
customElements.define("arm-editor", ArmEditor);
customElements.define("routing-view", RoutingView);
customElements.define("results-view", ResultsView);
customElements.define("operator-console", OperatorConsole);
