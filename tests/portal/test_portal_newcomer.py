"""A newcomer's way through the portal with the data that ship with the project, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts.project import load_project
from pipelines.line import Line
from tests.facts.shipped import only_shipped
from tests.portal.conftest import served
from tests.portal.portal_browser import needs_chromium, opened_browser, tab

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    needs_chromium,
    pytest.mark.xdist_group("portal-newcomer"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with opened_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shipped project, published whole, and served."""
    store = tmp_path_factory.mktemp("newcomer") / "store"
    with pytest.MonkeyPatch.context() as around:
        around.setenv("OPENDATA_STORE", str(store))
        project = only_shipped(load_project(ROOT))
        with Line(project, "publish") as line:
            line.publish()
        assert line.exit_code == 0, [f.code for f in line.findings if f.severity == "error"]
    with served(project.store) as address:
        yield address


def test_a_newcomer_finds_a_cluster_and_its_projects_filters_downloads_and_cites(chromium: Any, base: str) -> None:
    with tab(chromium, base, locale="es-ES") as page:
        page.goto("/")
        page.get_by_label("Buscar en todo").fill("cluster BIG data")
        page.get_by_role("button", name="Buscar").click()
        page.get_by_role("link", name="Big data", exact=True).click()
        assert page.get_by_text("Red municipal").first.is_visible()
        page.locator("main a[href*='/project/']").first.click()
        assert page.locator(".crumbs").inner_text() == "Proyectos"
        title = page.get_by_role("heading", level=1).inner_text()
        page.get_by_role("link", name="Ver la fila").first.click()
        assert title in page.locator("table").inner_text()
        page.get_by_role("link", name="Quitar todo").click()
        page.get_by_text("Filtrar por columnas").click()
        page.get_by_role("combobox", name="Ámbito").select_option(label="Red municipal")
        page.get_by_role("button", name="Aplicar").click()
        found = page.get_by_role("heading", level=2).first.inner_text()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV", exact=True).click()
        rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert found.startswith(f"{len(rows) - 1} filas de")
        page.locator(".crumbs a").click()
        page.get_by_role("navigation", name="En esta página").get_by_role("link", name="Citar").click()
        assert "[Conjunto de datos]" in page.locator(".cite").inner_text()
        with page.expect_download() as cited:
            page.get_by_role("link", name="BibTeX").first.click()
        assert Path(cited.value.path()).read_text(encoding="utf-8").startswith("@")
