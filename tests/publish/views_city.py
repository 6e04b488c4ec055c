"""A tiny city with views: places, what was said of them at dates, and figures about them."""

import json
from pathlib import Path
from typing import Any

from pipelines.contracts.project import Project
from pipelines.contracts.views import DrawnView
from pipelines.publish.portal import served_tree
from tests.publish.edition_city import (
    BOUNDS,
    DOCUMENTS,
    LATER,
    ONTOLOGY,
    SCHEMES,
    documents,
    mapped,
    places,
    visits_file,
)
from tests.tiny import Tiny, dataset, facts, make_tiny, table, text, write_yaml

SAID = (
    "visit_id,place_id,date,status,people,document_id,section,evidence,basis,caveat_es,caveat_en\n"
    "v-1,centro,2022-03-02,held,12,acta,1,uno,stated,,\n"
    "v-2,ñu/1,2022,planned,7,acta,2,tres,stated,Ojo.,Mind.\n"
    "v-3,ñu/1,2021-11/2022-02,planned,,acta,2,cuatro,stated,,\n"
    "v-4,centro,2023-05,planned,,acta,3,cinco,ours,,\n"
    "v-5,sur,2019,held,,acta,3,seis,stated,,\n"
    "v-6,sur,,held,,acta,3,siete,stated,,\n"
)
FIGURES = (
    "figure_id,place_id,indicator,date,value,upper,unit,qualifier,basis,caveat_es,caveat_en\n"
    "f-1,centro,people,2021,42,,count,exact,stated,,\n"
    "f-2,centro,people,2022,65.5,,count,exact,stated,Ojo.,Mind.\n"
    "f-3,centro,people,2024-03-19,1071,,count,exact,stated,,\n"
    "f-4,centro,people,2023,70,,count,more-than,stated,,\n"
    "f-5,centro,people,2023,80,,count,exact,ours,,\n"
    "f-6,centro,people,,90,,count,exact,stated,,\n"
    "f-7,centro,people,2020/..,90,,count,exact,stated,,\n"
    "f-8,sur,people,2021,1,,count,exact,stated,,\n"
    "f-9,sur,people,2022,2,,count,exact,stated,,\n"
    "f-10,sur,people,2022,3,,count,exact,stated,,\n"
)
"""One series of three figures. Of the second place there are three too, but of two periods."""

_MORE = {
    "indicator": {"people": ("Personas", "People")},
    "unit": {"count": ("Número", "Count")},
    "qualifier": {"exact": ("Exacto", "Exact"), "more-than": ("Más de", "More than"), "between": ("Entre", "Between")},
}


def view(name: str, kind: str, of: str, **more: Any) -> dict[str, Any]:
    """A view as a dataset file declares it."""
    texts = {"titles": text(f"Vista {name}", f"View {name}"), "descriptions": text("Qué es.", "What it is.")}
    return {"id": name, "kind": kind, **texts, "table": of, **more}


def coded(name: str, term: str) -> dict[str, object]:
    """A coded column of figures."""
    return mapped(name, term, valueUrl=f"/kos/{name}/{{{name}}}", vocabulary=name)


def figures_file(*views: dict[str, Any], rows_without: str = "") -> dict[str, object]:
    """The dataset `figures`; without the column `rows_without`."""
    fields = [
        mapped("figure_id", "dct:identifier", constraints={"required": True}),
        mapped("place_id", "city:subject", valueUrl="/recurso/ciudad/place/{place_id}"),
        coded("indicator", "city:indicator"),
        mapped("date", "dct:date", edtf=True, **BOUNDS),
        mapped("value", "sdmx-measure:obsValue", type="number"),
        mapped("upper", "city:upperBound", type="number"),
        coded("unit", "sdmx-attribute:unitMeasure"),
        coded("qualifier", "city:qualifier"),
        coded("basis", "city:basis"),
        mapped("caveat_es", "city:caveat", lang="es"),
        mapped("caveat_en", "city:caveat", lang="en"),
    ]
    rdf = {"aboutUrl": "/recurso/ciudad/figure/{figure_id}", "types": ["schema:Observation"]}
    shown = [f for f in fields if f["name"] != rows_without]
    one = table("figures", ["figure_id"], shown, rdf=rdf, temporal_column="date", change={"rows_lost_error": 1.0})
    return dataset("figures", one, views=list(views))


def make_views_city(root: Path, figures: str = FIGURES, said: str = SAID, places_rows: str = LATER) -> Tiny:
    """The project, with nothing published and no view declared."""
    tiny = make_tiny(root)
    terms = [*ONTOLOGY["terms"]]  # type: ignore[misc]
    for term in ("indicator", "qualifier", "upperBound", "derivation"):
        kind = "object-property" if term in ("indicator", "qualifier") else "datatype-property"
        terms.append({**terms[0], "id": term, "kind": kind, "labels": text(term, term)})
    write_yaml(root / "vocab" / "ontology.yaml", {**ONTOLOGY, "terms": terms})
    schemes = {**SCHEMES, **_MORE}
    lines = "".join(f"{s},{s},{s}\n" for s in schemes)
    (root / "vocab" / "concept_schemes.csv").write_text(f"scheme_id,label_es,label_en\n{lines}", encoding="utf-8")
    codes = "".join(f"{s},{c},{es},{en}\n" for s, of in schemes.items() for c, (es, en) in of.items())
    (root / "vocab" / "concepts.csv").write_text(
        f"scheme_id,concept_id,pref_label_es,pref_label_en\n{codes}", encoding="utf-8"
    )
    for content in (places(), documents(), visits_file(), figures_file()):
        tiny.schema(content)
    for source, fed, rows in (("actas", "documents", DOCUMENTS), ("cifras", "figures", figures)):
        tiny.source(facts(source, fed))
        (root / "sources" / source).mkdir()
        write_rows(tiny, source, fed, rows)
    tiny.rows("places", places_rows)
    tiny.rows("visits", said)
    return tiny


def write_rows(tiny: Tiny, source: str, fed: str, rows: str) -> None:
    """Replace the rows of a table of one of the sources that the tiny project does not know."""
    (tiny.root / "sources" / source / f"{fed}.csv").write_text(rows, encoding="utf-8", newline="")


def declare(tiny: Tiny, content: dict[str, object], *views: dict[str, Any]) -> None:
    """Write a dataset file with views."""
    tiny.schema({**content, "views": list(views)})


def tree_of(project: Project) -> Path:
    """The tree that is served."""
    tree = served_tree(project.store)
    assert tree is not None
    return tree


def files_of(project: Project, dataset_id: str) -> dict[str, bytes]:
    """The files of the views of a dataset by name."""
    folder = tree_of(project) / "datasets" / dataset_id / "views"
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*"))}


def drawn(project: Project, dataset_id: str, name: str) -> DrawnView:
    """A view as it was made."""
    return DrawnView.model_validate(json.loads(files_of(project, dataset_id)[f"{name}.json"]))


def cells(shown: DrawnView, lang: str = "es") -> list[list[str]]:
    """The rows as they read."""
    return [[getattr(cell.text, lang) for cell in row] for row in shown.rows]
