"""How to cite a release: what each format says, and that the readers of the formats read it so."""

import json
import re
from typing import Any

import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from describe_builders import BASE, CATALOGUE, Described
from pybtex.database import parse_string

from pipelines.contracts.catalogue import CatalogueFile
from pipelines.contracts.metadata import Agent, Dataset
from pipelines.contracts.store import CITATION_FILES
from pipelines.contracts.text import Text, Words
from pipelines.describe import apa, citations

VERSION = f"{BASE}/catalogo/dataset/workshops/2026-11-22.1"
OFFICIAL = CatalogueFile.model_validate(CATALOGUE)
EXAMPLE = CatalogueFile.model_validate({**CATALOGUE, "stage": "example"})
NASTY = Text(
    es='Cañas & «barro»: 100 % de #1_2, $5, {a}, {sin cerrar, \\orden, ~x^2, "ñ", <b>',
    en="Reeds & mud: 100 % of #1_2, $5, {a}, unclosed}, \\order, ~x^2, 'n', <b>",
)


def nasty(meta: Dataset) -> Dataset:
    """The same release under a name in which every sign of the formats stands."""
    body = Agent(iri=meta.publisher.iri, identifier="L01999999", name=NASTY, homepage="https://pueblo.example")
    words = Words(es=["I+D & más", "50 %"], en=["R&D", "50 %"])
    return meta.model_copy(update={"titles": NASTY, "publisher": body, "keywords": words})


def bibtex(meta: Dataset, catalogue: CatalogueFile = OFFICIAL) -> dict[str, Any]:
    return dict(parse_string(citations(catalogue, meta)["citation.bib"], "bibtex").entries)


def plain(tex: str) -> str:
    """A field as TeX prints it, without the braces that keep its capitals."""
    names = {"textbraceleft": "{", "textbraceright": "}", "textbackslash": "\\"}
    names |= {"textasciitilde": "~", "textasciicircum": "^"}
    signs = re.sub(r"\\([&%$#_])", r"\1", tex[1:-1])
    return re.sub(r"\\([a-z]+)\{\}", lambda found: names[found[1]], signs)


def ris(meta: Dataset, catalogue: CatalogueFile = OFFICIAL) -> list[dict[str, Any]]:
    return list(rispy.loads(citations(catalogue, meta)["citation.ris"]))


def csl(meta: Dataset, catalogue: CatalogueFile = OFFICIAL) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(citations(catalogue, meta)["citation.json"])
    return items


def test_there_is_a_text_for_each_file_and_no_other(described: Described) -> None:
    assert tuple(citations(OFFICIAL, described.meta)) == CITATION_FILES


def test_the_citation_in_words_is_in_the_style_of_apa(described: Described) -> None:
    assert apa(described.meta, "es") == (
        f"Ayuntamiento. (2026). Talleres (versión 2026-11-22.1) [Conjunto de datos]. {VERSION}"
    )
    assert apa(described.meta, "en") == f"Town council. (2026). Workshops (Version 2026-11-22.1) [Data set]. {VERSION}"


def test_a_name_that_ends_in_a_stop_gets_no_second_one(described: Described) -> None:
    body = described.meta.publisher.model_copy(update={"name": Text(es="Pueblo S.A.", en="Town Inc.")})
    told = apa(described.meta.model_copy(update={"publisher": body}), "es")
    assert told.startswith("Pueblo S.A. (2026).")


def test_the_text_has_both_languages_and_the_licence(described: Described) -> None:
    text = citations(OFFICIAL, described.meta)["citation.txt"]
    assert text.splitlines() == [
        "Español:",
        apa(described.meta, "es"),
        f"Licencia: CC-BY-4.0, {described.meta.licence}",
        "",
        "English:",
        apa(described.meta, "en"),
        f"Licence: CC-BY-4.0, {described.meta.licence}",
    ]


def test_the_day_is_that_of_madrid(described: Described) -> None:
    late = described.meta.published.replace(year=2026, month=12, day=31, hour=23, minute=30)
    meta = described.meta.model_copy(update={"published": late})
    assert apa(meta, "en").startswith("Town council. (2027).")
    assert csl(meta)[0]["issued"] == {"date-parts": [[2027, 1, 1]]}


def test_bibtex_has_what_datacite_asks_for(described: Described) -> None:
    entry = bibtex(described.meta)["workshops-2026-11-22.1-en"]
    fields = entry.fields
    assert entry.type == "misc"
    assert [str(person) for person in entry.persons["author"]] == ["{Town council}"]
    assert (fields["title"], fields["publisher"], fields["year"]) == ("{Workshops}", "{Town council}", "2026")
    assert (fields["url"], fields["version"], fields["howpublished"]) == (VERSION, "2026-11-22.1", "Data set")


def test_ris_has_what_datacite_asks_for(described: Described) -> None:
    spanish, english = ris(described.meta)
    assert (spanish["type_of_reference"], spanish["language"], english["language"]) == ("DATA", "es", "en")
    assert spanish["authors"] == ["Ayuntamiento"]
    assert (spanish["title"], spanish["publisher"], spanish["year"]) == ("Talleres", "Ayuntamiento", "2026")
    assert (spanish["urls"], spanish["edition"], spanish["date"]) == ([VERSION], "2026-11-22.1", "2026/11/22")
    assert (spanish["type_of_work"], english["type_of_work"]) == ("Conjunto de datos", "Data set")
    assert spanish["keywords"] == ["taller", "pueblo"]


def test_csl_has_what_datacite_asks_for(described: Described) -> None:
    spanish, english = csl(described.meta)
    assert (spanish["type"], english["id"]) == ("dataset", "workshops-2026-11-22.1-en")
    assert spanish["author"] == [{"literal": "Ayuntamiento"}]
    assert (english["title"], english["publisher"]) == ("Workshops", "Town council")
    assert (english["URL"], english["version"], english["genre"]) == (VERSION, "2026-11-22.1", "Data set")
    assert english["issued"] == {"date-parts": [[2026, 11, 22]]}


def test_a_processor_of_citation_styles_makes_a_citation_of_it(described: Described) -> None:
    source = CiteProcJSON(csl(described.meta))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    bibliography.register(Citation([CitationItem("workshops-2026-11-22.1-en")]))
    (made,) = (str(item) for item in bibliography.bibliography())
    assert "Town council" in made
    assert "2026" in made
    assert "Workshops" in made


def test_the_signs_of_bibtex_are_escaped_and_accents_stay(described: Described) -> None:
    meta = nasty(described.meta)
    raw = citations(OFFICIAL, meta)["citation.bib"]
    assert r"Cañas \& «barro»: 100 \% de \#1\_2, \$5, \textbraceleft{}a\textbraceright{}" in raw
    entries = bibtex(meta)
    assert list(entries) == ["workshops-2026-11-22.1-es", "workshops-2026-11-22.1-en"]
    assert [plain(entry.fields["title"]) for entry in entries.values()] == [NASTY.es, NASTY.en]


def test_ris_and_csl_keep_every_sign(described: Described) -> None:
    meta = nasty(described.meta)
    assert [record["title"] for record in ris(meta)] == [NASTY.es, NASTY.en]
    assert [item["title"] for item in csl(meta)] == [NASTY.es, NASTY.en]
    assert ris(meta)[1]["keywords"] == ["R&D", "50 %"]


def test_a_line_break_in_a_text_begins_no_new_field(described: Described) -> None:
    broken = Text(es="Uno\r\nTY  - BOOK", en="One\n  title = {x},")
    meta = described.meta.model_copy(update={"titles": broken, "descriptions": broken})
    assert [record["title"] for record in ris(meta)] == ["Uno TY - BOOK", "One title = {x},"]
    assert len(bibtex(meta)) == 2


def test_ris_ends_its_lines_as_its_specification_says(described: Described) -> None:
    raw = citations(OFFICIAL, described.meta)["citation.ris"]
    assert raw.count("\n") == raw.count("\r\n") == len(raw.splitlines())
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in raw.splitlines())


def test_an_example_says_so_in_every_format(described: Described) -> None:
    said = "This catalogue is an example and no official publication"
    files = citations(EXAMPLE, described.meta)
    assert all((said in text and "no una publicación oficial" not in text) or said in text for text in files.values())
    assert not any(said in text for text in citations(OFFICIAL, described.meta).values())
    assert said in csl(described.meta, EXAMPLE)[1]["note"]
    assert any(said in note for note in ris(described.meta, EXAMPLE)[1]["notes"])
    assert said in bibtex(described.meta, EXAMPLE)["workshops-2026-11-22.1-en"].fields["note"]


def test_a_licence_outside_the_table_is_named_by_its_address(described: Described) -> None:
    meta = described.meta.model_copy(update={"licence": "https://example.org/terms_of_use"})
    files = citations(OFFICIAL, meta)
    assert "Licence: https://example.org/terms_of_use" in files["citation.txt"]
    assert r"https://example.org/terms\_of\_use" in files["citation.bib"]


def test_no_serving_address_stands_in_a_citation(described: Described) -> None:
    served = described.project.settings.base_url
    assert not any(served in text for text in citations(OFFICIAL, described.meta).values())
