"""A tiny store for the tests of publication: releases of one table, made without any other room."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts.dataset import Coverage, Declared
from pipelines.contracts.files import hash_file, pretty_json
from pipelines.contracts.metadata import (
    Agent,
    Checksum,
    ContactPoint,
    Dataset,
    Distribution,
    Location,
    TableFacts,
)
from pipelines.contracts.project import Project
from pipelines.contracts.records import (
    Edition,
    EditionEntry,
    EditionIndex,
    FileFact,
    Release,
    ReleaseIndex,
    Tombstone,
    VersionEntry,
)
from pipelines.contracts.store import Store
from pipelines.contracts.text import Text, Words

BASE = "https://datos.ciudad.example"
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
CATALOGUE: dict[str, Any] = {
    "uri_base": BASE,
    "stage": "official",
    "titles": {"es": "Datos abiertos", "en": "Open data"},
    "descriptions": {"es": "Lo que hay.", "en": "What there is."},
    "publisher": {
        "name": {"es": "Ayuntamiento", "en": "City Council"},
        "dir3": "L01280796",
        "homepage": "https://ciudad.example",
    },
    "contact": {"name": {"es": "Oficina", "en": "Office"}, "email": "datos@ciudad.example"},
    "licence": LICENCE,
    "languages": ["SPA", "ENG"],
    "spatial": ["http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid"],
    "issued": "2026-01-01",
}
PUBLISHER = "http://datos.gob.es/recurso/sector-publico/org/Organismo/L01280796"
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def moment(version: str) -> datetime:
    """Noon UTC of the day of a version."""
    return datetime.fromisoformat(version.partition(".")[0]).replace(hour=12, tzinfo=UTC)


@dataclass
class Town:
    """A project with its store, and short ways to put something into it."""

    project: Project
    pins: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.project.store

    @property
    def tree(self) -> Path:
        return self.store.portal.resolve()

    def release(self, dataset: str, version: str, titles: Text | None = None, **more: Any) -> Path:
        """Put a release of one table into the store, index it, and pin it."""
        folder = self.store.release(dataset, version)
        folder.mkdir(parents=True)
        (folder / "table.csv").write_text(f"id\n{version}\n")
        (folder / "table.jsonl").write_text(f'{{"id": "{version}"}}\n')
        schema = pa.schema([("id", pa.string())], metadata={"made of": f"rows of {dataset} {version}"})
        pq.write_table(pa.table({"id": [version]}, schema=schema), folder / "table.parquet")
        (folder / "datapackage.json").write_text(json.dumps(_package(dataset, version)))
        (folder / "CHANGES.md").write_text(f"# {dataset} {version}\n\n- Primera & única <versión>.\n")
        meta = self._metadata(
            dataset, version, folder, titles or Text(es=f"Datos de {dataset}", en=f"Data of {dataset}")
        )
        meta = meta.model_copy(update=more)
        (folder / "metadata.json").write_text(pretty_json(meta.model_dump(mode="json", exclude_none=True)))
        record = Release(
            format=1,
            dataset=dataset,
            version=version,
            schema_version="1.0.0",
            fingerprint=version,
            data_fingerprint=version,
            metadata_fingerprint=version,
            predecessor=None,
            published=moment(version),
            data_changed=moment(version),
            metadata_changed=moment(version),
            code_version="0",
            rows={"table": 1},
            schema_change="first",
            inputs=[],
            files=[fact(p) for p in sorted(folder.iterdir())],
        )
        (folder / "release.json").write_text(pretty_json(record.model_dump(mode="json", exclude_none=True)))
        self.index(dataset, version)
        self.pins[dataset] = version
        return folder

    def index(self, dataset: str, version: str, status: str = "published") -> None:
        """Name a version in the index of its dataset, or change its status."""
        path = self.store.index(dataset)
        known = ReleaseIndex.model_validate_json(path.read_bytes()).versions if path.exists() else []
        entry = VersionEntry.model_validate(
            {
                "version": version,
                "fingerprint": version,
                "published": moment(version),
                "schema_version": "1.0.0",
                "rows": 1,
                "status": status,
            }
        )
        names = [v.version for v in known]
        versions = [entry if v.version == version else v for v in known]
        versions += [] if version in names else [entry]
        path.write_text(ReleaseIndex(dataset=dataset, current=version, versions=versions).model_dump_json())

    def withdraw(self, dataset: str, version: str, reason: str = "Contenía un dato personal.") -> None:
        """Leave of a version what `opendata withdraw` leaves: its tombstone."""
        folder = self.store.release(dataset, version)
        for path in folder.iterdir():
            path.unlink()
        when = datetime(2026, 5, 1, 9, tzinfo=UTC)
        stone = Tombstone(dataset=dataset, version=version, withdrawn=when, reason=reason, data_fingerprint=version)
        (folder / "tombstone.json").write_text(stone.model_dump_json())
        self.index(dataset, version, "withdrawn")

    def edition(self, name: str) -> Edition:
        """Cut an edition of the pins as they are now, and make it current."""
        edition = Edition(edition=name, created=moment(name), predecessor=None, pins=dict(self.pins))
        self.store.edition(name).mkdir(parents=True, exist_ok=True)
        (self.store.edition(name) / "edition.json").write_text(edition.model_dump_json())
        path = self.store.editions / "index.json"
        known = EditionIndex.model_validate_json(path.read_bytes()).editions if path.exists() else []
        entries = [e for e in known if e.edition != name] + [EditionEntry(edition=name, created=edition.created)]
        path.write_text(EditionIndex(current=name, editions=entries).model_dump_json())
        return edition

    def _metadata(self, dataset: str, version: str, folder: Path, titles: Text) -> Dataset:
        iri = f"{BASE}/catalogo/dataset/{dataset}"
        return Dataset(
            iri=iri,
            id=dataset,
            identifier=dataset,
            version=version,
            schema_version="1.0.0",
            version_iri=f"{iri}/{version}",
            titles=titles,
            descriptions=Text(es="Qué es.", en="What it is."),
            keywords=Words(es=["uno"], en=["one"]),
            themes=["ECON"],
            sectors=["economia"],
            publisher=Agent(iri=PUBLISHER, identifier="L01280796", name=titles, homepage="https://ciudad.example"),
            contact=ContactPoint(iri=f"{BASE}/catalogo/contacto", name=titles, email="datos@ciudad.example"),
            licence=LICENCE,
            frequency="IRREG",
            languages=["SPA", "ENG"],
            spatial=[Location(iri=CATALOGUE["spatial"][0])],
            issued=date(2026, 1, 1),
            data_changed=moment(version),
            metadata_changed=moment(version),
            published=moment(version),
            provenance=Text(es="Hecho a mano.", en="Made by hand."),
            tables=[
                TableFacts(
                    name="table",
                    titles=Text(es="La tabla", en="The table"),
                    descriptions=Text(es="Una fila por cosa.", en="A row per thing."),
                    rows=1,
                    columns=1,
                    coverage=[
                        Coverage(coverage="unknown", statement=Text(es="No está todo.", en="Not all is here.")),
                        Coverage(
                            subject="uno",
                            coverage="named-sample",
                            declared=Declared(value=500, qualifier="more-than", date="2023", document="plan"),
                            statement=Text(es="Una muestra.", en="A sample."),
                        ),
                    ],
                    describes_until=date(2024, 3, 31),
                )
            ],
            distributions=[
                Distribution(
                    iri=f"{BASE}/catalogo/distribucion/{dataset}/table.{kind}",
                    table="table",
                    file=f"table.{kind}",
                    titles=titles,
                    descriptions=titles,
                    format=kind.upper(),
                    media_type=MEDIA[kind],
                    licence=LICENCE,
                    byte_size=(folder / f"table.{kind}").stat().st_size,
                    checksum=Checksum(
                        sha256=hash_file(folder / f"table.{kind}"), sha1=hash_file(folder / f"table.{kind}", "sha1")
                    ),
                    issued=moment(version),
                    modified=moment(version),
                    languages=["SPA", "ENG"],
                )
                for kind in MEDIA
            ],
        )


def _package(dataset: str, version: str) -> dict[str, Any]:
    texts = {"titles": {"es": "La tabla", "en": "The table"}, "descriptions": {"es": "Qué es.", "en": "What it is."}}
    column = {"name": "id", "type": "string", **texts}
    table = {"name": "table", **texts, "schema": {"fields": [column], "primaryKey": ["id"]}}
    return {"name": dataset, "version": version, "resources": [table]}


def fact(path: Path) -> FileFact:
    """What `release.json` says of a file."""
    return FileFact(file=path.name, sha256=hash_file(path), sha1=hash_file(path, "sha1"), size=path.stat().st_size)


def listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Each file under `folder` with its time of change and bytes; links by their target."""
    out = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            out[name] = (path.lstat().st_mtime_ns, str(path.readlink()).encode())
        elif path.is_file():
            out[name] = (path.stat().st_mtime_ns, path.read_bytes())
        else:
            out[name] = (path.stat().st_mtime_ns, b"")
    return out
