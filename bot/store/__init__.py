"""The durable store: SQLite, one writer thread, readers with connections of their own."""
