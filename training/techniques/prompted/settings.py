"""Settings of the prompted techniques: the tables `[endpoint]`, `[prices]` and `[techniques.NAME]` of a study."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from pydantic import Field, model_validator

from backends.settings import Section

EMBEDDED_TOKENS, FAR_TOKENS = 700, 8000
"""Most tokens of instruction and fixed examples: for the embedded model, which reads slowly, and for others."""
EMBEDDED_RETRIEVED, FAR_RETRIEVED = 4, 10
"""Examples that are retrieved for a text. Each is some forty tokens more to read."""


class EndpointSettings(Section):
    """The table `[endpoint]`; without `base_url` the embedded model is asked."""

    base_url: str | None = None
    """Of an OpenAI-compatible chat endpoint, with `/v1`."""
    model: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key."""
    timeout_s: float = Field(60.0, gt=0)
    """Longest silence of the endpoint; one that drips on is waited for until the cell's own limit."""
    retries: int = Field(4, ge=0)
    """Further tries after a rate limit, a failure of the server or a lost connection."""
    retry_base_s: float = Field(1.0, ge=0)
    """Wait before the first of them, doubled each time; `retry-after` of the endpoint goes first. At most a minute."""
    parallel: int = Field(4, ge=1)
    """Requests at once."""
    json_schema: bool = True
    """Whether answers can be constrained; an endpoint that refuses is asked without from then on."""
    logprobs: bool = False
    """Whether to ask for the log probabilities of the answer's tokens, from which confidence is read."""
    temperature: float | None = 0.0
    """None leaves it to the endpoint, as some reasoning models want."""
    max_tokens: int | None = Field(None, ge=1)
    """Of an answer; None reckons it from the labels. Models that reason before they answer need room."""
    extra: Mapping[str, Any] = Field(default_factory=dict)
    """Further keys of the request's body."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.base_url is None) != (self.model is None):
            raise ValueError("endpoint: give base_url and model, or neither for the embedded model")
        return self

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded model is meant."""
        return self.base_url is None

    def for_embedded(self) -> Self:
        """What the embedded server can do: it constrains answers, tells probabilities and has one core."""
        return self.model_copy(update={"json_schema": True, "logprobs": True, "parallel": 1})


class Price(Section):
    """A line of the price sheet."""

    input_per_million: float = Field(ge=0)
    """USD for a million tokens of the prompt."""
    output_per_million: float = Field(ge=0)
    date: date
    """When it was looked up."""

    def usd(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What a call costs."""
        return (prompt_tokens * self.input_per_million + completion_tokens * self.output_per_million) / 1e6


class Options(Section):
    """The table `[techniques.NAME]` of a prompted technique."""

    retrieved: int | None = Field(None, ge=1, le=50)
    """Examples that `retrieved` shows with each text; None takes what suits the endpoint."""
    max_prompt_tokens: int | None = Field(None, ge=1)
    """Most tokens of instruction and fixed examples; None takes what suits the endpoint."""
    constrained: bool | None = None
    """Whether answers are bound to the labels where the endpoint can; None as the technique is meant."""
    reason_chars: int = Field(160, ge=20)
    """Longest reason of `chain_of_thought`."""

    def count(self, *, is_embedded: bool) -> int:
        """Examples that are retrieved for a text."""
        return self.retrieved or (EMBEDDED_RETRIEVED if is_embedded else FAR_RETRIEVED)

    def prompt_tokens(self, *, is_embedded: bool) -> int:
        """Most tokens of instruction and fixed examples."""
        return self.max_prompt_tokens or (EMBEDDED_TOKENS if is_embedded else FAR_TOKENS)
