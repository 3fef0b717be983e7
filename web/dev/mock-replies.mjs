/** What the mock bot says, by keyword. */
const article = (title, quote) => ({
  title,
  quote,
  url: `/help/${title.toLowerCase().replaceAll(" ", "-")}`,
  article_id: title.toLowerCase().replaceAll(" ", "-"),
});

const REPLIES = [
  [/person|human|mensch/i, { handoff: true }],
  [
    /where|order|TF-\d{6}/i,
    {
      backend: "intent",
      intent: "order_status",
      confidence: 0.93,
      text: "Your order **TF-104233** left our warehouse in Graz yesterday. It should arrive within 2 working days.\n\nYou can follow it at https://tarnfell.example/track/TF-104233.",
    },
  ],
  [
    /return|send back/i,
    {
      backend: "rag",
      slow: 40,
      text: "You can return almost anything within 60 days of delivery:\n\n- unused, with its tags\n- the label is free in Austria and Germany\n- elsewhere we take 5.90 EUR off the refund\n\nClimbing safety gear that was opened cannot come back.",
      citations: [
        article(
          "Returning an item",
          "You have 60 days from delivery to send an item back, unused and with its tags.",
        ),
        article(
          "What cannot be returned",
          "Ropes, harnesses, helmets and carabiners cannot be returned once they were opened.",
        ),
      ],
    },
  ],
  [
    /ship|deliver/i,
    {
      backend: "intent",
      intent: "shipping_cost",
      confidence: 0.58,
      text: "Do you want to know what delivery costs, or how long it takes?",
      quick_replies: [
        { title: "What it costs", payload: "/shipping_cost" },
        { title: "How long it takes", payload: "/shipping_time" },
        { title: "Talk to a person", payload: "talk to a person" },
      ],
    },
  ],
  [/hello|hi\b/i, { backend: "intent", intent: "greet", confidence: 0.99, text: "Hello! How can I help?" }],
];

const FALLBACK = {
  backend: "scripted",
  text: "I am not sure I understood that. Could you say it in other words?",
  quick_replies: [{ title: "Talk to a person", payload: "talk to a person" }],
};

export function answerTo(text) {
  if (text.startsWith("/"))
    return {
      backend: "intent",
      intent: text.slice(1),
      confidence: 1,
      text: "4.90 EUR in Austria and Germany, free from 75 EUR; 2 to 3 working days.",
    };
  return REPLIES.find(([pattern]) => pattern.test(text))?.[1] ?? FALLBACK;
}
