"""The tiny city with figures and views: counts of its places, and its visits drawn."""

from pathlib import Path

from pipelines.contracts.store import Store
from tests.publish.edition_city import BOUNDS, ONTOLOGY, PASSAGE, make_city, mapped, publish, sourced, visits_file
from tests.tiny import Tiny, dataset, facts, table, text, write_yaml

TERMS = ("indicator", "qualifier", "upperBound", "derivation")
SCHEMES = {
    "measure": {"entities": ("Entidades integradas", "Member entities"), "posts": ("Publicaciones", "Posts")},
    "qualifier": {
        "exact": ("Exacto", "Exact"),
        "more-than": ("Más de", "More than"),
        "between": ("Entre", "Between"),
    },
    "unit": {"count": ("Número", "Count"), "count-per-month": ("Número por mes", "Count per month")},
}
COUNTS = (
    "count_id,place_id,measure,period,value,value_max,unit,qualifier,derivation,document_id,section,evidence,basis,caveat_es,caveat_en\n"
    "c-1,centro,entities,2023,500,,count,more-than,,acta,1,más de 500,stated,No es 500.,It is not 500.\n"
    "c-2,centro,posts,,10,12,count-per-month,between,,acta,2,entre 10 y 12,stated,,\n"
    "c-3,centro,entities,2024,1000,,count,exact,2 * c-1,acta,1,,ours,,\n"
    "c-4,sur,entities,2020,27,,count,exact,,acta,1,veintisiete,stated,,\n"
)
VIEWS = [
    {
        "id": "by-status",
        "kind": "bars",
        "titles": text("Visitas por estado", "Visits by status"),
        "descriptions": text("No son todas.", "These are not all."),
        "table": "visits",
        "by": "status",
    },
    {
        "id": "by-year",
        "kind": "matrix",
        "titles": text("Qué se dijo de cada sitio", "What was said of each place"),
        "descriptions": text("Años sueltos.", "Single years."),
        "table": "visits",
        "by": "place_id",
        "value": "status",
        "at": ["2021", "2022"],
        "home": True,
    },
    {
        "id": "papers",
        "kind": "network",
        "titles": text("Sitios y documentos", "Places and documents"),
        "descriptions": text("Quién habla de qué.", "Who speaks of what."),
        "table": "visits",
        "by": "place_id",
        "to": "document_id",
    },
]


def counts_file() -> dict[str, object]:
    """The dataset `counts`: observations of places."""
    fields = [
        mapped("count_id", "dct:identifier", constraints={"required": True}),
        mapped("place_id", "city:subject", valueUrl="/recurso/ciudad/place/{place_id}"),
        mapped("measure", "city:indicator", valueUrl="/kos/measure/{measure}", vocabulary="measure"),
        mapped("period", "dct:date", edtf=True, **BOUNDS),
        mapped("value", "sdmx-measure:obsValue", type="number"),
        mapped("value_max", "city:upperBound", type="number"),
        mapped("unit", "sdmx-attribute:unitMeasure", valueUrl="/kos/unit/{unit}", vocabulary="unit"),
        mapped("qualifier", "city:qualifier", valueUrl="/kos/qualifier/{qualifier}", vocabulary="qualifier"),
        mapped("derivation", "city:derivation"),
        *sourced(),
    ]
    rdf = {
        "aboutUrl": "/recurso/ciudad/count/{count_id}",
        "types": ["qb:Observation"],
        "virtual": PASSAGE,
    }
    return dataset("counts", table("counts", ["count_id"], fields, rdf=rdf, temporal_column="period"))


def make_counted_city(root: Path) -> Store:
    """The city of `edition_city`, published once more with figures and views."""
    make_city(root)
    tiny = Tiny(root)
    terms = [
        {
            "id": term,
            "kind": "datatype-property" if term in ("upperBound", "derivation") else "object-property",
            "labels": text(term, term),
            "definitions": text("Algo.", "Something."),
        }
        for term in TERMS
    ]
    write_yaml(root / "vocab" / "ontology.yaml", {**ONTOLOGY, "terms": [*ONTOLOGY["terms"], *terms]})
    with (root / "vocab" / "concept_schemes.csv").open("a", encoding="utf-8") as schemes:
        schemes.writelines(f"{s},{s},{s}\n" for s in SCHEMES)
    with (root / "vocab" / "concepts.csv").open("a", encoding="utf-8") as concepts:
        concepts.writelines(f"{s},{c},{es},{en}\n" for s, of in SCHEMES.items() for c, (es, en) in of.items())
    tiny.schema(counts_file())
    tiny.schema({**visits_file(), "views": VIEWS})
    tiny.source(facts("cuentas", "counts"))
    (root / "sources" / "cuentas").mkdir()
    (root / "sources" / "cuentas" / "counts.csv").write_text(COUNTS, encoding="utf-8", newline="")
    return publish(tiny).store
