"""The only reader of the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, computed_field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

_TOKEN: Final = re.compile(r"[0-9]{1,18}:[A-Za-z0-9_-]+")
"""As @BotFather gives it: the bot's number, a colon, a secret."""


class Settings(BaseSettings):
    """What an operator sets; every name is prefixed with `EMA_`."""

    model_config = SettingsConfigDict(
        env_prefix="EMA_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    data_dir: Path = Path("data")
    """Where the defaults below put their files."""
    database_url: str = ""
    """SQLAlchemy URL of the main database. Default: a SQLite file under `data_dir`."""
    keystore_url: str = ""
    """SQLAlchemy URL of the key store, apart from the main database. Default: a SQLite file under `data_dir`."""
    secret_key_file: Path | None = None
    """The wrapping key, outside both databases. Default: a file under `data_dir`, made at the first start."""
    telegram_token: SecretStr | None = None
    """One bot's, or several bots' with commas or white space between."""
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: SecretStr | None = None
    messages_per_second: float = Field(default=30.0, gt=0)
    """What Telegram allows each bot to send by itself; replies to a tap are not counted."""
    public_url: str | None = None
    """How the outside reaches the web pages; with a webhook secret it switches polling off."""
    exit_url: str = Field(default="https://www.bbc.co.uk/weather", pattern=r"^https?://")
    """Where “Hide this” leads from a participant's page: somewhere that everybody looks at."""
    otlp_url: str | None = None
    """Where an OpenTelemetry collector takes spans over HTTP; without it, none are made."""
    caseload: int = Field(default=15, ge=0)
    """The most people for whom one peer worker is there; 0: as many as she takes."""
    bind: str = "127.0.0.1"
    port: int = 8000
    backup_dir: Path | None = None
    """Where the worker puts backups by itself; without it, it makes none."""
    backup_every_hours: int = Field(default=24, ge=1)
    backup_keep: int = Field(default=7, ge=1)
    """So many of the newest stay."""
    backup_to: str | None = None
    """Seal them for this X25519 public key: a PEM file, or its 32 bytes as base64."""

    @field_validator("telegram_token")
    @classmethod
    def _each_bot_once(cls, given: SecretStr | None) -> SecretStr | None:
        """What is wrong is told by its place: a token is never shown."""
        tokens = _split(given)
        if given is not None and not tokens:
            raise PydanticCustomError("no_token", "it holds no token: @BotFather gives one")
        first: dict[str, int] = {}
        for place, token in enumerate(tokens, 1):
            if not _TOKEN.fullmatch(token):
                raise PydanticCustomError(
                    "bad_token",
                    "number {place} of its {number} is not a token as @BotFather gives it (a number, a colon, "
                    "letters). Several are separated by commas or spaces",
                    {"place": place, "number": len(tokens)},
                )
            before = first.setdefault(token.partition(":")[0].lstrip("0"), place)
            if before != place:
                raise PydanticCustomError(
                    "same_bot",
                    "numbers {before} and {place} are tokens of the same bot",
                    {"before": before, "place": place},
                )
        return given

    @property
    def telegram_tokens(self) -> tuple[SecretStr, ...]:
        """One for each bot, in the order in which they are set."""
        return tuple(SecretStr(token) for token in _split(self.telegram_token))

    @property
    def bots(self) -> tuple[int, ...]:
        """The numbers of the bots that are set. They are public; the rest of a token is not."""
        return tuple(int(token.partition(":")[0]) for token in _split(self.telegram_token))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'ema.sqlite'}"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def keystore(self) -> str:
        return self.keystore_url or f"sqlite:///{self.data_dir / 'keys.sqlite'}"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def secret_key(self) -> Path:
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def url(self) -> str:
        """Where a browser finds the pages."""
        return self.public_url or f"http://{self.bind}:{self.port}"


def _split(tokens: SecretStr | None) -> list[str]:
    return re.findall(r"[^\s,]+", tokens.get_secret_value()) if tokens is not None else []
