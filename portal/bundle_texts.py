"""The texts of an edition that leaves the portal: what it holds, what each column means, how it is cited.

What belongs here: README, codebook, Citation File Format 1.2.0 and DataCite metadata 4.5, made of what the releases and
the catalogue say. What does not: the archive that they go into.

No DOI is named, for it is the repository that gives one. The body that publishes is the author: no person is named.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from pipelines.contracts.files import pretty_json
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.metadata import Catalogue, Dataset
from pipelines.contracts.reading import DATABASE_FILE
from pipelines.contracts.records import Edition
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.wording import EXAMPLE

_SPDX = {name: name for name in ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0", "PDDL-1.0")}
_SPDX["ODC-BY-1.0"] = "ODC-By-1.0"
"""The SPDX identifier of a licence by its name in a `datapackage.json`, which is that of Open Definition."""
_COLUMNS = (
    *("dataset", "table", "column", "type", "unit", "vocabulary"),
    *("title_es", "title_en", "description_es", "description_en"),
)
_CODES = ("dataset", "table", "column", "code", "label_es", "label_en")

_EDITION = Text(es="edición", en="edition")
_DATA_SET = Text(es="Conjunto de datos", en="Data set")
_COVERAGE = {
    "complete": Text(es="completa", en="complete"),
    "named-sample": Text(es="muestra nombrada", en="named sample"),
    "unknown": Text(es="no se sabe", en="unknown"),
}
_HEADER = Text(
    es="| columna | título | tipo | unidad | descripción |", en="| column | title | type | unit | description |"
)
_CODEBOOK = Text(
    es="Qué significa cada columna de cada tabla, qué códigos admite y qué abarca. No cuente filas como totales: lea "
    "antes qué abarca la tabla. Los tipos son los de Table Schema; EDTF es una fecha que puede ser imprecisa "
    "(Extended Date/Time Format). Lo mismo, para programas: `codebook.csv` y `codes.csv`.",
    en="What each column of each table means, which codes it takes and what it covers. Do not count rows as totals: read "
    "first what the table covers. Types are those of Table Schema; EDTF is a date that may be imprecise (Extended "
    "Date/Time Format). The same for programs: `codebook.csv` and `codes.csv`.",
)
_FILES = Text(
    es="""\
- `<conjunto>/<tabla>.csv`: los datos, en UTF-8, con comas y cabecera.
- `<conjunto>/<tabla>.schema.json` y `<conjunto>/datapackage.json`: qué es cada columna, para programas (Table Schema y
  Data Package 2); `frictionless validate datapackage.json` lo comprueba. Los otros formatos que nombra están en el portal.
- `<conjunto>/CHANGES.md` y `<conjunto>/citation.*`: qué cambió y cómo se cita cada conjunto, si su versión los tiene.
- `codebook.es.md`, `codebook.en.md`: el libro de códigos; `codebook.csv` y `codes.csv`, lo mismo para programas.
- `CITATION.cff`, `datacite.json`: cómo se cita esta edición, para repositorios y gestores de referencias. No llevan DOI:
  lo da el repositorio.
- `edition.json`: la versión de cada conjunto.
- `SHA256SUMS`: `sha256sum -c SHA256SUMS` comprueba que todo está como se publicó.""",
    en="""\
- `<dataset>/<table>.csv`: the data, in UTF-8, with commas and a header.
- `<dataset>/<table>.schema.json` and `<dataset>/datapackage.json`: what each column is, for programs (Table Schema and
  Data Package 2); `frictionless validate datapackage.json` checks it. The other formats that it names are on the portal.
- `<dataset>/CHANGES.md` and `<dataset>/citation.*`: what changed and how each dataset is cited, if its version has them.
- `codebook.es.md`, `codebook.en.md`: the codebook; `codebook.csv` and `codes.csv`, the same for programs.
- `CITATION.cff`, `datacite.json`: how this edition is cited, for repositories and reference managers. They have no DOI:
  the repository gives one.
- `edition.json`: the version of each dataset.
- `SHA256SUMS`: `sha256sum -c SHA256SUMS` checks that everything is as it was published.""",
)
_WITH = Text(
    es=f"- `{DATABASE_FILE}`: todas las tablas en una base de datos SQLite, con sus claves y una búsqueda.",
    en=f"- `{DATABASE_FILE}`: all tables in one SQLite database, with their keys and a search.",
)
_WITHOUT = Text(
    es=f"- No lleva `{DATABASE_FILE}`: el portal lo ofrece solo con su edición actual, y esta es anterior.",
    en=f"- There is no `{DATABASE_FILE}`: the portal offers it with its current edition only, and this is an earlier one.",
)


@dataclass(frozen=True)
class Told:
    """What the texts are made of. `datasets` in order of their ids; `packages`: the `datapackage.json` of each."""

    edition: Edition
    catalogue: Catalogue
    address: str
    datasets: list[Dataset]
    packages: dict[str, dict[str, Any]]
    database: bool

    @property
    def day(self) -> date:
        """The day of the edition in Madrid, after which it is named."""
        return self.edition.created.astimezone(MADRID).date()

    @property
    def licences(self) -> dict[str, str | None]:
        """The licences of the datasets by address, each with its name in SPDX where that is known."""
        found = [licence for package in self.packages.values() for licence in package["licenses"]]
        return {x["path"]: _SPDX.get(x.get("name", "")) for x in found}

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each table with the id of its dataset."""
        for dataset, package in self.packages.items():
            for table in package["resources"]:
                yield dataset, table


def written(told: Told) -> dict[str, str]:
    """All texts by the name of their file."""
    return {
        **{f"README.{lang}.md": _readme(told, lang) for lang in LANGS},
        **{f"codebook.{lang}.md": _codebook(told, lang) for lang in LANGS},
        "codebook.csv": _csv(_COLUMNS, _column_rows(told)),
        "codes.csv": _csv(_CODES, _code_rows(told)),
        "CITATION.cff": _cff(told),
        "datacite.json": pretty_json(_datacite(told)),
    }


def _readme(told: Told, lang: Lang) -> str:
    es = lang == "es"
    about, name = told.catalogue, told.edition.edition
    lines = [f"# {about.titles.get(lang)}: {_EDITION.get(lang)} {name}", "", about.descriptions.get(lang), ""]
    if _is_example(told):
        lines += [f"**{EXAMPLE.get(lang)}**", ""]
    lines += [
        f"- {'Fecha' if es else 'Date'}: {told.day.isoformat()}",
        f"- {'Publica' if es else 'Publisher'}: {about.publisher.name.get(lang)} <{about.publisher.homepage}>",
        f"- {'Contacto' if es else 'Contact'}: {about.contact.name.get(lang)} <{about.contact.email}>",
        *(f"- {'Licencia' if es else 'Licence'}: {spdx or ''} <{path}>" for path, spdx in told.licences.items()),
        f"- {'Dirección' if es else 'Address'}: <{told.address}>",
        *("", "## " + ("Cómo citarla" if es else "How to cite it"), ""),
        f"{about.publisher.name.get(lang).rstrip('.')}. ({told.day.year}). {about.titles.get(lang).rstrip('.')} "
        f"({_EDITION.get(lang)} {name}) [{_DATA_SET.get(lang)}]. {told.address}",
        *("", "## " + ("Qué contiene" if es else "What it holds"), ""),
        _FILES.get(lang),
        (_WITH if told.database else _WITHOUT).get(lang),
        *("", "## " + ("Conjuntos" if es else "Datasets"), ""),
        *(f"- `{d.id}/` {d.version}: {d.titles.get(lang)}. <{d.version_iri}>" for d in told.datasets),
    ]
    return "\n".join(lines) + "\n"


def _codebook(told: Told, lang: Lang) -> str:
    title = "Libro de códigos" if lang == "es" else "Codebook"
    lines = [f"# {title}: {_EDITION.get(lang)} {told.edition.edition}", "", _CODEBOOK.get(lang)]
    for dataset, package in told.packages.items():
        lines += ["", f"## `{dataset}`: {package['titles'][lang]}", "", package["descriptions"][lang]]
        for table in package["resources"]:
            lines += _table(dataset, table, lang)
    return "\n".join(lines) + "\n"


def _table(dataset: str, table: dict[str, Any], lang: Lang) -> Iterator[str]:
    es = lang == "es"
    key = ", ".join(f"`{column}`" for column in table["schema"].get("primaryKey", []))
    yield from ("", f"### `{dataset}/{table['path']}`: {table['titles'][lang]}", "", table["descriptions"][lang], "")
    yield f"- {'Filas' if es else 'Rows'}: {table['rows']}"
    if key:
        yield f"- {'Clave' if es else 'Key'}: {key}"
    for coverage in table["coverage"]:
        yield f"- {'Cobertura' if es else 'Coverage'}: {_covered(coverage, lang)}"
    yield from ("", _HEADER.get(lang), "|---|---|---|---|---|")
    fields = table["schema"]["fields"]
    for field in fields:
        kind = "EDTF" if field.get("edtf") else field["type"]
        told = (field["titles"][lang], kind, field.get("unit") or "", field["descriptions"][lang])
        yield f"| `{field['name']}` | {' | '.join(_cell(text) for text in told)} |"
    for field in fields:
        codes = _codes(field)
        if codes:
            yield from ("", f"#### `{table['name']}.{field['name']}`: {'códigos' if es else 'codes'}", "")
            yield from (f"- `{code}`: {_line(words[lang])}" if words else f"- `{code}`" for code, words in codes)


def _covered(coverage: dict[str, Any], lang: Lang) -> str:
    kind = _COVERAGE.get(coverage["coverage"])
    subject = f" (`{coverage['subject']}`)" if coverage.get("subject") else ""
    return f"{kind.get(lang) if kind else coverage['coverage']}{subject}. {_line(coverage['statement'][lang])}"


def _codes(field: dict[str, Any]) -> list[tuple[Any, dict[str, str]]]:
    """The codes that a column takes, each with its words in both languages where it has any."""
    labels = field.get("labels", {})
    return [(code, labels.get(code, {})) for code in field.get("constraints", {}).get("enum", labels)]


def _column_rows(told: Told) -> Iterator[tuple[Any, ...]]:
    for dataset, table in told.tables():
        for f in table["schema"]["fields"]:
            words = (f[part][lang] for part in ("titles", "descriptions") for lang in LANGS)
            yield dataset, table["name"], f["name"], f["type"], f.get("unit"), f.get("vocabulary"), *words


def _code_rows(told: Told) -> Iterator[tuple[Any, ...]]:
    for dataset, table in told.tables():
        for field in table["schema"]["fields"]:
            for code, words in _codes(field):
                yield dataset, table["name"], field["name"], code, words.get("es"), words.get("en")


def _csv(header: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _cff(told: Told) -> str:
    """Citation File Format 1.2.0. It has one language; its `license` takes several as a choice, so only one goes there."""
    about = told.catalogue
    body = {"name": about.publisher.name.es, "website": about.publisher.homepage}
    found = list(told.licences.items())
    path, spdx = found[0] if len(found) == 1 else (about.licence, None)
    example = [EXAMPLE.es, EXAMPLE.en] if _is_example(told) else []
    content = {
        "cff-version": "1.2.0",
        "message": " ".join(["Si usa estos datos, cítelos así. If you use these data, cite them as below.", *example]),
        "type": "dataset",
        "title": f"{about.titles.es} ({_EDITION.es} {told.edition.edition})",
        "abstract": about.descriptions.es,
        "authors": [body],
        "contact": [{"name": about.contact.name.es, "email": about.contact.email}],
        "version": told.edition.edition,
        "date-released": told.day.isoformat(),
        "url": told.address,
        "identifiers": [
            {"type": "url", "value": d.version_iri, "description": f"{d.titles.es} {d.version}"} for d in told.datasets
        ],
        "keywords": [word for word, lang in _keywords(told) if lang == "es"],
        **({"license": spdx} if spdx else {"license-url": path}),
    }
    # The format takes no empty list, which an edition without datasets would have.
    content = {name: value for name, value in content.items() if value}
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def _datacite(told: Told) -> dict[str, Any]:
    """DataCite metadata 4.5 in the JSON that its API takes. All that is mandatory is there but the DOI."""
    about = told.catalogue
    body = {"name": about.publisher.name.es, "lang": "es"}
    dir3 = about.publisher.identifier
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": _DATA_SET.es},
        "creators": [
            {
                **body,
                "nameType": "Organizational",
                "nameIdentifiers": [{"nameIdentifier": dir3, "nameIdentifierScheme": "DIR3"}],
            }
        ],
        "titles": [
            {"title": about.titles.es, "lang": "es"},
            {"title": about.titles.en, "lang": "en", "titleType": "TranslatedTitle"},
        ],
        "publisher": {**body, "publisherIdentifier": dir3, "publisherIdentifierScheme": "DIR3"},
        "publicationYear": str(told.day.year),
        "dates": [{"date": told.day.isoformat(), "dateType": "Issued"}],
        "version": told.edition.edition,
        "language": "es",
        "subjects": [{"subject": word, "lang": lang} for word, lang in _keywords(told)],
        "rightsList": [_right(path, spdx) for path, spdx in told.licences.items()],
        "descriptions": [
            {"description": text.get(lang), "descriptionType": kind, "lang": lang}
            for kind, text in (("Abstract", about.descriptions), *([("Other", EXAMPLE)] if _is_example(told) else []))
            for lang in LANGS
        ],
        "alternateIdentifiers": [{"alternateIdentifier": told.address, "alternateIdentifierType": "URL"}],
        "relatedIdentifiers": [
            {"relatedIdentifier": d.version_iri, "relatedIdentifierType": "URL", "relationType": "HasPart"}
            for d in told.datasets
        ],
        "formats": ["text/csv", "application/json", *(["application/vnd.sqlite3"] if told.database else [])],
    }


def _is_example(told: Told) -> bool:
    return told.catalogue.stage == "example"


def _right(path: str, spdx: str | None) -> dict[str, str]:
    if spdx is None:
        return {"rights": path, "rightsUri": path}
    scheme = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
    return {"rights": spdx, "rightsUri": path, "rightsIdentifier": spdx, **scheme}


def _keywords(told: Told) -> list[tuple[str, Lang]]:
    """The keywords of all datasets, each once, with their language."""
    found = [(word, lang) for lang in LANGS for d in told.datasets for word in d.keywords.get(lang)]
    return list(dict.fromkeys(found))


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    """The text on one line: a line break would end a cell or an item."""
    return re.sub(r"\s+", " ", text).strip()
