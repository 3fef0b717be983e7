"""The `[backends.intent]` table."""

from backends.classified.settings import ClassifiedSettings


class IntentSettings(ClassifiedSettings):
    """How the fine-tuned classifier is run."""
