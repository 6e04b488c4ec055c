"""A mapped table in which every way of mapping stands, and its release."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from describe_builders import WORKSHOPS, Described, column, dataset_file, foreign, project, tables, write_files
from describe_builders import facts as release_facts

from pipelines.contracts.files import pretty_json
from pipelines.describe import csvw_metadata, describe_catalogue, describe_dataset

ENVIRONMENT = Path(__file__).parents[2] / ".venv-csvw"
READER = Path(__file__).with_name("csvw_reader.py")

FIELDS = [
    column("workshop_id", constraints={"required": True, "pattern": "w[0-9]|x"}),
    column("same_id", constraints={"required": True}),
    column("name", rdf={"propertyUrl": "schema:name", "lang": "es"}),
    column("kind", vocabulary="kind", rdf={"propertyUrl": "dct:type", "valueUrl": "/kos/kind/{kind}"}),
    column(
        "date",
        edtf=True,
        rdf={
            "propertyUrl": "dct:date",
            "fromPropertyUrl": "schema:startDate",
            "toPropertyUrl": "schema:endDate",
        },
    ),
    column("seats", type="integer", unit="C62", constraints={"minimum": 0, "maximum": 500}),
    column("share", type="number", rdf={"propertyUrl": "rdf:value"}),
    column("cost", type="number"),
    column("year", rdf={"propertyUrl": "dct:temporal", "datatype": "xsd:gYear"}),
    column("code", rdf={"propertyUrl": "skos:notation", "datatype": "sdmx-attribute:unitMeasure"}),
    column("after_id", rdf={"propertyUrl": "prov:wasInformedBy", "valueUrl": "/recurso/taller/{after_id}"}),
    column("topics", rdf={"propertyUrl": "dct:subject", "valueUrl": "/kos/topic/{topics}", "separator": " "}),
    column("words", rdf={"propertyUrl": "schema:keywords", "separator": "; ", "lang": "es"}),
    column("page", rdf={"propertyUrl": "foaf:page", "resolve": "/documentos/"}),
    column("note", rdf={"propertyUrl": "rdfs:comment", "aboutUrl": "/recurso/serie/{after_id}"}),
    column("mark", rdf={"propertyUrl": "rdfs:label", "aboutUrl": "/recurso/marca/{remark}"}),
    column("remark", privacy="private", rdf={"propertyUrl": "rdfs:comment"}),
]
EVENTS: dict[str, Any] = {
    **WORKSHOPS,
    "rdf": {
        "aboutUrl": "/recurso/taller/{workshop_id}",
        "types": ["schema:Event"],
        "virtual": [
            {"propertyUrl": "prov:wasDerivedFrom", "valueUrl": "#fuente"},
            {"propertyUrl": "dct:type", "valueUrl": "skos:Concept", "aboutUrl": "#fuente"},
            {"propertyUrl": "prov:wasInformedBy", "valueUrl": "/recurso/taller/{after_id}"},
        ],
    },
    "schema": {
        "primaryKey": ["workshop_id"],
        "foreignKeys": [foreign("after_id", "", "workshop_id"), foreign("same_id", "", "workshop_id")],
        "fields": FIELDS,
    },
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "workshops": [
        {"workshop_id": "w1", "same_id": "w1", "name": 'Abrir "datos", primero', "kind": "talk", "seats": 20}
        | {"date": "2020-03", "topics": "a b", "words": "uno; dos", "page": "https://a.example", "remark": "secreto"},
        {"workshop_id": "w2", "same_id": "w1", "name": "Línea\nnueva", "share": 0.25, "after_id": "w1"}
        | {"date": "2022-07-04/..", "note": "Segunda"},
    ],
    "rooms": [{"room_id": "r1", "last_workshop": "w2"}],
}


def describe(folder: Path, resources: list[dict[str, Any]], rows: dict[str, Any], **catalogue: Any) -> Described:
    dataset = dataset_file(resources=resources)
    content = tables(dataset, rows)
    files = write_files(folder, dataset, content)
    whole = project(dataset, **catalogue)
    meta = describe_dataset(whole, dataset, release_facts(content, files))
    shown = describe_catalogue(whole, [meta], edition="2026-11-22.1", modified=meta.published)
    return Described(folder, whole, dataset, files, meta, shown)


def told(described: Described) -> dict[str, Any]:
    return csvw_metadata(described.project, described.dataset, described.meta, described.files)


def write_metadata(described: Described) -> Path:
    """The folder of a release, with `csvw.json` in it."""
    (described.folder / "csvw.json").write_text(pretty_json(told(described)), encoding="utf-8")
    return described.folder


def readings(*folders: Path) -> list[dict[str, Any]]:
    """What the package `csvw` reads in each folder (see `csvw_reader.py`); one call for all, for it starts slowly."""
    if not (ENVIRONMENT / ".made").exists():
        pytest.skip("no .venv-csvw, in which the reader of CSV on the Web runs: `make test` makes it")
    call = [ENVIRONMENT / "bin" / "python", "-I", READER, *folders]
    done = subprocess.run(call, stdout=subprocess.PIPE, check=True, timeout=120)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def reading(described: Described) -> dict[str, Any]:
    """What the package `csvw` reads of one release, with the metadata written beside its files."""
    (found,) = readings(write_metadata(described))
    return found
