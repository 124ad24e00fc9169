"""The only reader of the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator sets; every name is prefixed with `EMA_`."""

    model_config = SettingsConfigDict(env_prefix="EMA_", frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path("data")
    """Where the defaults below put their files."""
    database_url: str = ""
    """SQLAlchemy URL of the main database. Default: a SQLite file under `data_dir`."""
    keystore_url: str = ""
    """SQLAlchemy URL of the key store, apart from the main database. Default: a SQLite file under `data_dir`."""
    secret_key_file: Path | None = None
    """The wrapping key, outside both databases. Default: a file under `data_dir`, made at the first start."""
    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: SecretStr | None = None
    messages_per_second: float = Field(default=30.0, gt=0)
    """What Telegram allows a bot to send by itself; replies to a tap are not counted."""
    public_url: str | None = None
    """How the outside reaches the web pages; with a webhook secret it switches polling off."""
    otlp_url: str | None = None
    """Where an OpenTelemetry collector takes spans over HTTP; without it, none are made."""
    bind: str = "127.0.0.1"
    port: int = 8000
    backup_dir: Path | None = None
    """Where the worker puts backups by itself; without it, it makes none."""
    backup_every_hours: int = Field(default=24, ge=1)
    backup_keep: int = Field(default=7, ge=1)
    """So many of the newest stay."""
    backup_to: str | None = None
    """Seal them for this X25519 public key: a PEM file, or its 32 bytes as base64."""

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
