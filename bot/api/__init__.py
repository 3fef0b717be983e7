"""The HTTP edges: one router a file. They parse, ask the core, and write JSON; no decision is made here."""
