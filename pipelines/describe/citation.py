"""How to cite a release: in words (APA, 7th edition), and as BibTeX, RIS and CSL JSON for reference managers.

What belongs here: the six properties that DataCite asks of every citation (identifier, creator, title, publisher,
publication year, resource type; Metadata Schema 4.5) and the version and licence beside them, in four formats.
What does not: addresses where things are served. The address of a citation is the IRI of the version, which is
minted once, so that it can stand in a release that never changes.

Each format has the citation once in each language, so that whoever cites takes the title of the language that they
write in. The body that publishes is the author: a municipality has no other, and no person is named.
"""

import re

from pipelines.contracts import metadata as meta
from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.files import pretty_json
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.store import CITATION_FILES
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.wording import EXAMPLE

DATA_SET = Text(es="Conjunto de datos", en="Data set")
_VERSION = Text(es="versión", en="Version")
_LICENCE = Text(es="Licencia", en="Licence")
_LANGUAGE = Text(es="Español", en="English")
_BABEL = Text(es="spanish", en="english")

_LICENCE_NAMES = {
    "CC0": "CC0-1.0",
    "CC_BY_4_0": "CC-BY-4.0",
    "CC_BYSA_4_0": "CC-BY-SA-4.0",
    "ODC_BL": "ODbL-1.0",
    "ODC_BY": "ODC-BY-1.0",
    "ODC_PDDL": "PDDL-1.0",
}
"""Codes of the EU licence table and the names that Open Definition has for them, as Data Package wants; SPDX spells
`ODC-By-1.0`."""

_TEX = {
    "\\": r"\textbackslash{}",
    # A brace is counted even where it is escaped, and one alone would end the entry too late.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}


def citations(catalogue: CatalogueFile, description: meta.Dataset) -> dict[str, str]:
    """The text of each of `CITATION_FILES` of a release; a catalogue that is an example says so in each.

    The text files end their lines with a line feed, RIS with CRLF as its specification has it.
    """
    notes = {lang: _notes(catalogue, description, lang) for lang in LANGS}
    writers = (_text, _bibtex, _ris, _csl)
    return {name: write(description, notes) for name, write in zip(CITATION_FILES, writers, strict=True)}


def apa(description: meta.Dataset, lang: Lang) -> str:
    """The citation of a release in the style of APA, 7th edition (10.9, data sets), as plain text.

    The publisher is left out, for it is the author (9.29). Nothing stands after the address (9.35).
    """
    author = description.publisher.name.get(lang).rstrip(".")
    year = _day(description)[0]
    version = f"{_VERSION.get(lang)} {description.version}"
    title = description.titles.get(lang).rstrip(".")
    return f"{author}. ({year}). {title} ({version}) [{DATA_SET.get(lang)}]. {description.version_iri}"


def licence_name(iri: str) -> str | None:
    """The short name of a licence of the EU table; None for one that is not in it."""
    return _LICENCE_NAMES.get(iri.rstrip("/").rsplit("/", 1)[-1])


def _day(description: meta.Dataset) -> tuple[int, int, int]:
    """Year, month and day on which the version was published, in Madrid: the day that the version is named after."""
    day = description.published.astimezone(MADRID)
    return day.year, day.month, day.day


def _notes(catalogue: CatalogueFile, description: meta.Dataset, lang: Lang) -> list[str]:
    """What a reader of the citation must know besides: that it is an example, and the licence."""
    name = licence_name(description.licence)
    licence = f"{name}, {description.licence}" if name else description.licence
    example = [EXAMPLE.get(lang)] if catalogue.stage == "example" else []
    return [*example, f"{_LICENCE.get(lang)}: {licence}"]


def _text(description: meta.Dataset, notes: dict[Lang, list[str]]) -> str:
    parts = ["\n".join([f"{_LANGUAGE.get(lang)}:", apa(description, lang), *notes[lang]]) for lang in LANGS]
    return "\n\n".join(parts) + "\n"


def _key(description: meta.Dataset, lang: Lang) -> str:
    return f"{description.id}-{description.version}-{lang}"


def _bibtex(description: meta.Dataset, notes: dict[Lang, list[str]]) -> str:
    """Entries of the type `misc`, which every style knows; accents stay as they are, in UTF-8."""
    entries = []
    year, month, _ = _day(description)
    for lang in LANGS:
        publisher = _tex(description.publisher.name.get(lang))
        fields = {
            # Inner braces keep a style from splitting the name of a body and from lowering capitals.
            "author": f"{{{publisher}}}",
            "title": f"{{{_tex(description.titles.get(lang))}}}",
            "publisher": f"{{{publisher}}}",
            "year": str(year),
            "month": str(month),
            "version": _tex(description.version),
            "howpublished": _tex(DATA_SET.get(lang)),
            "url": description.version_iri,
            "language": _BABEL.get(lang),
            "keywords": _tex(", ".join(description.keywords.get(lang))),
            "copyright": _tex(licence_name(description.licence) or description.licence),
            "note": _tex(". ".join(note.rstrip(".") for note in notes[lang])),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        entries.append(f"@misc{{{_key(description, lang)},\n{lines}}}\n")
    return "\n".join(entries)


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in _line(text))


def _ris(description: meta.Dataset, notes: dict[Lang, list[str]]) -> str:
    """Records of the type `DATA`."""
    year, month, day = _day(description)
    lines: list[tuple[str, str]] = []
    for lang in LANGS:
        publisher = description.publisher.name.get(lang)
        lines += [
            ("TY", "DATA"),
            ("ID", _key(description, lang)),
            ("AU", publisher),
            ("TI", description.titles.get(lang)),
            ("PB", publisher),
            ("PY", str(year)),
            ("DA", f"{year}/{month:02}/{day:02}"),
            ("ET", description.version),
            ("M3", DATA_SET.get(lang)),
            ("UR", description.version_iri),
            ("LA", lang),
            ("AB", description.descriptions.get(lang)),
            *(("KW", word) for word in description.keywords.get(lang)),
            *(("N1", note) for note in notes[lang]),
            ("ER", ""),
        ]
    return "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in lines)


def _csl(description: meta.Dataset, notes: dict[Lang, list[str]]) -> str:
    """A list of items of the type `dataset` (schema csl-data.json of the Citation Style Language)."""
    items = [
        {
            "id": _key(description, lang),
            "type": "dataset",
            "author": [{"literal": description.publisher.name.get(lang)}],
            "title": description.titles.get(lang),
            "publisher": description.publisher.name.get(lang),
            "issued": {"date-parts": [list(_day(description))]},
            "version": description.version,
            "genre": DATA_SET.get(lang),
            "URL": description.version_iri,
            "language": lang,
            "abstract": description.descriptions.get(lang),
            "keyword": ", ".join(description.keywords.get(lang)),
            "note": " ".join(notes[lang]),
        }
        for lang in LANGS
    ]
    return pretty_json(items)


def _line(text: str) -> str:
    """The text on one line: a line break would begin another field."""
    return re.sub(r"\s+", " ", text).strip()
