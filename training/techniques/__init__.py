"""Ways to tell intents, behind one small interface, so that they can be compared on the same rows."""
