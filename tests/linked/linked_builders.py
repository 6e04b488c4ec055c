"""A tiny mapped project: things with all kinds of columns, statements about them, and a cube."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.contracts.dataset import Resource
from pipelines.contracts.project import Project
from pipelines.contracts.tables import dtype_of
from tests.tiny import Tiny, column, dataset, facts, table, text, write_yaml

BASE = "https://datos.ciudad.example"

ONTOLOGY = {
    "prefix": "city",
    "path": "/vocab/city#",
    "titles": text("Ontología de la ciudad", "Ontology of the city"),
    "descriptions": text("Lo que ningún estándar tiene.", "What no standard has."),
    "version": "2026-01-01",
    "terms": [
        {
            "id": "Thing",
            "kind": "class",
            "labels": text("Cosa", "Thing"),
            "definitions": text("Algo de la ciudad.", "Something of the city."),
            "sub_class_of": ["org:Organization"],
            "close_match": ["schema:Thing"],
            "see_also": ["https://www.w3.org/TR/vocab-org/"],
        },
        {
            "id": "basis",
            "kind": "datatype-property",
            "labels": text("Base", "Basis"),
            "definitions": text("De dónde sale.", "Where it comes from."),
            "domain": "city:Thing",
            "range": "xsd:string",
        },
        {
            "id": "knows",
            "kind": "object-property",
            "labels": text("Conoce", "Knows"),
            "definitions": text("Sabe de otra cosa.", "Knows of another thing."),
            "sub_property_of": ["dct:relation"],
        },
    ],
}


def mapped(name: str, property_url: str, **more: object) -> dict[str, object]:
    """A public column with a mapping; the keys of the mapping are in camel case, those of the column are not."""
    words = {"valueUrl", "aboutUrl", "lang", "datatype", "separator", "default", "resolve"}
    words |= {"fromPropertyUrl", "toPropertyUrl"}
    rdf = {"propertyUrl": property_url, **{k: v for k, v in more.items() if k in words}}
    return column(name, rdf=rdf, **{k: v for k, v in more.items() if k not in words})


def things() -> dict[str, Any]:
    """The table `things`: one column of each kind."""
    fields = [
        column("thing_id", constraints={"required": True}),
        mapped("name_es", "skos:prefLabel", lang="es"),
        mapped("name_en", "skos:prefLabel", lang="en"),
        mapped("other", "skos:altLabel"),
        mapped("kind", "dct:type", valueUrl="/kos/place-kind/{kind}", vocabulary="place-kind"),
        mapped("parent", "org:subOrganizationOf", valueUrl="/recurso/cosa/{parent}"),
        mapped("page", "foaf:homepage", valueUrl="{+page}"),
        mapped("source", "dct:source", valueUrl="/recurso/documento/{source}"),
        mapped("source_url", "dct:source", valueUrl="{+source_url}"),
        mapped("same", "skos:closeMatch", resolve="/kos/", separator=" "),
        mapped("tags", "schema:keywords", separator=";"),
        mapped("count", "city:basis", type="integer"),
        mapped("share", "schema:value", type="number"),
        mapped("active", "schema:isAccessibleForFree", type="boolean"),
        mapped("seen", "dct:modified", type="datetime"),
        mapped("founded", "schema:foundingDate", type="year"),
        mapped(
            "date",
            "dct:date",
            datatype="edtf:EDTF",
            edtf=True,
            fromPropertyUrl="schema:startDate",
            toPropertyUrl="schema:endDate",
        ),
        mapped("status", "adms:status", valueUrl="/kos/status/{status}", default="unknown"),
        mapped("section", "schema:name", aboutUrl="#pasaje"),
        mapped("evidence", "schema:text", aboutUrl="#pasaje", lang="es"),
        column("note", privacy="private"),
    ]
    rdf = {
        "aboutUrl": "/recurso/cosa/{thing_id}",
        "types": ["org:Organization", "city:Thing"],
        "virtual": [
            {"propertyUrl": "prov:wasQuotedFrom", "valueUrl": "#pasaje"},
            {"propertyUrl": "prov:wasDerivedFrom", "aboutUrl": "#pasaje", "valueUrl": "/recurso/documento/{source}"},
            {
                "propertyUrl": "rdf:type",
                "aboutUrl": "/recurso/documento/{source}",
                "valueUrl": "foaf:Document",
            },
        ],
    }
    return table("things", ["thing_id"], fields, rdf=rdf)


def figures() -> dict[str, Any]:
    """The table `figures`: a cube."""
    fields = [
        mapped("figure_id", "dct:identifier"),
        mapped("place", "sdmx-dimension:refArea", valueUrl="/kos/place-kind/{place}", vocabulary="place-kind"),
        mapped("period", "sdmx-dimension:refPeriod", type="year"),
        mapped("value", "sdmx-measure:obsValue", type="number"),
        mapped("unit", "sdmx-attribute:unitMeasure", valueUrl="/kos/unit/{unit}"),
    ]
    rdf = {
        "aboutUrl": "/recurso/cifra/{figure_id}",
        "types": ["qb:Observation"],
        "cube": {
            "aboutUrl": "/recurso/economia/cubo/figures",
            "dimensions": ["place", "period"],
            "measures": ["value"],
            "attributes": ["unit"],
        },
    }
    return table("figures", ["figure_id"], fields, rdf=rdf)


THINGS: list[dict[str, Any]] = [
    {
        "thing_id": "a-1",
        "name_es": "Clúster «Ñandú»",
        "name_en": "Cluster",
        "kind": "district",
        "page": "https://ciudad.example/España?x=1&y=2#z",
        "source": "mia 2020/ñ",
        "source_url": "https://other.example/doc",
        "same": "place-kind/district http://ext.example/a",
        "tags": "uno;dos, tres",
        "count": 12,
        "share": 11.83,
        "active": True,
        "seen": pd.Timestamp("2026-01-02T03:04:05.5", tz="UTC"),
        "founded": 812,
        "date": "2020/..",
        "date_from": "2020-01-01",
        "status": "active",
        "section": 'Una "cita" \\ y\nsalto',
        "evidence": "shalom שלום 𝄞\t",
        "note": "private-word",
    },
    {"thing_id": "b/2 ñ", "parent": "a-1", "share": 1e16, "active": False, "source": "mia 2020/ñ", "count": -3},
    {"thing_id": "c", "other": "x", "share": 1e-7, "date": "2021", "date_from": "2021-01-01", "date_to": "2021-12-31"},
]
FIGURES: list[dict[str, Any]] = [
    {"figure_id": "f1", "place": "district", "period": 2020, "value": 3.0, "unit": "EUR"},
    {"figure_id": "f2", "place": "district", "period": 2021, "value": 4.5, "unit": None},
    {"figure_id": "f3", "place": "estate", "period": 2020, "value": 750000000000.0, "unit": "EUR"},
]


def make_mapped(tiny: Tiny, *tables: dict[str, Any]) -> Project:
    """The tiny project with its places replaced by a mapped dataset, by default of `things` and `figures`."""
    for name in ("places", "visits"):
        (tiny.root / "schemas" / f"{name}.yaml").unlink()
    for path in (tiny.root / "sources").glob("*.yaml"):
        path.unlink()
    tables = tables or (things(), figures())
    tiny.schema(dataset("city", *tables))
    for each in tables:
        name = str(each["name"])
        tiny.source(facts(f"s-{name}".replace("_", "-"), name))
    write_yaml(tiny.root / "vocab" / "ontology.yaml", ONTOLOGY)
    project = tiny.load()
    assert not project.findings, project.findings
    return project


def tidy(resource: Resource, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a tidy table."""
    return pd.DataFrame(
        {f.name: pd.Series([r.get(f.name) for r in rows], dtype=dtype_of(f)) for f in resource.fields}  # type: ignore[call-overload]
    )


def graph_of(path: Path) -> Any:
    """A graph file in a store."""
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=str(path), format=ox.RdfFormat.from_extension(path.suffix[1:]))
    return store
