"""What the logs teach: labelled turns with their provenance, guards on the stream, and intents nobody wrote yet."""
