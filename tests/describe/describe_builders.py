"""A project in memory with one small dataset, and the facts of one release of it."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.metadata import Catalogue, Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.records import FileFact
from pipelines.contracts.settings import Settings
from pipelines.contracts.source import SourceFile
from pipelines.contracts.store import TABLE_FORMATS, table_file
from pipelines.contracts.tables import LINE, PART, SOURCE, Tables, as_text, dtype_of, public
from pipelines.contracts.text import Text
from pipelines.contracts.vocab import Vocabularies
from pipelines.describe import ReleaseFacts

BASE = "https://datos.pueblo.example"
PUBLISHED = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
CHANGED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


@dataclass
class Described:
    """A release in `folder` and all that was said of it."""

    folder: Path
    project: Project
    dataset: DatasetFile
    files: list[FileFact]
    meta: Dataset
    catalogue: Catalogue


def text(es: str, en: str) -> dict[str, str]:
    return {"es": es, "en": en}


def column(name: str, **more: Any) -> dict[str, Any]:
    words = {"titles": text(f"{name}, título", f"{name}, title"), "descriptions": text(f"Qué es {name}.", f"{name}.")}
    return {"name": name, "privacy": "public", **words, **more}


def foreign(own: str, resource: str, other: str) -> dict[str, Any]:
    return {"fields": [own], "reference": {"resource": resource, "fields": [other]}}


CATALOGUE: dict[str, Any] = {
    "uri_base": BASE,
    "stage": "official",
    "titles": text("Datos abiertos de Pueblo", "Open data of Pueblo"),
    "descriptions": text("Lo que el pueblo publica.", "What the town publishes."),
    "publisher": {
        "name": text("Ayuntamiento", "Town council"),
        "dir3": "L01999999",
        "homepage": "https://pueblo.example",
    },
    "contact": {
        "name": text("Oficina de datos", "Data office"),
        "email": "datos@pueblo.example",
        "telephone": "+34910000000",
    },
    "licence": LICENCE,
    "languages": ["SPA", "ENG"],
    "spatial": ["http://datos.gob.es/recurso/sector-publico/territorio/Pais/España"],
    "issued": "2026-11-01",
    "keywords": {"es": ["pueblo"], "en": ["town"]},
    "legislation": ["https://www.boe.es/eli/es/l/2007/11/16/37"],
}

WORKSHOPS: dict[str, Any] = {
    "name": "workshops",
    "titles": text("Talleres celebrados", "Workshops held"),
    "descriptions": text("Los talleres que constan.", "The workshops on record."),
    "temporal_column": "date",
    "coverage": [{"coverage": "complete", "statement": text("Están todos.", "All are here.")}],
    "schema": {
        "primaryKey": ["workshop_id"],
        "foreignKeys": [foreign("after_id", "", "workshop_id"), foreign("room_ref", "rooms", "room_ref")],
        "fields": [
            column("workshop_id", constraints={"required": True, "unique": True}),
            column("name"),
            column("kind", vocabulary="kind"),
            column("date", edtf=True),
            column("seats", type="integer", unit="C62"),
            column("after_id"),
            column("room_ref", privacy="private"),
            column("remark", privacy="private"),
        ],
    },
}

ROOMS: dict[str, Any] = {
    "name": "rooms",
    "titles": text("Salas", "Rooms"),
    "descriptions": text("Dónde se celebran los talleres.", "Where workshops are held."),
    "coverage": [{"coverage": "named-sample", "statement": text("Solo las que se nombran.", "Only those named.")}],
    "keys": [{"fields": ["street_id"], "reference": {"dataset": "streets", "resource": "streets", "fields": ["id"]}}],
    "schema": {
        "primaryKey": ["room_id"],
        "foreignKeys": [foreign("last_workshop", "workshops", "workshop_id")],
        "fields": [
            column("room_id"),
            column("last_workshop"),
            column("street_id"),
            column("room_ref", privacy="private"),
        ],
    },
}

DATASET: dict[str, Any] = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": "workshops",
    "titles": text("Talleres", "Workshops"),
    "descriptions": text("Los talleres del pueblo y sus salas.", "The workshops of the town and their rooms."),
    "keywords": {"es": ["taller"], "en": ["workshop", "town"]},
    "themes": ["EDUC"],
    "sectors": ["educacion"],
    "frequency": "IRREG",
    "temporal": {"start": "2019", "end": "2021-02"},
    "issued": "2026-11-20",
    "resources": [WORKSHOPS, ROOMS],
}

SOURCE_FILE: dict[str, Any] = {
    "id": "notebook",
    "kind": "folder",
    "title": text("Cuaderno de talleres", "Workshop notebook"),
    "publisher": text("Biblioteca", "Library"),
    "landing_page": "https://pueblo.example/biblioteca",
    "where": "drop",
    "feeds": [{"table": "workshops", "part": "workshops.csv"}, {"table": "rooms", "part": "rooms.csv"}],
}

KINDS = {"talk": Text(es="Charla", en="Talk"), "lab": Text(es="Laboratorio", en="Lab")}

ROWS: dict[str, list[dict[str, Any]]] = {
    "workshops": [
        {"workshop_id": "w1", "name": 'Abrir "datos", primero', "kind": "talk", "seats": 20, "remark": "secreto"}
        | {"date": "2020-03", "date_from": date(2020, 3, 1), "date_to": date(2020, 3, 31)},
        {"workshop_id": "w2", "name": "Línea\nnueva", "kind": "lab", "after_id": "w1"}
        | {"date": "2022-07-04/..", "date_from": date(2022, 7, 4)},
        {"workshop_id": "w3", "name": "Sin fecha", "kind": "talk"},
    ],
    "rooms": [{"room_id": "r1", "last_workshop": "w2", "street_id": "s1"}, {"room_id": "r2"}],
}


def dataset_file(**changes: Any) -> DatasetFile:
    return DatasetFile.model_validate({**DATASET, **changes})


def project(dataset: DatasetFile | None = None, **catalogue: Any) -> Project:
    dataset = dataset or dataset_file()
    return Project(
        root=Path(),
        settings=Settings(),
        catalogue=CatalogueFile.model_validate({**CATALOGUE, **catalogue}),
        sources={"notebook": SourceFile.model_validate(SOURCE_FILE)},
        datasets={dataset.name: dataset},
        targets={},
        vocabularies=Vocabularies({"kind": KINDS}),
    )


def tables(dataset: DatasetFile, rows: dict[str, list[dict[str, Any]]] | None = None) -> Tables:
    """Tidy tables of `rows`; a column that a row does not name is empty."""
    out = {}
    for resource in dataset.resources:
        given = (rows or ROWS)[resource.name]
        columns = {f.name: pd.Series([r.get(f.name) for r in given], dtype=dtype_of(f)) for f in resource.fields}
        out[resource.name] = pd.DataFrame(columns).assign(**{SOURCE: "notebook", PART: "x.csv", LINE: 2})
    return out


def write_files(folder: Path, dataset: DatasetFile, content: Tables) -> list[FileFact]:
    """The files of a release: the CSV as RFC 4180 has it, the others with a word in them."""
    for resource in dataset.resources:
        table = public(content[resource.name], resource)
        with (folder / table_file(resource.name, "csv")).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\r\n")
            writer.writerow(table.columns)
            writer.writerows(zip(*(as_text(table[c]).fillna("") for c in table.columns), strict=True))
        for extension in TABLE_FORMATS[1:]:
            (folder / table_file(resource.name, extension)).write_text(f"{resource.name} {extension}")
    (folder / "delta.jsonl").write_text("{}\n")
    return [fact(path) for path in sorted(folder.iterdir())]


def fact(path: Path) -> FileFact:
    raw = path.read_bytes()
    return FileFact(
        file=path.name,
        sha256=hashlib.sha256(raw).hexdigest(),
        sha1=hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
        size=len(raw),
    )


def facts(content: Tables, files: list[FileFact], **changes: Any) -> ReleaseFacts:
    values: dict[str, Any] = {
        "version": "2026-11-22.1",
        "schema_version": "1.0.0",
        "predecessor": "2026-11-21.1",
        "published": PUBLISHED,
        "data_changed": CHANGED,
        "metadata_changed": PUBLISHED,
        "files": files,
        "tables": content,
        "sources": ["notebook"],
    }
    return ReleaseFacts(**{**values, **changes})
