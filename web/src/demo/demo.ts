/** The demo page: its buttons put words into the chat. */
import type { ChatWidget } from "../widget/widget.js";

const chat = document.querySelector<ChatWidget>("chat-widget");

document.addEventListener("click", (event) => {
  const button =
    event.target instanceof Element ? event.target.closest<HTMLElement>("[data-ask], [data-open]") : null;
  if (!button || !chat) return;
  if (button.dataset["ask"]) chat.say(button.dataset["ask"]);
  else chat.open();
});
