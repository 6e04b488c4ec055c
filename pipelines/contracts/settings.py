"""The settings: one typed model, filled from the environment and one TOML file.

What belongs here: every knob, with its unit and its reason. What does not: anything that changes what
is published; that is said in the catalogue and in the dataset files, which are reviewed.

A value comes from `OPENDATA_<NAME>` in the environment, else from `opendata.toml`, else from the
default. Secrets have no place in the file.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

SETTINGS_FILE = "opendata.toml"


class Settings(BaseSettings):
    """All knobs of the project; paths are relative to the project's root."""

    model_config = SettingsConfigDict(env_prefix="OPENDATA_", extra="forbid", frozen=True)

    store: Path = Field(
        default=Path("store"),
        description="Folder of the store. On a disk of its own where releases are kept for years.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address at which the portal is served; only feeds and sitemaps hold it.",
    )
    lang: Literal["es", "en"] | None = Field(
        default=None, description="Language of messages; that of the locale if absent, English if it is neither."
    )
    documents: str | None = Field(
        default=None,
        description="Folder or address with copies of the source documents, to verify evidence terms; not verified if absent.",
    )
    standards: str | None = Field(
        default=None,
        description="Folder or address with the official SHACL shapes; a warning says so where they are missing.",
    )
    api_url: str | None = Field(
        default=None, description="Address of the portal's API; from then on the catalogue describes it as a service."
    )
    datastore_url: str | None = Field(
        default=None,
        description="Address of the action API of a CKAN whose DataStore has the tables; described as a service.",
    )
    feed_page_bytes: int = Field(
        default=40_000_000,
        ge=10_000,
        description="Largest page of a catalogue feed, in bytes; above it `hydra:next` leads on. Federators refuse 50 MB.",
    )
    personal_hashes: Path | None = Field(
        default=None,
        description="CSV with SHA-256 of names that must not be published; kept outside the project, for a hash of a name is personal data.",
    )
    allow_hosts: list[str] = Field(
        default_factory=list, description="Hosts with a private address that may be fetched all the same, by name."
    )
    user_agent: str = Field(
        default="opendata-clusters (+https://datos.madrid.example)",
        description="How we present ourselves to servers; a way to reach us.",
    )
    http_timeout_seconds: float = Field(
        default=30, gt=0, description="Longest wait for one connection or piece of an answer, in seconds."
    )
    http_total_seconds: float = Field(
        default=300, gt=0, description="Longest time for one file, in seconds; a slow trickle ends here."
    )
    http_retries: int = Field(
        default=3, ge=0, description="Further attempts after a failure that may pass (timeouts, 429, 5xx)."
    )
    http_interval_seconds: float = Field(
        default=1, ge=0, description="Pause between two requests to one host, in seconds; politeness."
    )
    target_call_seconds: float = Field(
        default=300, gt=0, description="Longest time for one call to a CKAN, in seconds; a load of rows is many calls."
    )
    target_retry_seconds: float = Field(
        default=120,
        ge=0,
        description="Longest time that one run spends waiting to try calls to a CKAN again, in seconds.",
    )
    target_rows_per_call: int = Field(
        default=10_000,
        ge=1,
        description="Most rows that one call writes to a DataStore, a count; one call is one transaction.",
    )
    webhooks: list[str] = Field(
        default_factory=list,
        description="Addresses that are told of each publication and withdrawal, by a signed message; none if empty.",
    )
    webhook_secret_file: Path | None = Field(
        default=None,
        description="File with the secret that signs those messages, `whsec_…`, one a line; outside the project.",
    )
    requests_per_minute: int = Field(
        default=0,
        ge=0,
        description="Most requests that one address may make to the portal in a minute, a count; 0 is any number.",
    )
    log_requests: bool = Field(
        default=True, description="Whether the portal writes a line for each request; never who asked or what for."
    )
    sparql_seconds: float = Field(
        default=10,
        gt=0,
        description="Longest time that one SPARQL query may take at the portal, in seconds; then its process is ended.",
    )
    sparql_memory_bytes: int = Field(
        default=1 << 30,
        ge=200_000_000,
        description="Most memory that a SPARQL query may take, in bytes, with the graph; then its process is ended.",
    )
    sparql_answer_bytes: int = Field(
        default=50_000_000,
        ge=10_000,
        description="Largest answer to a SPARQL query, in bytes; a larger one is refused and never cut.",
    )
    sparql_waiting: int = Field(
        default=4,
        ge=0,
        le=20,
        description="SPARQL queries that may wait for those that are being answered, a count; one more is answered 503.",
    )
    sparql_workers: int = Field(
        default=2,
        ge=1,
        le=16,
        description="SPARQL queries that are answered at the same time, a count; each in a process with the whole graph.",
    )
    max_file_bytes: int = Field(
        default=200_000_000, gt=0, description="Largest file that is read, in bytes, packed or unpacked."
    )
    max_rows: int = Field(
        default=5_000_000, gt=0, description="Most rows of one table; more is a mistake or an attack."
    )
    max_columns: int = Field(
        default=500, gt=0, description="Most columns of one table; more is a mistake or an attack."
    )
    max_cell_chars: int = Field(
        default=100_000, gt=0, description="Longest cell, in characters; an unclosed quote swallows whole files."
    )
    max_findings: int = Field(
        default=200, gt=0, description="Most findings of one code and table that are listed; the rest is counted."
    )
    small_group: int = Field(
        default=5, ge=2, description="Smallest group of people that may be shown, where a rule names no other size."
    )
    lock_wait_seconds: float = Field(
        default=60, ge=0, description="How long a publication waits for another one, in seconds."
    )
    keep_runs_days: int = Field(
        default=90,
        ge=1,
        description="Days that records of runs, held candidates and quarantined values are kept by `prune`.",
    )
    keep_versions: int = Field(
        default=12, ge=1, description="Latest versions of each dataset that `prune` never removes."
    )
    keep_version_days: int = Field(
        default=3650, ge=1, description="Days that an older version is kept by `prune`; ten years for citation."
    )
    keep_snapshots_days: int = Field(
        default=365, ge=1, description="Days that a snapshot which no version uses is kept by `prune`."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values first, then the environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(root: Path, **overrides: Any) -> Settings:
    """The settings of the project at `root`. Raises `pydantic.ValidationError` naming the wrong knob."""

    class Here(Settings):
        model_config = SettingsConfigDict(toml_file=root / SETTINGS_FILE)

    return Here(**overrides)
