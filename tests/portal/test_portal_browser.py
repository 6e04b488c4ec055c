"""The pages in a real browser: a newcomer's way through them, by keyboard too, on a phone and in the dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.portal.conftest import served
from tests.portal.portal_browser import needs_chromium, opened_browser, tab
from tests.portal.portal_city import make_counted_city

RHEA = "/recurso/ciudad/place/%C3%B1u%2F1"
KINDS = {
    "home": "/{lang}/",
    "dataset": "/{lang}/datasets/visits",
    "table": "/{lang}/datasets/visits/visits",
    "table-api": "/{lang}/datasets/visits/visits/api",
    "entity": RHEA + "?lang={lang}",
    "figures": "/recurso/ciudad/place/centro?lang={lang}",
    "cards": "/{lang}/datasets/counts/counts/cards",
    "drawing": "/{lang}/datasets/visits/views/by-status",
    "network": "/{lang}/datasets/visits/views/papers",
    "matrix": "/{lang}/datasets/visits/views/by-year",
    "entities": "/{lang}/entities?class=place",
    "search": "/{lang}/search?q=distrito",
    "versions": "/{lang}/versions",
    "status": "/{lang}/status",
    "run": "/{lang}/runs/20260101T000000.000000Z",
    "codes": "/{lang}/findings",
    "code": "/{lang}/findings/code-unknown",
    "legal": "/{lang}/legal",
    "accessibility": "/{lang}/accessibility",
    "api": "/{lang}/api",
    "sparql": "/{lang}/sparql",
    "refusal": "/{lang}/nothing",
}
EVERY = [address.format(lang=lang) for lang in ("es", "en") for address in KINDS.values()]

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.xdist_group("portal-browser"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = make_counted_city(tmp_path_factory.mktemp("browser") / "city")
    # A run whose name is known before it ran.
    min(store.runs.iterdir()).rename(store.runs / "20260101T000000.000000Z")
    with served(store) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with opened_browser() as browser:
        yield browser


def test_a_newcomer_finds_a_thing_filters_a_table_downloads_it_and_cites_it(chromium: Any, base: str) -> None:
    with tab(chromium, base, locale="es-ES") as page:
        page.goto("/")
        assert urlsplit(page.url).path == "/es/"
        page.get_by_label("Buscar en todo").fill("nandu")
        page.get_by_role("button", name="Buscar").click()
        page.get_by_role("link", name="Distrito Ñandú").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Distrito Ñandú"
        page.get_by_role("link", name="Ver la fila v-2").click()
        assert "1 fila de" in page.get_by_role("heading", level=2).first.inner_text()
        page.get_by_role("link", name="Quitar todo").click()
        page.get_by_text("Filtrar por columnas").click()
        page.get_by_label("Título people: desde").fill("8")
        page.get_by_role("button", name="Aplicar").click()
        assert "people__gte=8" in page.url
        assert page.locator(".chips").inner_text().startswith("Título people desde 8")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV", exact=True).click()
        lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert lines[0].startswith("visit_id,")
        assert len(lines) == 2
        page.locator(".crumbs a").click()
        page.get_by_role("navigation", name="En esta página").get_by_role("link", name="Citar").click()
        assert "[Conjunto de datos]" in page.locator(".cite").inner_text()


def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(chromium: Any, base: str) -> None:
    with tab(chromium, base) as page:
        page.goto("/en/datasets/visits")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        page.locator("summary", has_text="Columns").focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("region", name="Columns of").is_visible()


def test_the_other_language_is_one_link_away_and_keeps_what_was_asked(chromium: Any, base: str) -> None:
    with tab(chromium, base) as page:
        page.goto("/es/datasets/visits/visits?people__gte=8")
        page.get_by_role("link", name="English").click()
        assert page.url == f"{base}/en/datasets/visits/visits?people__gte=8"
        assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_fits_a_narrow_screen_and_every_text_can_be_read(chromium: Any, base: str, scheme: str) -> None:
    # WCAG 2.1: 1.4.10 (320 pixels without scrolling in two directions) and 1.4.3 (contrast), of what is really shown.
    with tab(chromium, base, viewport={"width": 320, "height": 640}, color_scheme=scheme) as page:
        for address in EVERY:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
            assert page.evaluate(FAINT) == [], address


def test_every_control_has_a_name_and_landmarks_are_told_apart(chromium: Any, base: str) -> None:
    with tab(chromium, base) as page:
        for address in EVERY:
            page.goto(address)
            tree = page.locator("body").aria_snapshot()
            assert not [line for line in tree.splitlines() if line.strip() in NAMELESS], address
            for role in ("banner", "main", "contentinfo"):
                assert page.get_by_role(role).count() == 1, address
            names = page.get_by_role("navigation").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
            assert len(names) == len(set(names)) > 0, address
            assert page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0)"), address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_marks_of_a_drawing_stand_out_from_what_is_behind_them(chromium: Any, base: str, scheme: str) -> None:
    # WCAG 2.1, 1.4.11: 3 to 1, of the colours that are really drawn.
    with tab(chromium, base, color_scheme=scheme) as page:
        for kind in ("drawing", "network"):
            page.goto(KINDS[kind].format(lang="es"))
            marks = page.locator(".drawing svg :is(path, line)").evaluate_all(COLOURS)
            assert marks
            assert all(contrast > 3 for contrast in marks)


def test_a_wide_drawing_is_scrolled_in_its_own_box_by_the_keyboard(chromium: Any, base: str) -> None:
    with tab(chromium, base, viewport={"width": 320, "height": 640}) as page:
        page.goto(KINDS["network"].format(lang="es"))
        page.get_by_role("region", name="Gráfico: Sitios y documentos").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate("e => e.textContent") == "Distrito Centro"


def test_a_text_that_is_too_faint_would_be_seen(chromium: Any, base: str) -> None:
    with tab(chromium, base, bypass_csp=True) as page:
        page.goto("/es/legal")
        page.add_style_tag(content="h1 { color: #aaa !important }")
        assert page.evaluate(FAINT) == ["Aviso legal"]


NAMELESS = {"- link", "- button", "- textbox", "- combobox", "- checkbox", "- searchbox", "- img"}
LIGHT = """
  const light = c => { const l = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2] };
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c } return [255, 255, 255] };
"""
COLOURS = f"""all => {{ {LIGHT}
  return all.map(e => {{ const s = getComputedStyle(e); const drawn = s.stroke === 'none' ? s.fill : s.stroke;
    const [a, b] = [light(colour(drawn)), light(behind(e))].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05) }}) }}"""
FAINT = (
    f"""() => {{ {LIGHT}"""
    + """
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest('script')) continue;
    const [a, b] = [light(colour(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(walk.currentNode.data.trim().slice(0, 40)) }
  return faint }"""
)


@pytest.mark.slow
# Of a group of its own: another process can read these pages while the first one walks through them.
@pytest.mark.xdist_group("portal-axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_on_any_page_in_any_language(scheme: str, chromium: Any, base: str) -> None:
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found: dict[str, list[str]] = {}
    with tab(chromium, base, color_scheme=scheme) as page:
        for address in EVERY:
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            answer = Axe().run(page, options=rules).response
            assert len(answer["passes"]) > 10
            if answer["violations"]:
                found[address] = [v["id"] for v in answer["violations"]]
    assert found == {}
