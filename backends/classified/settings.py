"""Settings that every backend with a classifier has."""

from pydantic import Field, SecretStr

from backends.settings import Section


class ClassifiedSettings(Section):
    """How the classifier is run; when it abstains belongs to its bundle."""

    threads: int = Field(1, ge=1, le=64, description="cores one call of the model may use")
    max_batch: int = Field(32, ge=1, le=1024, description="texts classified in one call at most")
    languages: tuple[str, ...] = Field(
        ("en",), min_length=1, description="languages the bundle was trained on, as primary subtags"
    )
    webhook_secret: SecretStr | None = Field(
        None, description="key that signs calls of webhooks (environment only, never in bot.toml)"
    )

    @property
    def secret(self) -> str | None:
        """The key in clear text."""
        return None if self.webhook_secret is None else self.webhook_secret.get_secret_value()
