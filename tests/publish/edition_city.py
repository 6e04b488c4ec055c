"""A tiny project whose two tables are mapped: places, and visits that speak of them with a passage."""

from pathlib import Path
from typing import Any

from pipelines.contracts.project import Project
from pipelines.line import Line
from tests.tiny import Tiny, column, dataset, facts, make_tiny, table, text, write_yaml

ONTOLOGY = {
    "prefix": "city",
    "path": "/vocab/city#",
    "titles": text("Ontología", "Ontology"),
    "descriptions": text("Lo que falta.", "What is missing."),
    "version": "2026-01-01",
    "terms": [
        {
            "id": term,
            "kind": "datatype-property" if term in ("section", "evidence", "caveat") else "object-property",
            "labels": text(term, term),
            "definitions": text("Algo.", "Something."),
        }
        for term in ("subject", "section", "evidence", "basis", "status", "caveat")
    ],
}
PLACES = (
    "place_id,name_es,name_en,other,kind,scope\n"
    "centro,Distrito Centro,Centre District,Almendra,district,context\n"
    "ñu/1,Distrito Ñandú,Rhea District,,district,network\n"
    "sur,Polígono Sur,South Estate,,estate,network\n"
    "viejo,Antiguo,Old,,estate,network\n"
    "gone,Quitado,Gone,,estate,network\n"
)
LATER = "".join(line for line in PLACES.splitlines(keepends=True) if not line.startswith(("viejo", "gone")))
VISITS = (
    "visit_id,place_id,date,status,people,document_id,section,evidence,basis,caveat_es,caveat_en\n"
    "v-1,centro,2022-03-02,held,12,acta,1,uno | dos,stated,,\n"
    "v-2,ñu/1,2022,planned,7,acta,2,tres,stated,Ojo.,Mind.\n"
    "v-3,ñu/1,2021,planned,,acta,2,cuatro,stated,,\n"
    "v-4,centro,2023-05,planned,,acta,3,cinco,ours,,\n"
)
DOCUMENTS = "document_id,title,date\nacta,Acta de la reunión,2020-03\n"
SCHEMES = {
    "place-kind": {"district": ("Distrito", "District"), "estate": ("Polígono", "Estate")},
    "scope": {"network": ("Red", "Network"), "context": ("Contexto", "Context")},
    "status": {"held": ("Celebrada", "Held"), "planned": ("Prevista", "Planned")},
    "basis": {"stated": ("Afirmado", "Stated"), "ours": ("Nuestro", "Ours")},
}

BOUNDS = {"fromPropertyUrl": "schema:startDate", "toPropertyUrl": "schema:endDate"}


def mapped(name: str, property_url: str, **more: Any) -> dict[str, object]:
    """A public column with a mapping; keys in camel case and `lang` and `separator` belong to the mapping."""
    words = {"valueUrl", "aboutUrl", "lang", "separator", "fromPropertyUrl", "toPropertyUrl"}
    rdf = {"propertyUrl": property_url, **{k: v for k, v in more.items() if k in words}}
    return column(name, rdf=rdf, **{k: v for k, v in more.items() if k not in words})


def places(retired: list[dict[str, object]] | None = None) -> dict[str, object]:
    """The dataset `places`."""
    fields = [
        mapped("place_id", "dct:identifier", constraints={"required": True}),
        mapped("name_es", "skos:prefLabel", lang="es"),
        mapped("name_en", "skos:prefLabel", lang="en"),
        mapped("other", "skos:altLabel"),
        mapped("kind", "dct:type", valueUrl="/kos/place-kind/{kind}", vocabulary="place-kind"),
        mapped("scope", "dct:subject", valueUrl="/kos/scope/{scope}", vocabulary="scope"),
    ]
    rdf = {"aboutUrl": "/recurso/ciudad/place/{place_id}", "types": ["schema:Place"]}
    one = table("places", ["place_id"], fields, minted=True, rdf=rdf, change={"rows_lost_error": 1.0})
    return dataset("places", one, retired=retired or [])


def documents() -> dict[str, object]:
    """The dataset `documents`."""
    fields = [
        mapped("document_id", "dct:identifier", constraints={"required": True}),
        mapped("title", "dct:title"),
        mapped("date", "dct:issued", edtf=True, **BOUNDS),
    ]
    rdf = {"aboutUrl": "/recurso/ciudad/document/{document_id}", "types": ["foaf:Document"]}
    return dataset("documents", table("documents", ["document_id"], fields, rdf=rdf, temporal_column="date"))


PASSAGE = [
    {"propertyUrl": "prov:wasDerivedFrom", "valueUrl": "#passage"},
    {"aboutUrl": "#passage", "propertyUrl": "rdf:type", "valueUrl": "prov:Entity"},
]
"""What every row says of its passage."""


def sourced() -> list[dict[str, object]]:
    """The columns that tell where a row stands, on what it rests, and what must be known of it."""
    return [
        mapped("document_id", "dct:isPartOf", aboutUrl="#passage", valueUrl="/recurso/ciudad/document/{document_id}"),
        mapped("section", "city:section", aboutUrl="#passage"),
        mapped("evidence", "city:evidence", aboutUrl="#passage", separator=" | "),
        mapped("basis", "city:basis", valueUrl="/kos/basis/{basis}", vocabulary="basis"),
        mapped("caveat_es", "city:caveat", lang="es"),
        mapped("caveat_en", "city:caveat", lang="en"),
    ]


def visits_file() -> dict[str, object]:
    """The dataset `visits`."""
    fields = [
        mapped("visit_id", "dct:identifier", constraints={"required": True}),
        mapped("place_id", "city:subject", valueUrl="/recurso/ciudad/place/{place_id}"),
        mapped("date", "dct:date", edtf=True, **BOUNDS),
        mapped("status", "city:status", valueUrl="/kos/status/{status}", vocabulary="status"),
        mapped("people", "schema:value", type="integer"),
        *sourced(),
    ]
    rdf = {
        "aboutUrl": "/recurso/ciudad/visit/{visit_id}",
        "types": ["schema:Event"],
        "virtual": PASSAGE,
    }
    key = {"fields": ["place_id"], "reference": {"dataset": "places", "resource": "places", "fields": ["place_id"]}}
    one = table("visits", ["visit_id"], fields, rdf=rdf, keys=[key], temporal_column="date")
    return dataset("visits", one)


def publish(tiny: Tiny) -> Project:
    """Release and publish what is due; returns the project."""
    with Line(tiny.load(), "publish") as line:
        line.publish()
    assert line.exit_code == 0, [(f.code, f.part, f.value, f.params) for f in line.findings]
    return tiny.load()


def make_city(root: Path, visits: str = "") -> Project:
    """The project, published twice: the second time without two places, one merged and one removed.

    `visits`: more rows of that table.
    """
    tiny = make_tiny(root)
    (root / "sources" / "actas").mkdir()
    write_yaml(root / "vocab" / "ontology.yaml", ONTOLOGY)
    schemes = "".join(f"{s},{s},{s}\n" for s in SCHEMES)
    (root / "vocab" / "concept_schemes.csv").write_text(f"scheme_id,label_es,label_en\n{schemes}", encoding="utf-8")
    codes = "".join(f"{s},{c},{es},{en}\n" for s, of in SCHEMES.items() for c, (es, en) in of.items())
    (root / "vocab" / "concepts.csv").write_text(
        f"scheme_id,concept_id,pref_label_es,pref_label_en\n{codes}", encoding="utf-8"
    )
    for content in (places(), documents(), visits_file()):
        tiny.schema(content)
    tiny.source(facts("actas", "documents"))
    (root / "sources" / "actas" / "documents.csv").write_text(DOCUMENTS, encoding="utf-8", newline="")
    tiny.rows("places", PLACES)
    tiny.rows("visits", VISITS + visits)
    publish(tiny)
    tiny.rows("places", LATER)
    gone = text("Eran el mismo.", "They were the same.")
    tiny.schema(
        places(
            [
                {"table": "places", "id": "viejo", "into": "sur", "reason": gone},
                {"table": "places", "id": "gone", "reason": text("No existía.", "There was none.")},
            ]
        )
    )
    return publish(tiny)
