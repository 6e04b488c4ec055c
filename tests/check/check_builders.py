"""Tiny datasets, tables and projects for the tests of the gates."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from stdnum.es import dni

from pipelines.check.places import Places
from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.dataset import DataField, DatasetFile, Resource
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.contracts.settings import Settings
from pipelines.contracts.tables import LINE, PART, SOURCE, STRING, dtype_of
from pipelines.contracts.text import Text
from pipelines.contracts.vocab import Vocabularies

DNI = "00000000" + dni.calc_check_digit("00000000")
BOTH = {"es": "Uno", "en": "One"}


def field(name: str, kind: str = "string", *, public: bool = True, **more: Any) -> dict[str, Any]:
    limits = {k: more.pop(k) for k in list(more) if k not in ("vocabulary", "edtf")}
    return {
        "name": name,
        "type": kind,
        "titles": BOTH,
        "descriptions": BOTH,
        "privacy": "public" if public else "private",
        "constraints": limits,
        **more,
    }


def resource(name: str, fields: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    schema = {"fields": list(fields), "primaryKey": more.pop("key", ["id"]), "foreignKeys": more.pop("foreign", [])}
    coverage = [{"coverage": "complete", "statement": BOTH}]
    return {"name": name, "titles": BOTH, "descriptions": BOTH, "schema": schema, "coverage": coverage, **more}


def dataset(*resources: dict[str, Any], name: str = "things", **more: Any) -> DatasetFile:
    return DatasetFile.model_validate(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": name,
            "titles": BOTH,
            "descriptions": BOTH,
            "keywords": {"es": ["a"], "en": ["a"]},
            "themes": ["ECON"],
            "sectors": ["economia"],
            "frequency": "IRREG",
            "issued": "2026-01-01",
            "resources": list(resources),
            **more,
        }
    )


def table(one: Resource, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """A tidy table: what a row leaves out is missing; the first row stands in line 2 of `part.csv`."""
    out = {f.name: _column(f, [row.get(f.name) for row in rows]) for f in one.fields}
    lines = pd.Series(range(2, len(rows) + 2), dtype="Int64")
    origin = {
        SOURCE: pd.Series(["src"] * len(rows), dtype=STRING),
        PART: pd.Series(["part.csv"] * len(rows), dtype=STRING),
    }
    return pd.DataFrame({**out, **origin, LINE: lines})


def _column(one: DataField, values: list[Any]) -> pd.Series:
    if one.type in ("date", "datetime"):
        values = [None if v is None else pd.Timestamp(v) for v in values]
        values = [v.date() if v is not None and one.type == "date" else v for v in values]
    return pd.Series([pd.NA if v is None else v for v in values], dtype=dtype_of(one))  # type: ignore[call-overload]


def tables(file: DatasetFile, **rows: Sequence[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    return {r.name: table(r, rows.get(r.name, [])) for r in file.resources}


def published(file: DatasetFile, **rows: Sequence[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """The public columns alone, as a release gives them back."""
    whole = tables(file, **rows)
    return {r.name: whole[r.name][[f.name for f in r.public_fields]] for r in file.resources}


def places(fields: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]], **more: Any) -> Places:
    """One table `t` of a dataset `things`, with findings to be made about it."""
    one = dataset(resource("t", fields, **more)).resource("t")
    return Places("things", one, table(one, rows))


def project(tmp_path: Path = Path(), *, mailboxes: Sequence[str] = (), **settings: Any) -> Project:
    """A project with a catalogue and one vocabulary `colour` of `red` and `blue`; no files are read."""
    catalogue = CatalogueFile.model_validate(
        {
            "uri_base": "https://datos.example",
            "stage": "example",
            "titles": BOTH,
            "descriptions": BOTH,
            "publisher": {"name": BOTH, "dir3": "L01280796", "homepage": "https://www.example/"},
            "contact": {"name": BOTH, "email": "datos@ayuntamiento.example"},
            "licence": "https://licence.example",
            "languages": ["SPA"],
            "spatial": ["https://place.example"],
            "issued": "2026-01-01",
            "allowed_mailboxes": list(mailboxes),
        }
    )
    colours = {code: Text(es=code, en=code) for code in ("red", "blue")}
    return Project(tmp_path, Settings(**settings), catalogue, {}, {}, {}, Vocabularies({"colour": colours}))


def codes(found: Sequence[Finding]) -> list[str]:
    return [f.code for f in found]


def normal(name: str) -> str:
    """The hash of a name, as the list has it."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", name) if unicodedata.category(c) != "Mn")
    return sha256(" ".join(folded.lower().split()).encode()).hexdigest()


def write_list(path: Path, entries: Iterable[tuple[str, str]]) -> Path:
    """A list of persons: name, and whether it may be published."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["pii_id", "kind", "sha256_normalised", "publishable"])
        out.writerows((f"p{n}", "person", normal(name), may) for n, (name, may) in enumerate(entries))
    return path


def people() -> DatasetFile:
    """A dataset with public and private columns, coded and dated ones, and rules over both."""
    rules = [
        {"rule": "order", "earlier": "born", "later": "joined"},
        {"rule": "conditional", "when": {"secret": ["x"]}, "then_filled": ["text"]},
    ]
    columns = [
        field("id"),
        field("text"),
        field("colour", vocabulary="colour"),
        field("joined", "date"),
        field("born", "date", public=False),
        field("secret", public=False, enum=["x", "y"]),
    ]
    return dataset(resource("t", columns, rules=rules))
