"""The pages for people: what they say, that they hold no script, and that every link leads somewhere."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from publish_town import Town

from pipelines.contracts.dataset import Declared
from pipelines.contracts.text import Lang, Text
from pipelines.contracts.wording import day, declared, licence, number, size
from pipelines.publish import publish_portal
from tests.html_page import Page

PAGES = ["index.html", "index.en.html"]


class TreePage(Page):
    """A page of the tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path.read_text(encoding="utf-8"), str(path))


def pages(town: Town) -> list[TreePage]:
    return [TreePage(p) for p in sorted(town.tree.rglob("*.html"))]


@pytest.fixture
def shown(full: Town) -> Town:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    return full


def test_every_link_leads_to_a_file_of_the_tree_or_is_declared_outside(shown: Town) -> None:
    outside = set()
    for page in pages(shown):
        for link in page.links:
            if re.match(r"https?:|mailto:|data:", link):
                outside.add(link)
                continue
            path, fragment = urldefrag(unquote(link))
            target = page.path if not path else (page.path.parent / path)
            assert target.is_file(), f"{page.path}: {link}"
            assert not fragment or fragment in TreePage(target).ids, f"{page.path}: {link}"
    assert outside == {
        "data:,",
        "https://ciudad.example",
        "mailto:datos@ciudad.example",
        "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
    }


def test_links_are_relative_so_that_the_tree_can_stand_under_any_path(shown: Town) -> None:
    for page in pages(shown):
        assert "www.ciudad.example" not in page.path.read_text()
        assert not [link for link in page.links if link.startswith("/")]


def test_pages_hold_no_script_and_ask_nothing_of_others(shown: Town) -> None:
    for page in pages(shown):
        names = {name for name, _ in page.elements}
        assert not names & {"script", "img", "iframe", "object", "form", "video", "embed"}
        assert not [k for _, attrs in page.elements for k in attrs if k.startswith("on") or k in ("src", "style")]
        assert "url(" not in page.path.read_text()
        assert "@import" not in page.path.read_text()
        [policy] = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        assert str(policy).startswith("default-src 'none'")


def test_pages_are_well_formed_for_a_screen_reader(shown: Town) -> None:
    for page in pages(shown):
        assert [a["lang"] for a in page.all("html")] == ["en" if page.path.name == "index.en.html" else "es"]
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
        assert len(page.ids) == len(set(page.ids))
        named = [str(a["aria-labelledby"]) for _, a in page.elements if "aria-labelledby" in a]
        assert set(named) <= set(page.ids)
        levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
        assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("index.html", ["Datos de alfa", "Una fila por cosa.", "No está todo.", "sin periodicidad fija", "hasta el"]),
        ("index.en.html", ["Data of alfa", "A row per thing.", "Not all is here.", "no fixed frequency", "until"]),
    ],
)
def test_the_index_says_what_the_datasets_are_and_cover(shown: Town, page: str, said: list[str]) -> None:
    text = TreePage(shown.tree / page).text
    assert [s for s in said if s not in text] == []
    assert "2026-03-10.1" in text
    assert "CC BY 4.0" in text


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("index.html", "Una muestra. Total declarado: más de 500 (2023, plan)."),
        ("index.en.html", "A sample. Declared total: more than 500 (2023, plan)."),
    ],
)
def test_a_declared_total_keeps_its_qualifier_and_date(shown: Town, page: str, said: str) -> None:
    assert said in " ".join(TreePage(shown.tree / page).text.split())


@pytest.mark.parametrize(
    ("lang", "total", "said"),
    [
        ("en", Declared(value=7, qualifier="exact", date="2023"), "7 (2023)"),
        ("en", Declared(value=11.5, qualifier="almost"), "almost 11.5"),
        ("es", Declared(value=11.5, qualifier="casi"), "casi 11,5"),
    ],
)
def test_a_total_is_said_as_it_was_declared(lang: Lang, total: Declared, said: str) -> None:
    assert declared(lang, total, {}) == said


def test_the_index_offers_each_file_with_format_and_size(shown: Town) -> None:
    page = TreePage(shown.tree / "index.html")
    assert "datasets/alfa/2026-03-10.1/table.csv" in page.links
    assert "datasets/alfa/latest/datapackage.json" in page.links
    labels = [a.get("aria-label") for a in page.all("a")]
    assert "La tabla: CSV, 16\u00a0bytes" in labels


def test_the_index_leads_to_past_withdrawn_and_former_datasets(shown: Town) -> None:
    page = TreePage(shown.tree / "index.html")
    assert "datasets/alfa/2026-01-10.1/table.csv" in page.links
    assert "datasets/alfa/2026-02-10.1/index.html" in page.links
    assert "datasets/gamma/2026-01-05.1/table.csv" in page.links
    assert "datasets/gamma/latest/datapackage.json" not in page.links
    assert "Fuera de esta edición" in page.text


def test_each_feed_is_announced_and_linked(shown: Town) -> None:
    for name in PAGES:
        page = TreePage(shown.tree / name)
        for feed in ("feed.atom", "feed.json", "datasets/alfa/feed.atom"):
            assert page.links.count(feed) == 2
        assert "datasets/alfa/feed.json" in page.links


def test_the_page_of_a_withdrawn_version_says_why_in_both_languages(shown: Town) -> None:
    page = TreePage(shown.tree / "datasets/alfa/2026-02-10.1/index.html")
    assert "Motivo: Contenía un dato personal." in page.text
    assert "Reason: Contenía un dato personal." in page.text
    assert {a.get("lang") for a in page.all("section")} == {"es", "en"}
    assert "1 de mayo de 2026" in page.text


@pytest.mark.parametrize(
    ("place", "up"), [("alfa", "../../"), ("alfa/2026-03-10.1", "../../../"), ("alfa/2026-01-10.1", "../../../")]
)
def test_the_address_of_a_dataset_and_of_a_version_sends_to_its_place_on_the_index(
    shown: Town, place: str, up: str
) -> None:
    page = TreePage(shown.tree / f"datasets/{place}/index.html")
    [refresh] = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "refresh"]
    assert refresh == f"0; url={up}index.html#{place}"
    for name in PAGES:
        assert f"{up}{name}#{place}" in page.links
        assert place in TreePage(shown.tree / name).ids


@pytest.mark.parametrize("stage", ["example", "official"])
def test_an_example_says_so_on_every_page_and_asks_not_to_be_indexed(town: Callable[..., Town], stage: str) -> None:
    out = town(stage=stage)
    out.release("alfa", "2026-01-10.1")
    publish_portal(out.project, out.edition("2026-01-10.1"))
    for page in pages(out):
        example = stage == "example"
        assert ("no una publicación oficial" in page.text and "no official publication" in page.text) == example
    for name in PAGES:
        asked = [m["content"] for m in TreePage(out.tree / name).all("meta") if m.get("name") == "robots"]
        assert asked == (["noindex"] if stage == "example" else [])


def test_hostile_texts_are_shown_as_text(town: Callable[..., Town]) -> None:
    hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'{{ 7 * 7 }}"
    both = {"es": hostile, "en": hostile}
    out = town(titles=both, descriptions=both, contact={"name": both, "email": "datos@ciudad.example"})
    out.release("alfa", "2026-01-10.1", Text(es=hostile, en=hostile), provenance=Text(es=hostile, en=hostile))
    out.release("beta", "2026-01-10.1")
    out.withdraw("beta", "2026-01-10.1", hostile)
    del out.pins["beta"]
    publish_portal(out.project, out.edition("2026-01-10.1"))
    for page in pages(out):
        assert not {name for name, _ in page.elements} & {"script", "img"}
    assert hostile in TreePage(out.tree / "index.html").text
    assert hostile in TreePage(out.tree / "datasets/beta/2026-01-10.1/index.html").text


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_colours_have_the_contrast_of_wcag_aa_in_light_and_dark(shown: Town) -> None:
    style = (shown.tree / "index.html").read_text()
    schemes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", s)) for s in re.findall(r":root \{(.*?)\}", style, re.S)]
    assert len(schemes) == 3
    for scheme in schemes:
        for ground in ("paper", "card"):
            for ink in ("ink", "soft", "link"):
                assert contrast(scheme[ink], scheme[ground]) >= 4.5, (ink, ground, scheme)
        assert contrast(scheme["note-ink"], scheme["note"]) >= 4.5


@pytest.mark.parametrize(
    ("value", "es", "en"),
    [
        (0, "0\u00a0bytes", "0\u00a0bytes"),
        (999, "999\u00a0bytes", "999\u00a0bytes"),
        (1000, "1,0\u00a0kB", "1.0\u00a0kB"),
        (99_960, "100\u00a0kB", "100\u00a0kB"),
        (999_600, "1,0\u00a0MB", "1.0\u00a0MB"),
        (12_345_678, "12\u00a0MB", "12\u00a0MB"),
        (5 * 10**15, "5000\u00a0TB", "5000\u00a0TB"),
    ],
)
def test_sizes_read_in_decimal_units(value: int, es: str, en: str) -> None:
    assert (size("es", value), size("en", value)) == (es, en)


@pytest.mark.parametrize(
    ("value", "es", "en"), [(999, "999", "999"), (1234, "1234", "1,234"), (12345, "12\u202f345", "12,345")]
)
def test_counts_read_as_each_language_writes_them(value: int, es: str, en: str) -> None:
    assert (number("es", value), number("en", value)) == (es, en)


@pytest.mark.parametrize(
    ("lang", "value", "said"),
    [
        ("es", date(2024, 3, 31), "31 de marzo de 2024"),
        ("en", date(2024, 3, 31), "31 March 2024"),
        ("es", datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "1 de julio de 2026"),
    ],
)
def test_days_are_those_of_madrid(lang: Lang, value: date, said: str) -> None:
    assert day(lang, value) == said


@pytest.mark.parametrize(
    ("iri", "said"),
    [
        ("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0", "CC BY 4.0"),
        ("http://publications.europa.eu/resource/authority/licence/CC0", "CC0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA 4.0"),
        ("https://ciudad.example/licencia", "https://ciudad.example/licencia"),
    ],
)
def test_a_licence_has_a_short_name(iri: str, said: str) -> None:
    assert licence(iri) == said
