"""The schema, as numbered migrations. Text columns hold UTC ISO-8601 times or JSON where named so."""

from sqlite_utils import Database, Migrations

migrations = Migrations("bot.store")


@migrations()
def m001_conversations(db: Database) -> None:
    """Conversations, their slots and the sticky assignment of customers to arms."""
    db.table("conversations").create(
        {
            "id": str,
            "session_hash": str,
            "unit": str,
            "visitor_id": str,
            "customer_id": str,
            "source": str,
            "language": str,
            "arm": str,
            "propensity": float,
            "routing_version": int,
            "owner": str,
            "owner_seq": int,
            "operator": str,
            "misses": int,
            "clarified": int,
            "flow_json": str,
            "last_offset": int,
            "last_text": str,
            "resolved": int,
            "created_at": str,
            "updated_at": str,
            "closed_at": str,
            "close_reason": str,
            "lease_worker": str,
            "lease_until": float,
        },
        pk="id",
        strict=True,
        not_null={"session_hash", "source", "owner", "owner_seq", "last_offset", "created_at"},
    )
    db.table("conversations").create_index(["session_hash"], unique=True)
    db.table("conversations").create_index(["updated_at"])
    db.table("conversations").create_index(["unit", "updated_at"])
    db.table("conversations").create_index(["owner", "updated_at"])
    db.table("conversation_slots").create(
        {"conversation_id": str, "name": str, "value": str, "at": str},
        pk=("conversation_id", "name"),
        strict=True,
    )
    db.table("assignments").create(
        {"unit": str, "arm": str, "propensity": float, "routing_version": int, "at": str},
        pk="unit",
        strict=True,
    )


@migrations()
def m002_events(db: Database) -> None:
    """Append-only events, and the messages still to be answered."""
    db.executescript("""
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id TEXT NOT NULL, "offset" INTEGER NOT NULL,
            type TEXT NOT NULL, message_id TEXT, at TEXT NOT NULL, frame_json TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX events_offset ON events (conversation_id, "offset");
        CREATE UNIQUE INDEX events_message ON events (conversation_id, message_id)
            WHERE message_id IS NOT NULL;
        CREATE TABLE inbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id TEXT NOT NULL, message_id TEXT NOT NULL,
            text TEXT NOT NULL, payload TEXT, found_json TEXT NOT NULL, received_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX inbox_conversation ON inbox (conversation_id, seq);
    """)


@migrations()
def m003_turns(db: Database) -> None:
    """What answered each message, every try, and what people said about it."""
    db.executescript("""
        CREATE TABLE turns (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, message_id TEXT NOT NULL, bot_message_id TEXT,
            asked_at TEXT NOT NULL, answered_at TEXT NOT NULL, text TEXT NOT NULL, reply TEXT,
            source TEXT NOT NULL, language TEXT NOT NULL, arm TEXT, propensity REAL, routing_version INTEGER,
            outcome TEXT NOT NULL, backend TEXT, kind TEXT, reason TEXT, intent TEXT, confidence REAL,
            mode TEXT, payload TEXT, clarified INTEGER NOT NULL, citations_json TEXT NOT NULL,
            actions_json TEXT NOT NULL, bundle_id TEXT, prompt_hash TEXT, index_hash TEXT, settings_hash TEXT NOT NULL,
            latency_ms REAL NOT NULL, stages_json TEXT NOT NULL,
            prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL
        ) STRICT;
        CREATE INDEX turns_conversation ON turns (conversation_id, id);
        CREATE INDEX turns_bot_message ON turns (bot_message_id);
        CREATE TABLE attempts (
            turn_id TEXT NOT NULL, position INTEGER NOT NULL, backend TEXT NOT NULL, outcome TEXT NOT NULL,
            ms REAL NOT NULL, intent TEXT, confidence REAL, detail TEXT NOT NULL,
            PRIMARY KEY (turn_id, position)
        ) STRICT;
        CREATE TABLE signals (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, turn_id TEXT, kind TEXT NOT NULL,
            value TEXT NOT NULL, reason TEXT, at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX signals_conversation ON signals (conversation_id);
        CREATE TABLE labels (
            id TEXT PRIMARY KEY, turn_id TEXT NOT NULL, intent TEXT NOT NULL, provenance TEXT NOT NULL,
            by TEXT NOT NULL, note TEXT, at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX labels_turn ON labels (turn_id);
    """)


@migrations()
def m004_routing(db: Database) -> None:
    """Versions of the routing: who, when, why."""
    db.table("routing").create(
        {"version": int, "at": str, "who": str, "why": str, "document_json": str}, pk="version", strict=True
    )


@migrations()
def m005_operators(db: Database) -> None:
    """People who may sign in, what they changed, what they wrote about conversations and answers."""
    db.executescript("""
        CREATE TABLE operators (
            name TEXT PRIMARY KEY, role TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
            disabled_at TEXT
        ) STRICT;
        CREATE TABLE duty (
            name TEXT PRIMARY KEY, on_duty INTEGER NOT NULL, at TEXT NOT NULL, seen_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
            action TEXT NOT NULL, target TEXT, details_json TEXT NOT NULL
        ) STRICT;
        CREATE TABLE notes (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, kind TEXT NOT NULL, by TEXT NOT NULL,
            text TEXT NOT NULL, at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX notes_conversation ON notes (conversation_id);
        CREATE TABLE proposals (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, turn_id TEXT NOT NULL, intent TEXT, article_id TEXT,
            text TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL,
            decided_by TEXT, decided_at TEXT
        ) STRICT;
        CREATE INDEX proposals_state ON proposals (state, at);
    """)


@migrations()
def m006_outcomes(db: Database) -> None:
    """How each conversation ended, and what people found when they looked."""
    db.executescript("""
        CREATE TABLE outcomes (
            conversation_id TEXT PRIMARY KEY, definition TEXT NOT NULL, kind TEXT NOT NULL, resolved INTEGER NOT NULL,
            assisted INTEGER NOT NULL, reopened INTEGER NOT NULL, handed_off INTEGER NOT NULL, unit TEXT NOT NULL,
            source TEXT NOT NULL, language TEXT, arm TEXT, propensity REAL, routing_version INTEGER, backend TEXT,
            intent TEXT, first_text TEXT, turns INTEGER NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL,
            window_ends_at TEXT NOT NULL, judged_at TEXT NOT NULL, resolution_s REAL, latency_ms REAL,
            prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL,
            backend_s REAL NOT NULL, operator_s REAL NOT NULL, evidence_json TEXT NOT NULL
        ) STRICT;
        CREATE INDEX outcomes_window ON outcomes (window_ends_at);
        CREATE INDEX outcomes_unit ON outcomes (unit, started_at);
        CREATE TABLE audits (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, drawn_at TEXT NOT NULL, probability REAL NOT NULL,
            frame INTEGER NOT NULL, definition TEXT NOT NULL, resolved INTEGER, by TEXT, note TEXT, judged_at TEXT,
            stratum TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE UNIQUE INDEX audits_conversation ON audits (conversation_id);
        CREATE TABLE audit_draws (
            drawn_at TEXT NOT NULL, since TEXT, as_of TEXT NOT NULL, source TEXT, arm TEXT, stratum TEXT NOT NULL,
            probability REAL NOT NULL
        ) STRICT;
        CREATE TABLE judging (definition TEXT NOT NULL) STRICT;
        CREATE INDEX conversations_unit_begun ON conversations (unit, created_at, id);
    """)


@migrations()
def m007_people(db: Database) -> None:
    """Who waits for a person and since when, what answered last, what was erased and what has been kept long enough."""
    db.executescript("""
        ALTER TABLE conversations ADD COLUMN left_message INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversations ADD COLUMN queued_at TEXT;
        ALTER TABLE conversations ADD COLUMN awaiting_since TEXT;
        ALTER TABLE conversations ADD COLUMN last_backend TEXT;
        ALTER TABLE conversations ADD COLUMN last_intent TEXT;
        ALTER TABLE conversations ADD COLUMN last_confidence REAL;
        ALTER TABLE conversations ADD COLUMN purged_at TEXT;
        UPDATE conversations SET queued_at = updated_at, left_message = 1 WHERE owner = 'queue';
        UPDATE conversations SET (last_backend, last_intent, last_confidence) = (
            SELECT backend, intent, confidence FROM turns t WHERE t.conversation_id = conversations.id
            ORDER BY t.id DESC LIMIT 1
        );
        CREATE INDEX conversations_queued ON conversations (queued_at) WHERE queued_at IS NOT NULL;
        CREATE INDEX conversations_awaiting ON conversations (awaiting_since) WHERE awaiting_since IS NOT NULL;
        CREATE INDEX conversations_kept ON conversations (closed_at)
            WHERE closed_at IS NOT NULL AND purged_at IS NULL;
        CREATE INDEX conversations_customer ON conversations (customer_id) WHERE customer_id IS NOT NULL;
        CREATE INDEX conversations_visitor ON conversations (visitor_id) WHERE visitor_id IS NOT NULL;
        CREATE TABLE waits (
            conversation_id TEXT NOT NULL, source TEXT NOT NULL, queued_at TEXT NOT NULL, place INTEGER NOT NULL,
            ended_at TEXT, how TEXT, PRIMARY KEY (conversation_id, queued_at)
        ) STRICT;
        CREATE INDEX waits_ended ON waits (ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX notes_at ON notes (at);
        CREATE INDEX conversation_slots_at ON conversation_slots (at);
        CREATE TABLE erasures (
            id TEXT PRIMARY KEY, erased_at TEXT NOT NULL, by TEXT NOT NULL, state TEXT NOT NULL,
            removed_json TEXT NOT NULL, pending_json TEXT NOT NULL, learned_json TEXT, finished_at TEXT
        ) STRICT;
    """)


@migrations()
def m008_suggestions(db: Database) -> None:
    """What answers suggested to operators took: every try of a backend, without its words."""
    db.executescript("""
        CREATE TABLE suggestions (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, at TEXT NOT NULL, backend TEXT NOT NULL,
            outcome TEXT NOT NULL, ms REAL NOT NULL, prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL
        ) STRICT;
        CREATE INDEX suggestions_conversation ON suggestions (conversation_id);
    """)
