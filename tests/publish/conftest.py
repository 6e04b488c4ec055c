"""Fixtures of the tests of publication."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from publish_town import CATALOGUE, Town
from webhook_builders import QUICK, secret_file

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.project import Project
from pipelines.contracts.settings import Settings
from pipelines.contracts.text import Text
from pipelines.contracts.vocab import Vocabularies
from tests.tiny import VOCAB


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., Town]:
    """Makes a town: settings and catalogue keys may be given, the store is in a folder of this test."""

    def make(
        stage: str = "official",
        base_url: str = "https://www.ciudad.example/datos",
        root: Path = tmp_path,
        **catalogue: Any,
    ) -> Town:
        (root / "vocab").mkdir(parents=True, exist_ok=True)
        for rules in ("codes", "shapes"):
            if not (root / "vocab" / rules).exists():
                (root / "vocab" / rules).symlink_to(VOCAB / rules)
        return Town(
            Project(
                root=root,
                settings=Settings(store=root / "store", base_url=base_url),
                catalogue=CatalogueFile.model_validate({**CATALOGUE, "stage": stage, **catalogue}),
                sources={},
                datasets={},
                targets={},
                vocabularies=Vocabularies({"qualifier": {"more-than": Text(es="Más de", en="More than")}}),
            )
        )

    return make


@pytest.fixture
def full(town: Callable[..., Town]) -> Town:
    """Two datasets, one with two versions and a withdrawn one, and one dataset outside the edition."""
    out = town()
    out.release("alfa", "2026-01-10.1")
    out.release("alfa", "2026-02-10.1")
    out.withdraw("alfa", "2026-02-10.1")
    out.release("alfa", "2026-03-10.1")
    out.release("beta", "2026-01-10.1")
    out.release("gamma", "2026-01-05.1")
    del out.pins["gamma"]
    return out


@pytest.fixture
def webhook_key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def listening(full: Town, webhook_key: bytes, tmp_path: Path) -> Callable[..., Town]:
    """Names receivers in the settings of a town with three datasets; further settings may be given."""

    def make(*urls: str, **settings: Any) -> Town:
        more = {"webhooks": list(urls), "webhook_secret_file": secret_file(tmp_path, webhook_key), **QUICK, **settings}
        full.project = replace(full.project, settings=full.project.settings.model_copy(update=more))
        return full

    return make
