"""The only reader of the environment and of doorstep.toml; nothing else in the hub looks at either."""

from __future__ import annotations

import ipaddress
import json
import os
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from doorstep.access.settings import LOOPBACK_NAMES, AccessSettings
from doorstep.errors import SettingsError
from schemas.faults import first_fault

__all__ = ["Settings", "load"]


class Settings(BaseSettings):
    """Every setting of the hub. Environment DOORSTEP_NAME wins over the TOML file, which wins over the default."""

    model_config = SettingsConfigDict(
        env_prefix="DOORSTEP_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    data_dir: Path = Field(Path("./var"), description="Folder of the journal, the document store and the spools")
    database_url: str = Field(
        "", description="SQLAlchemy URL of the journal; empty = SQLite file `journal.db` in the data folder"
    )
    kafka_bootstrap: str = Field("", description="host:port[,host:port] of Kafka; empty = embedded dispatcher")
    kafka_prefix: str = Field("", description="Put before every topic and consumer group name")
    kafka_partitions: int = Field(6, ge=1, description="Partitions of topics that the hub creates")
    kafka_replication: int = Field(1, ge=1, description="Replication factor of topics that the hub creates")
    host: str = Field("127.0.0.1", description="Address that every listener binds")
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP: FHIR, JSON API, console; 0 = any free port")
    mllp_port: int = Field(2575, ge=0, le=65535, description="HL7 v2 over MLLP; 0 = any free port")
    smtp_port: int = Field(2525, ge=0, le=65535, description="SMTP in; 0 = any free port")
    fax_inbox: Path | None = Field(None, description="Watched folder; empty = `fax/inbox` in the data folder")
    network_file: Path | None = Field(
        None, description="YAML file of the provider directory, read anew when it changes; empty = a synthetic sample"
    )
    escalations_file: Path | None = Field(
        None,
        description="YAML file of who answers for escalated cases and their mail addresses, read anew when it changes; "
        "empty = the synthetic people of rules/escalations.yaml, who have none",
    )
    audit_anchor: Path | None = Field(
        None,
        description="File, best on another disk, that takes the head of the audit chain each minute",
    )
    base_url: str = Field("", description="The hub's public HTTP address for links; empty = as it listens")
    tls_cert: Path | None = Field(None, description="PEM certificate chain for HTTP, MLLP and SMTP STARTTLS")
    tls_key: Path | None = Field(None, description="PEM key of tls_cert")
    tls_client_ca: Path | None = Field(None, description="PEM CA of clients' certificates: MLLP must have one")
    api_key: SecretStr | None = Field(None, description="The operator's key over HTTP: Authorization: Bearer KEY")
    trusted_network: bool = Field(
        False, description="Allow plain listeners beyond loopback in a network that you protect; a key is needed still"
    )
    worker_processes: int = Field(0, ge=0, description="OCR and parsing processes; 0 = one a core")
    ocr_engine: str = Field("", description="Name of an engine of doorstep/ocr; empty = the best one that works here")
    ocr_rapidocr: Literal["", "auto", "on", "off"] = Field(
        "", description="The second engine, rapidocr: `auto` (also empty) = where its wheel is, `on` = required, `off`"
    )
    notice_attempts: int = Field(20, ge=1, description="Tries of one notification before its subscription is in error")
    grace_seconds: float = Field(8.0, gt=0, description="How long a stop may take before work is cut off")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_json: bool = Field(False, description="One JSON object a log line")
    access: AccessSettings = Field(
        default_factory=AccessSettings, description="[access]: who may call over HTTP (docs/access.md)"
    )
    connectors: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="[connectors.NAME]: each connector's own settings (docs/settings.md)"
    )

    @field_validator("connectors", mode="before")
    @classmethod
    def _json_values(cls, value: object) -> object:
        """Environment values of connector settings are text: read JSON objects and lists in them."""
        if isinstance(value, dict):
            return {name: _parsed(own) for name, own in value.items()}
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not (urlsplit(value).scheme in {"http", "https"} and urlsplit(value).hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value

    @property
    def worker_environment(self) -> dict[str, str]:
        """Return what worker processes are told; they know no settings."""
        told = {"DOORSTEP_OCR_ENGINE": self.ocr_engine, "DOORSTEP_OCR_RAPIDOCR": self.ocr_rapidocr}
        told |= {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}  # before the first library that asks is loaded
        return {name: value for name, value in told.items() if value}

    @property
    def journal_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'journal.db'}"

    @property
    def loopback(self) -> bool:
        """True when nothing beyond this machine can reach the listeners."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def check_exposure(self) -> None:
        """Raise SettingsError when listeners beyond loopback lack TLS or credentials; the message names the setting."""
        if any(client.certificates for client in self.access.clients.values()) and self.tls_client_ca is None:
            raise SettingsError("no-ca", "clients prove themselves by certificates: set DOORSTEP_TLS_CLIENT_CA")
        public = urlsplit(self.base_url).hostname
        if self.loopback and (public is None or public in LOOPBACK_NAMES):
            return
        wanted: dict[str, object] = {"DOORSTEP_API_KEY": self.has_operator or None}
        if not self.loopback and not self.trusted_network:
            tls = {"TLS_CERT": self.tls_cert, "TLS_KEY": self.tls_key, "TLS_CLIENT_CA": self.tls_client_ca}
            wanted = {f"DOORSTEP_{name}": value for name, value in tls.items()} | wanted
        missing = [name for name, value in wanted.items() if value is None]
        if missing:
            way_round = (
                ""
                if len(missing) == 1
                else (" (or DOORSTEP_TRUSTED_NETWORK=true for no TLS inside a network that you protect otherwise)")
            )
            name = f"DOORSTEP_BASE_URL={self.base_url}" if self.loopback else f"DOORSTEP_HOST={self.host}"
            raise SettingsError(
                "exposed", f"{name} is reachable from other machines; set {', '.join(missing)}{way_round}"
            )

    @property
    def has_operator(self) -> bool:
        """Say whether an operator can prove itself over HTTP."""
        return self.api_key is not None or any(client.operator for client in self.access.clients.values())

    @property
    def access_on(self) -> bool:
        """Say whether callers over HTTP must prove themselves."""
        return self.api_key is not None or bool(self.access.clients)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings  # no .env files: one TOML file and the environment are enough places
        toml = InitSettingsSource(settings_cls, init_kwargs=_toml_values())
        return init_settings, env_settings, toml, file_secret_settings


def _parsed(own: object) -> object:
    if not isinstance(own, dict):
        return own
    return {key: json.loads(v) if isinstance(v, str) and v[:1] in {"{", "["} else v for key, v in own.items()}


def _toml_values() -> dict[str, Any]:
    named = os.environ.get("DOORSTEP_CONFIG")
    path = Path(named or "doorstep.toml")
    if not path.is_file():
        if named:
            raise SettingsError("no-config", f"DOORSTEP_CONFIG names {named}, which is not a file")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as unreadable:
        raise SettingsError("bad-config", f"{path} cannot be read: {unreadable.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SettingsError("bad-config", f"{path}: {broken}") from broken


def load(**overrides: Any) -> Settings:
    """Read the settings; raise SettingsError with the full path of the first wrong one."""
    try:
        return Settings(**overrides)
    except ValidationError as wrong:
        raise SettingsError("bad-setting", str(first_fault(wrong))) from None
    except SourceError as wrong:
        raise SettingsError("bad-setting", f"{wrong}: JSON is expected there") from None
    except json.JSONDecodeError as wrong:
        raise SettingsError("bad-setting", f"connectors: a value is not JSON: {wrong}") from None
