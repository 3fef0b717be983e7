"""The `[backends.soft_prompt]` table."""

from pydantic import Field

from backends.classified.settings import ClassifiedSettings


class SoftPromptSettings(ClassifiedSettings):
    """Which prompt is served on the frozen encoder, and how."""

    prompt: str = Field(
        "current",
        min_length=1,
        description="the promoted prompt, or the id of one, or a name: the newest prompt of that name",
    )
