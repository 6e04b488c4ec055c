"""Reading the portal back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from publish_town import Town

from pipelines.contracts.findings import catalogue
from pipelines.contracts.text import LANGS
from pipelines.publish import publish_portal, verify_portal


@pytest.fixture
def shown(full: Town) -> Town:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    return full


def codes(town: Town) -> list[tuple[str, str | None]]:
    return [(f.code, f.part) for f in verify_portal(town.project)]


def test_a_portal_as_it_was_published_has_no_findings(shown: Town) -> None:
    assert verify_portal(shown.project) == []


def test_a_store_without_an_edition_has_no_portal_to_verify(town: Callable[..., Town]) -> None:
    assert verify_portal(town().project) == []


def _replace(path: Path) -> None:
    path.unlink()
    path.write_text("otra cosa")


def _link(path: Path) -> None:
    other = path.with_name("table.parquet")
    path.unlink()
    path.symlink_to(other)


@pytest.mark.parametrize("how", [_replace, _link, lambda p: p.write_text("dentro")], ids=["replaced", "link", "inside"])
@pytest.mark.parametrize("name", ["index.html", "datasets/alfa/latest/table.csv", "editions/2026-03-10.1/edition.json"])
def test_a_changed_file_is_found_wherever_it_is(shown: Town, name: str, how: Callable[[Path], None]) -> None:
    how(shown.tree / name)
    found = codes(shown)
    assert ("portal-file-changed", name) in found
    assert {code for code, _ in found} == {"portal-file-changed"}


def test_a_missing_file_is_found(shown: Town) -> None:
    (shown.tree / "datasets/alfa/feed.atom").unlink()
    assert codes(shown) == [("portal-file-missing", "datasets/alfa/feed.atom")]


def test_a_foreign_file_is_found(shown: Town) -> None:
    (shown.tree / "datasets/alfa/latest/.copia.csv").write_text("id\n")
    assert codes(shown) == [("portal-file-foreign", "datasets/alfa/latest/.copia.csv")]


def test_a_link_that_leads_nowhere_is_found(shown: Town) -> None:
    shown.store.portal.unlink()
    assert codes(shown) == [("portal-missing", str(shown.store.portal))]
    shown.store.portal.symlink_to("editions/2020-01-01.1/tree-0")
    assert codes(shown) == [("portal-missing", str(shown.store.portal))]


def test_a_portal_behind_its_store_is_found(shown: Town) -> None:
    served = str(shown.store.portal.readlink())
    shown.release("beta", "2026-04-10.1")
    edition = shown.edition("2026-04-10.1")
    assert codes(shown) == [("portal-outdated", served)]
    publish_portal(shown.project, edition)
    assert codes(shown) == []


def test_a_folder_in_the_place_of_the_link_is_found(shown: Town) -> None:
    shown.store.portal.unlink()
    shown.store.portal.mkdir()
    assert codes(shown) == [("portal-not-a-link", str(shown.store.portal))]


def test_a_damaged_portal_is_mended_as_its_finding_says(shown: Town) -> None:
    _replace(shown.tree / "index.html")
    shown.store.portal.unlink()
    publish_portal(shown.project, shown.edition("2026-03-10.1"))
    assert verify_portal(shown.project) == []


def test_an_unreadable_store_is_a_finding_of_verify_too(shown: Town) -> None:
    (shown.store.editions / "index.json").write_text("{")
    assert [code for code, _ in codes(shown)] == ["portal-store-unreadable"]


def test_every_finding_says_where_it_is_in_both_languages(shown: Town) -> None:
    (shown.tree / "index.html").unlink()
    [found] = verify_portal(shown.project)
    for lang in LANGS:
        assert "index.html" in found.what(lang)
        assert found.do(lang)
    assert {"release-damaged", "portal-file-missing"} <= catalogue().keys()
