"""The `[backends.rag]` table of `bot.toml`."""

from pydantic import Field, SecretStr

from backends.settings import Section


class RagSettings(Section):
    """What an engineer may set about answers from articles."""

    base_url: str | None = Field(
        None, description="OpenAI-compatible endpoint, e.g. http://localhost:11434/v1; unset: the embedded model"
    )
    model: str = Field(
        "smollm2-135m-instruct", description="model name at the endpoint; tuned:NAME is what `switchboard tune` made"
    )
    api_key: SecretStr | None = Field(
        None, description="key of the endpoint; only from the environment, SWITCHBOARD__BACKENDS__RAG__API_KEY"
    )
    generate: bool = Field(True, description="let the language model write; false quotes the articles only")
    shop_name: str = Field("our shop", description="whom the bot speaks for, as the model is told")
    languages: tuple[str, ...] = Field(("en",), description="languages of the articles; other turns are not answered")
    extractive_lead: str = Field(
        'From our help page "{title}":', description="line above a quoted answer; {title} is the article's; empty: none"
    )

    deadline_s: float = Field(
        8.0, gt=0, le=300, description="seconds for the language model, waiting for a slot included"
    )
    connect_s: float = Field(2.0, gt=0, le=60, description="seconds to reach the endpoint")
    max_tokens: int = Field(120, ge=16, le=4096, description="longest generated answer, in tokens")
    temperature: float = Field(0.0, ge=0, le=2, description="randomness of the model; 0 is repeatable")
    slots: int = Field(2, ge=1, le=1000, description="requests to the endpoint at a time, per server process")
    retries: int = Field(2, ge=0, le=10, description="further tries before the first token, for errors worth a retry")
    retry_base_s: float = Field(0.2, ge=0, le=10, description="longest first wait between tries; doubles with each")
    breaker_failures: int = Field(3, ge=1, description="failures in a row after which the endpoint is left alone")
    breaker_open_s: float = Field(10.0, gt=0, description="seconds it is left alone before one turn tries it again")
    usd_per_million_prompt: float = Field(0.0, ge=0, description="price of a million prompt tokens, USD")
    usd_per_million_completion: float = Field(0.0, ge=0, description="price of a million generated tokens, USD")
    local_threads: int = Field(1, ge=1, le=64, description="cores for the embedded model")
    lora: str | None = Field(
        None,
        min_length=1,
        description="adapter of the embedded model: current, an id, or a name; unset: none; unused with base_url",
    )

    top_k: int = Field(3, ge=1, le=20, description="passages shown to the model and searched for a quote")
    dense_weight: float | None = Field(
        None, ge=0, le=1, description="share of the embeddings in the fused score; unset: fitted on the articles"
    )
    min_confidence: float = Field(
        0.45, ge=0, le=1, description="below this probability that the best article is the right one, it abstains"
    )
