/** Entry of `widget.js`: registers the elements. */
import { define } from "./act.js";
import { ChatCitations } from "./citations.js";
import { ChatComposer } from "./composer.js";
import { ChatLauncher } from "./launcher.js";
import { ChatMessageElement } from "./message.js";
import { ChatMessages } from "./messages.js";
import { ChatSolved } from "./solved.js";
import { ChatTyping } from "./typing.js";
import { ChatWidget } from "./widget.js";
import { ChatWindow } from "./window.js";

declare global {
  interface HTMLElementTagNameMap {
    "chat-typing": ChatTyping;
    "chat-citations": ChatCitations;
    "chat-message": ChatMessageElement;
    "chat-messages": ChatMessages;
    "chat-composer": ChatComposer;
    "chat-solved": ChatSolved;
    "chat-launcher": ChatLauncher;
    "chat-window": ChatWindow;
    "chat-widget": ChatWidget;
  }
}

define("chat-typing", ChatTyping);
define("chat-citations", ChatCitations);
define("chat-message", ChatMessageElement);
define("chat-messages", ChatMessages);
define("chat-composer", ChatComposer);
define("chat-solved", ChatSolved);
define("chat-launcher", ChatLauncher);
define("chat-window", ChatWindow);
define("chat-widget", ChatWidget);
