"""Trap G: personal data. The hashes stay outside the project, so this runs only where they are at hand."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pipelines.contracts.project import Project

from .conftest import ROOT

Tables = dict[str, pd.DataFrame]
LONGEST = 12
MAILBOX = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
AS_A_BODY = {("organisations", "org_id"), ("organisations", "name_es")}
AS_A_BODY |= {("organisation_names", c) for c in ("org_id", "name", "name_id")}
WRITTEN = ("schemas/*.yaml", "sources/*.yaml", "targets/*.yaml", "docs/*.md", "opendata.toml", "tests/facts/*.py")
WRITTEN += ("vocab/*.yaml", "vocab/queries/*.rq")


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).replace("*", "").split())


def runs(text: str) -> Iterator[str]:
    for words in (fold(text).split(), re.findall(r"\w+", fold(text)), re.findall(r"[\w@.-]+", fold(text))):
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                yield " ".join(words[start:end])


@pytest.fixture(scope="module")
def hashes(shared: Path) -> dict[str, str]:
    """SHA-256 of each normalised form that must not be published: whether it may stand as the name of a body."""
    with (shared / "facts" / "tables" / "personal_data_hashes.csv").open(encoding="utf-8", newline="") as stream:
        return {r["sha256_normalised"]: r["publishable"] for r in csv.DictReader(stream) if r["publishable"] != "yes"}


def found_in(text: str, hashes: dict[str, str]) -> set[str]:
    hit = {hashlib.sha256(run.encode()).hexdigest() for run in set(runs(text))} & set(hashes)
    return {hashes[h] for h in hit}


def test_no_person_of_the_documents_is_named_in_a_cell(tables: Tables, hashes: dict[str, str]) -> None:
    seen = set()
    for name, table in tables.items():
        for column in table:
            allowed = {"body-name"} if (name, column) in AS_A_BODY else set()
            for cell in set(table[column]) - {""}:
                found = found_in(cell, hashes)
                assert found <= allowed, f"{name}.{column}"
                seen |= found
    # One hashed form equals the name of a public body: that it is seen shows that the search works.
    assert seen == {"body-name"}


@pytest.mark.parametrize("pattern", WRITTEN)
def test_no_person_of_the_documents_is_named_in_a_file(pattern: str, hashes: dict[str, str]) -> None:
    for path in ROOT.glob(pattern):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not found_in(line, hashes), path.name


def test_only_role_mailboxes_stand_in_the_data(tables: Tables, project: Project) -> None:
    mailboxes = {m for t in tables.values() for c in t for cell in set(t[c]) for m in MAILBOX.findall(cell)}
    assert mailboxes <= set(project.catalogue.allowed_mailboxes)
    assert mailboxes <= {"dg.economia@madrid.es"}


def test_no_address_leads_to_the_page_of_a_person(tables: Tables) -> None:
    for name, table in tables.items():
        for column in table:
            led = table[column].str.contains(r"https?://\S*/(?:author|autor|people|persona|profile)s?/")
            assert not led.any(), f"{name}.{column}"


def test_the_catalogue_of_the_example_names_an_office_and_no_person(whole: Project) -> None:
    if whole.catalogue.stage != "example":
        pytest.skip("speaks of the example identity, and a municipality has set its own")
    assert whole.catalogue.contact.email.endswith(".example")
    assert whole.catalogue.uri_base.endswith(".example")
