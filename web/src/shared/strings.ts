/** Every word the widget shows, by language. */

const en = {
  code: "en",
  heading: "Customer service",
  greeting: "Hello! Ask me about orders, delivery, returns or anything else.",
  open: "Open chat",
  close: "Close chat",
  online: "Answers at once",
  connecting: "Connecting…",
  offline: "No connection. Trying again…",
  log: "Conversation",
  composer: "Your message",
  placeholder: "Write a message…",
  send: "Send",
  you: "You",
  bot: "Assistant",
  person: "Customer service",
  typing: "Assistant is writing",
  sending: "Sending…",
  unsent: "Not sent.",
  retry: "Retry",
  newMessages: "Latest messages",
  unread: (n: number) => (n === 1 ? "1 new message" : `${n} new messages`),
  remaining: (n: number) => (n === 1 ? "1 character left" : `${n} characters left`),
  sources: "Sources",
  openArticle: "Open article",
  newTab: "(opens a new tab)",
  choices: "Suggested answers",
  thumbUp: "Helpful",
  thumbDown: "Not helpful",
  whyBad: "What was wrong?",
  reasons: { wrong: "It is wrong", incomplete: "Something is missing", off_topic: "Not my question" },
  thanks: "Thank you for telling us.",
  solved: "Did this solve it?",
  yes: "Yes",
  no: "Not yet",
  solvedYes: "Glad to hear it!",
  solvedNo: "Sorry about that. Tell me more, or talk to a person.",
  dismiss: "Dismiss",
  askPerson: "Talk to a person",
  inQueue: "Waiting for a person. You can keep writing, nothing gets lost.",
  inLine: (position: number, minutes: number | null) =>
    (position === 1 ? "You are next" : `You are number ${position} in line`) +
    (minutes === null ? "." : `, in about ${minutes} min.`),
  leaveMessage: "Nobody is on duty. Write your message here, with your e-mail address if you like.",
  messageLeft: "Your message is with us. Somebody will answer here.",
  withPerson: (name: string | null) =>
    name ? `You are talking to ${name}.` : "A person has joined the chat.",
  closed: "This conversation has ended.",
  startNew: "Start a new one",
  errors: {
    unsent: "Not sent.",
    rate_limited: "That was a bit fast. Please wait a moment.",
    too_long: "This message is too long.",
    closed: "This conversation has ended.",
    other: "Something went wrong on our side.",
  } as Record<string, string>,
};

export type Strings = typeof en;

const de: Strings = {
  code: "de",
  heading: "Kundenservice",
  greeting: "Hallo! Fragen Sie mich nach Bestellungen, Lieferung, Rückgabe oder allem anderen.",
  open: "Chat öffnen",
  close: "Chat schließen",
  online: "Antwortet sofort",
  connecting: "Verbindung wird aufgebaut…",
  offline: "Keine Verbindung. Neuer Versuch läuft…",
  log: "Unterhaltung",
  composer: "Ihre Nachricht",
  placeholder: "Nachricht schreiben…",
  send: "Senden",
  you: "Sie",
  bot: "Assistent",
  person: "Kundenservice",
  typing: "Assistent schreibt",
  sending: "Wird gesendet…",
  unsent: "Nicht gesendet.",
  retry: "Noch einmal",
  newMessages: "Neueste Nachrichten",
  unread: (n) => (n === 1 ? "1 neue Nachricht" : `${n} neue Nachrichten`),
  remaining: (n) => `noch ${n} Zeichen`,
  sources: "Quellen",
  openArticle: "Artikel öffnen",
  newTab: "(öffnet einen neuen Tab)",
  choices: "Antwortvorschläge",
  thumbUp: "Hilfreich",
  thumbDown: "Nicht hilfreich",
  whyBad: "Was hat nicht gepasst?",
  reasons: { wrong: "Es ist falsch", incomplete: "Es fehlt etwas", off_topic: "Nicht meine Frage" },
  thanks: "Danke für die Rückmeldung.",
  solved: "Hat das geholfen?",
  yes: "Ja",
  no: "Noch nicht",
  solvedYes: "Das freut uns!",
  solvedNo: "Das tut uns leid. Beschreiben Sie es genauer, oder sprechen Sie mit einem Menschen.",
  dismiss: "Ausblenden",
  askPerson: "Mit einem Menschen sprechen",
  inQueue: "Gleich ist jemand für Sie da. Sie können weiterschreiben, nichts geht verloren.",
  inLine: (position, minutes) =>
    (position === 1 ? "Sie sind als Nächstes dran" : `Sie sind Nummer ${position} in der Reihe`) +
    (minutes === null ? "." : `, in etwa ${minutes} Min.`),
  leaveMessage:
    "Gerade ist niemand im Dienst. Schreiben Sie hier Ihre Nachricht, auf Wunsch mit E-Mail-Adresse.",
  messageLeft: "Ihre Nachricht ist bei uns. Sie bekommen hier eine Antwort.",
  withPerson: (name) => (name ? `Sie sprechen mit ${name}.` : "Ein Mensch ist jetzt im Chat."),
  closed: "Diese Unterhaltung ist beendet.",
  startNew: "Neue beginnen",
  errors: {
    unsent: "Nicht gesendet.",
    rate_limited: "Das war etwas schnell. Bitte warten Sie einen Moment.",
    too_long: "Diese Nachricht ist zu lang.",
    closed: "Diese Unterhaltung ist beendet.",
    other: "Bei uns ist etwas schiefgegangen.",
  },
};

export const LANGUAGES: Record<string, Strings> = { en, de };

/** Strings for a BCP 47 tag; English where we have none. */
export function stringsFor(language: string | null | undefined): Strings {
  return LANGUAGES[(language ?? "").toLowerCase().split("-")[0] ?? ""] ?? en;
}

/** What to tell the customer about an error code; codes we do not know get the general sentence. */
export function errorText(strings: Strings, code: string): string {
  return strings.errors[code] ?? strings.errors["other"] ?? code;
}
