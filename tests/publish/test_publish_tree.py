"""The tree of the portal: what it holds, when it is written, and what stops it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from publish_town import Town, listing

from pipelines.contracts.files import replace_link
from pipelines.publish import publish_portal

RELEASE = [
    "CHANGES.md",
    "datapackage.json",
    "metadata.json",
    "release.json",
    "table.csv",
    "table.jsonl",
    "table.parquet",
]
RDF = ["jsonld", "rdf", "ttl"]
ROOT = [
    "catalogue.json",
    "feed.atom",
    "feed.json",
    "index.en.html",
    "index.html",
    "robots.txt",
    "sitemap.xml",
    *(f"{p}catalog.{f}" for p in ("", "eu/") for f in RDF),
]


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}


def test_the_tree_holds_exactly_these_files(full: Town) -> None:
    full.edition("2026-03-09.1")
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    expected = {
        *ROOT,
        *(f"datasets/alfa/{v}/{f}" for v in ("2026-01-10.1", "2026-03-10.1", "latest") for f in RELEASE),
        "datasets/alfa/2026-02-10.1/index.html",
        "datasets/alfa/2026-02-10.1/tombstone.json",
        *(f"datasets/beta/{v}/{f}" for v in ("2026-01-10.1", "latest") for f in RELEASE),
        *(f"datasets/gamma/2026-01-05.1/{f}" for f in RELEASE),
        *(f"datasets/{d}/{f}" for d in ("alfa", "beta", "gamma") for f in ("feed.atom", "feed.json", "index.html")),
        *(f"datasets/{p}/index.html" for p in ("alfa/2026-01-10.1", "alfa/2026-03-10.1", "beta/2026-01-10.1")),
        "datasets/gamma/2026-01-05.1/index.html",
        *(f"datasets/{d}/dataset.jsonld" for d in ("alfa", "beta")),
        *(f"{p}datasets/{d}/dcat.{f}" for p in ("", "eu/") for d in ("alfa", "beta") for f in RDF),
        "editions/2026-03-09.1/edition.json",
        "editions/2026-03-10.1/edition.json",
        "editions/2026-03-10.1/edition.sqlite",
    }
    assert done.result == "applied"
    assert done.findings == []
    assert done.tree == full.tree
    assert files(full.tree) == expected
    assert [p.name for p in full.store.editions.glob("*/tree-*")] == [done.tree.name]
    assert list(full.store.work.iterdir()) == []


def test_release_files_are_hard_links_and_latest_is_the_pinned_version(full: Town) -> None:
    full.pins["alfa"] = "2026-01-10.1"
    publish_portal(full.project, full.edition("2026-03-10.1"))
    for name in RELEASE:
        stored = full.store.release("alfa", "2026-01-10.1") / name
        assert (full.tree / "datasets/alfa/2026-01-10.1" / name).samefile(stored)
        assert (full.tree / "datasets/alfa/latest" / name).samefile(stored)


def test_files_are_copied_where_they_cannot_be_linked(full: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "other device")

    monkeypatch.setattr(os, "link", refuse)
    assert publish_portal(full.project, full.edition("2026-03-10.1")).result == "applied"
    stored = full.store.release("beta", "2026-01-10.1") / "table.csv"
    shown = full.tree / "datasets/beta/latest/table.csv"
    assert shown.read_bytes() == stored.read_bytes()
    assert not shown.samefile(stored)


def test_a_second_publication_writes_nothing(full: Town) -> None:
    edition = full.edition("2026-03-10.1")
    first = publish_portal(full.project, edition)
    before = listing(full.project.root)
    again = publish_portal(full.project, edition)
    assert (again.result, again.tree) == ("unchanged", first.tree)
    assert listing(full.project.root) == before


def test_a_second_publication_opens_no_table(full: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = full.edition("2026-03-10.1")
    publish_portal(full.project, edition)
    for path in full.store.releases.rglob("table.*"):
        path.unlink()
    assert publish_portal(full.project, edition).result == "unchanged"


def test_the_same_store_gives_the_same_bytes(full: Town) -> None:
    edition = full.edition("2026-03-10.1")
    publish_portal(full.project, edition)
    first = {n: data for n, (_, data) in listing(full.tree).items()}
    full.store.portal.unlink()
    assert publish_portal(full.project, edition).result == "applied"
    assert {n: data for n, (_, data) in listing(full.tree).items()} == first


def test_a_new_release_replaces_the_tree_and_keeps_the_past_one(full: Town) -> None:
    old = publish_portal(full.project, full.edition("2026-03-10.1")).tree
    full.release("beta", "2026-04-10.1")
    done = publish_portal(full.project, full.edition("2026-04-10.1"))
    assert done.result == "applied"
    assert full.store.portal.readlink() == done.tree.relative_to(full.store.root)
    assert not old.exists()
    assert (full.tree / "datasets/beta/2026-01-10.1/table.csv").read_text() == "id\n2026-01-10.1\n"
    assert (full.tree / "datasets/beta/latest/table.csv").read_text() == "id\n2026-04-10.1\n"


def test_going_back_to_an_older_edition_serves_its_versions_again(full: Town) -> None:
    old = full.edition("2026-03-10.1")
    first = publish_portal(full.project, old).tree
    full.release("beta", "2026-04-10.1")
    publish_portal(full.project, full.edition("2026-04-10.1"))
    assert publish_portal(full.project, old).tree.parent == first.parent
    assert (full.tree / "datasets/beta/latest/table.csv").read_text() == "id\n2026-01-10.1\n"
    assert (full.tree / "datasets/beta/2026-04-10.1/table.csv").exists()


def test_a_withdrawal_takes_the_bytes_out_of_every_tree(full: Town) -> None:
    edition = full.edition("2026-03-10.1")
    publish_portal(full.project, edition)
    full.withdraw("beta", "2026-01-10.1")
    done = publish_portal(full.project, edition)
    assert done.result == "applied"
    assert [f.code for f in done.findings] == ["portal-pin-withdrawn"]
    assert not (full.tree / "datasets/beta/latest").exists()
    assert "catalogo/dataset/beta" not in (full.tree / "catalog.ttl").read_text()
    held = [p for p in full.store.root.rglob("*") if p.is_file() and b"rows of beta" in p.read_bytes()]
    assert held == []


@pytest.mark.parametrize("half", ["tombstone-only", "index-only"])
def test_a_half_done_withdrawal_is_not_shown(full: Town, half: str) -> None:
    folder = full.store.release("alfa", "2026-01-10.1")
    if half == "tombstone-only":
        stone = full.store.release("alfa", "2026-02-10.1") / "tombstone.json"
        (folder / "tombstone.json").write_text(stone.read_text().replace("2026-02-10.1", "2026-01-10.1"))
    else:
        full.index("alfa", "2026-01-10.1", "withdrawn")
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    assert done.result == "applied"
    assert not (full.tree / "datasets/alfa/2026-01-10.1/table.csv").exists()
    assert [f.code for f in done.findings] == (["portal-tombstone-missing"] if half == "index-only" else [])


@pytest.mark.parametrize(
    "change",
    ["title", "stage", "base_url", "api_url", "datastore_url", "feed_page_bytes", "tombstone", "edition"],
    ids=lambda c: f"a changed {c}",
)
def test_what_the_pages_say_makes_a_new_tree(full: Town, change: str) -> None:
    edition = full.edition("2026-03-10.1")
    first = publish_portal(full.project, edition).tree
    if change == "title":
        titles = full.project.catalogue.titles.model_copy(update={"es": "Otro título"})
        full.project.catalogue = full.project.catalogue.model_copy(update={"titles": titles})
    if change == "stage":
        full.project.catalogue = full.project.catalogue.model_copy(update={"stage": "example"})
    if change.endswith("_url"):
        full.project.settings = full.project.settings.model_copy(update={change: "https://otra.example"})
    if change == "feed_page_bytes":
        full.project.settings = full.project.settings.model_copy(update={change: 10_000})
    if change == "tombstone":
        full.withdraw("alfa", "2026-02-10.1", "Otra razón.")
    if change == "edition":
        edition = full.edition("2026-03-11.1")
    assert publish_portal(full.project, edition).tree.name != first.name


DAMAGE: dict[str, Callable[[Path], object]] = {
    "changed": lambda p: p.write_text("id\n2026-99-99.1\n"),
    "shorter": lambda p: p.write_text("id\n"),
    "missing": lambda p: p.unlink(),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_release_is_not_published(full: Town, how: str) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    before = listing(full.tree)
    folder = full.release("beta", "2026-04-10.1")
    DAMAGE[how](folder / "table.csv")
    done = publish_portal(full.project, full.edition("2026-04-10.1"))
    assert done.result == "failed"
    assert [(f.code, f.dataset, f.value, f.part) for f in done.findings] == [
        ("release-damaged", "beta", "2026-04-10.1", "table.csv")
    ]
    assert done.tree == full.tree
    assert listing(full.tree) == before


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', None], ids=["empty", "torn", "incomplete", "missing"])
def test_an_unreadable_release_record_is_a_damaged_release(full: Town, text: str | None) -> None:
    path = full.store.release("beta", "2026-01-10.1") / "release.json"
    path.unlink() if text is None else path.write_text(text)
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    assert (done.result, [f.code for f in done.findings]) == ("failed", ["release-damaged"])
    assert not full.store.portal.exists()


def test_a_release_that_names_a_file_elsewhere_is_damaged(full: Town) -> None:
    path = full.store.release("beta", "2026-01-10.1") / "release.json"
    path.write_text(path.read_text().replace('"table.csv"', '"../../../lock"'))
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    assert (done.result, [f.code for f in done.findings]) == ("failed", ["release-damaged"])


def test_unreadable_metadata_is_a_damaged_release(full: Town) -> None:
    folder = full.release("beta", "2026-04-10.1")
    (folder / "metadata.json").write_text("{}")
    done = publish_portal(full.project, full.edition("2026-04-10.1"))
    assert {(f.code, f.part) for f in done.findings} == {("release-damaged", "metadata.json")}


@pytest.mark.parametrize(
    "name", ["releases/beta/index.json", "editions/index.json", "editions/2026-03-10.1/edition.json"]
)
def test_an_unreadable_file_of_the_store_stops_the_publication(full: Town, name: str) -> None:
    edition = full.edition("2026-03-10.1")
    (full.store.root / name).write_text("{")
    done = publish_portal(full.project, edition)
    assert (done.result, [f.code for f in done.findings]) == ("failed", ["portal-store-unreadable"])
    assert done.findings[0].part is not None
    assert done.findings[0].part.endswith(name)


def test_an_edition_that_pins_what_is_not_there_stops_the_publication(full: Town) -> None:
    full.pins.update(beta="2027-01-01.1", delta="2026-01-01.1")
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    assert done.result == "failed"
    assert [(f.code, f.dataset, f.part) for f in done.findings] == [
        ("edition-broken", "beta", "2027-01-01.1"),
        ("edition-broken", "delta", "2026-01-01.1"),
    ]


def test_a_folder_in_the_place_of_the_link_is_left_alone(full: Town) -> None:
    full.store.portal.mkdir(parents=True)
    (full.store.portal / "mine.txt").write_text("mine")
    done = publish_portal(full.project, full.edition("2026-03-10.1"))
    assert (done.result, done.tree) == ("failed", full.store.portal)
    assert [f.code for f in done.findings] == ["portal-not-a-link"]
    assert (full.store.portal / "mine.txt").read_text() == "mine"


def test_a_full_disk_is_a_finding_and_the_old_tree_stays(full: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_portal(full.project, full.edition("2026-03-10.1"))
    before = listing(full.tree)
    full.release("beta", "2026-04-10.1")
    edition = full.edition("2026-04-10.1")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", refuse)
        done = publish_portal(full.project, edition)
    assert (done.result, [f.code for f in done.findings]) == ("failed", ["store-unwritable"])
    assert listing(full.tree) == before
    assert publish_portal(full.project, edition).result == "applied"
    assert list(full.store.work.iterdir()) == []


@pytest.mark.parametrize("target", ["absolute", "gone", "none"])
def test_a_wrong_link_is_put_right(full: Town, target: str) -> None:
    edition = full.edition("2026-03-10.1")
    tree = publish_portal(full.project, edition).tree
    full.store.portal.unlink()
    if target != "none":
        replace_link(full.store.portal, str(tree if target == "absolute" else "editions/2020-01-01.1/tree-0"))
    assert publish_portal(full.project, edition).result == "applied"
    assert full.store.portal.readlink() == tree.relative_to(full.store.root)
    assert (full.tree / "index.html").exists()


def test_progress_names_each_dataset_once(full: Town) -> None:
    told: list[str] = []
    publish_portal(full.project, full.edition("2026-03-10.1"), told.append)
    assert told == ["alfa", "beta", "gamma"]


def test_an_edition_without_datasets_is_a_portal_all_the_same(town: Callable[..., Town]) -> None:
    empty = town()
    assert publish_portal(empty.project, empty.edition("2026-03-10.1")).result == "applied"
    assert files(empty.tree) == {*ROOT, *(f"editions/2026-03-10.1/edition.{kind}" for kind in ("json", "sqlite"))}
