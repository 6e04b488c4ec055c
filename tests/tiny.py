"""A tiny whole project: two datasets with a key between them, two sources, three codes.

Written into a folder of the test's own, so that a test may spoil any file of it.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.contracts.project import Project, load_project

VOCAB = Path(__file__).parent.parent / "vocab"

CATALOGUE = {
    "uri_base": "https://datos.ciudad.example",
    "stage": "example",
    "titles": {"es": "Datos abiertos de la ciudad", "en": "Open data of the city"},
    "descriptions": {"es": "Lo que la ciudad sabe de sus clústeres.", "en": "What the city knows of its clusters."},
    "publisher": {
        "name": {"es": "Ayuntamiento", "en": "City Council"},
        "dir3": "L01280796",
        "homepage": "https://ciudad.example",
    },
    "contact": {"name": {"es": "Oficina del dato", "en": "Data office"}, "email": "datos@ciudad.example"},
    "licence": "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
    "languages": ["SPA", "ENG"],
    "spatial": ["http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid"],
    "issued": "2026-01-01",
}
PLACES = "place_id,name_es,kind\ncentro,Distrito Centro,district\nretiro,Distrito de Retiro,district\nsur,Polígono Sur,estate\n"
VISITS = (
    "visit_id,place_id,date,people,note\n"
    "v-1,centro,2022-03-02,12,internal: a\n"
    "v-2,retiro,2022,7,internal: b\n"
    "v-3,centro,2022-07-04/..,,internal: c\n"
)


def text(es: str, en: str) -> dict[str, str]:
    """A text in both languages."""
    return {"es": es, "en": en}


def column(name: str, **more: object) -> dict[str, object]:
    """A public column with texts made from its name."""
    texts = {
        "titles": text(f"Título {name}", f"Title {name}"),
        "descriptions": text(f"Qué es {name}.", f"What {name} is."),
    }
    return {"name": name, **texts, "privacy": "public", **more}


def table(name: str, key: list[str], fields: list[dict[str, object]], **more: object) -> dict[str, object]:
    """A table with a coverage statement."""
    return {
        "name": name,
        "titles": text(f"Tabla {name}", f"Table {name}"),
        "descriptions": text(f"Una fila por {name}.", f"One row a {name}."),
        "coverage": [{"coverage": "named-sample", "statement": text("Solo los nombrados.", "Only those named.")}],
        "schema": {"primaryKey": key, "fields": fields},
        **more,
    }


def dataset(name: str, *tables: dict[str, object], **more: object) -> dict[str, object]:
    """A dataset file."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "titles": text(f"Conjunto {name}", f"Dataset {name}"),
        "descriptions": text(f"Lo que se sabe de {name}.", f"What is known of {name}."),
        "keywords_by_language": {"es": ["clúster"], "en": ["cluster"]},
        "themes": ["ECON"],
        "sectors": ["economia"],
        "frequency": "IRREG",
        "issued": "2026-01-01",
        "resources": list(tables),
        **more,
    }


def places_file() -> dict[str, object]:
    """The dataset `places`: a register of minted ids with a coded column."""
    fields = [
        column("place_id", constraints={"required": True, "pattern": "[a-z0-9-]+"}),
        column("name_es"),
        column("kind", vocabulary="place-kind"),
    ]
    return dataset(
        "places", table("places", ["place_id"], fields, minted=True, rules=[{"rule": "row_count", "min": 1}])
    )


def visits_file() -> dict[str, object]:
    """The dataset `visits`: dated rows that name places, with a private column."""
    fields = [
        column("visit_id", constraints={"required": True}),
        column("place_id", constraints={"required": True}),
        column("date", edtf=True),
        column("people", type="integer", constraints={"minimum": 0}),
        column("note", privacy="private"),
    ]
    key = {"fields": ["place_id"], "reference": {"dataset": "places", "resource": "places", "fields": ["place_id"]}}
    return dataset("visits", table("visits", ["visit_id"], fields, keys=[key], temporal_column="date"))


@dataclass(frozen=True)
class Tiny:
    """The project's folder, and short ways to write in it."""

    root: Path

    def load(self, **settings: object) -> Project:
        """The project as its files now say."""
        return load_project(self.root, **{"lock_wait_seconds": 0, **settings})

    def rows(self, name: str, rows: str) -> None:
        """Replace the rows of a table."""
        source = {"places": "registro", "visits": "diario"}[name]
        (self.root / "sources" / source / f"{name}.csv").write_text(rows, encoding="utf-8", newline="")

    def schema(self, content: dict[str, object]) -> None:
        """Write a dataset file."""
        write_yaml(self.root / "schemas" / f"{content['name']}.yaml", content)

    def source(self, content: dict[str, object]) -> None:
        """Write a source file."""
        write_yaml(self.root / "sources" / f"{content['id']}.yaml", content)


def write_yaml(path: Path, content: object) -> None:
    """Write YAML, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def facts(name: str, table_name: str) -> dict[str, object]:
    """A source of kind `facts` that feeds one table."""
    return {
        "id": name,
        "kind": "facts",
        "title": text(f"Fuente {name}", f"Source {name}"),
        "publisher": text("Ayuntamiento", "City Council"),
        "feeds": [{"table": table_name}],
    }


def make_tiny(root: Path) -> Tiny:
    """Write the tiny project into `root`."""
    tiny = Tiny(root)
    write_yaml(root / "schemas" / "catalogue.yaml", CATALOGUE)
    tiny.schema(places_file())
    tiny.schema(visits_file())
    for name, fed, rows in (("registro", "places", PLACES), ("diario", "visits", VISITS)):
        tiny.source(facts(name, fed))
        (root / "sources" / name).mkdir(parents=True, exist_ok=True)
        tiny.rows(fed, rows)
    write_yaml(root / "targets" / "portal.yaml", {"id": "portal", "kind": "portal", "title": text("Portal", "Portal")})
    vocab = root / "vocab"
    vocab.mkdir()
    (vocab / "concept_schemes.csv").write_text("scheme_id,label_es,label_en\nplace-kind,Clase,Kind\n", encoding="utf-8")
    (vocab / "concepts.csv").write_text(
        "scheme_id,concept_id,pref_label_es,pref_label_en\n"
        "place-kind,district,Distrito,District\nplace-kind,estate,Polígono,Estate\n",
        encoding="utf-8",
    )
    for rules in ("codes", "shapes"):
        (vocab / rules).symlink_to(VOCAB / rules)
    return tiny
