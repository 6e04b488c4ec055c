"""When what is made of releases is written, made again, and taken away."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from publish_town import Town, listing

from pipelines.contracts.metadata import Catalogue
from pipelines.contracts.reading import READING_FORMAT
from pipelines.publish import publish_portal, reading, take_down, verify_portal
from pipelines.publish.shown import read_content

EDITION = "2026-03-10.1"
SHOWN = {"alfa/2026-01-10.1", "alfa/2026-03-10.1", "beta/2026-01-10.1", "gamma/2026-01-05.1"}


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def there(town: Town) -> set[str]:
    """The versions of which something stands in `reading/`, whole or not."""
    return {str(p.relative_to(town.store.readings)) for p in town.store.readings.glob("*/*")}


def record(town: Town, name: str) -> Path:
    return town.store.readings / name / "reading.json"


def test_every_published_version_has_a_reading_pinned_or_not(full: Town) -> None:
    content = read_content(full.project, full.edition(EDITION))
    publish_portal(full.project, content.edition)
    assert there(full) == SHOWN
    made = {f"{v.release.dataset}/{v.release.version}": v.digest for v in content.versions}
    assert {n: json.loads(record(full, n).read_bytes())["release"] for n in SHOWN} == made


def test_no_version_is_shown_before_its_reading_is_there(full: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(link: Path, target: str) -> None:
        seen.append(there(full))
        link.symlink_to(target)

    monkeypatch.setattr("pipelines.publish.portal.replace_link", look)
    publish_portal(full.project, full.edition(EDITION))
    assert seen == [SHOWN]


def test_a_new_version_leaves_the_readings_of_the_others_alone(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    before = listing(full.store.readings / "alfa")
    full.release("beta", "2026-04-10.1")
    publish_portal(full.project, full.edition("2026-04-10.1"))
    assert there(full) == {*SHOWN, "beta/2026-04-10.1"}
    assert listing(full.store.readings / "alfa") == before


def test_a_store_without_readings_gets_them_and_keeps_its_tree(full: Town) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    tree, first = listing(full.tree), {n: data for n, (_, data) in listing(full.store.readings).items()}
    for folder in full.store.readings.iterdir():
        reading.remove_tree(folder)
    assert publish_portal(full.project, edition).result == "applied"
    assert {n: data for n, (_, data) in listing(full.store.readings).items()} == first
    assert listing(full.tree) == tree


@pytest.mark.parametrize("spoil", ["format", "release", "torn", "gone"])
def test_a_reading_of_another_format_or_release_is_made_again(full: Town, spoil: str) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    path = record(full, "beta/2026-01-10.1")
    first = path.read_bytes()
    if spoil == "gone":
        path.unlink()
    elif spoil == "torn":
        path.write_bytes(first[:10])
    else:
        path.write_text(json.dumps({**json.loads(first), spoil: 0}))
    (path.parent / "left.over").touch()
    others = {n: d for n, d in listing(full.store.readings).items() if n.startswith(("alfa", "gamma"))}
    assert publish_portal(full.project, edition).result == "applied"
    assert path.read_bytes() == first
    assert not (path.parent / "left.over").exists()
    assert {n: d for n, d in listing(full.store.readings).items() if n.startswith(("alfa", "gamma"))} == others
    assert publish_portal(full.project, edition).result == "unchanged"


def test_a_raised_format_makes_all_again(full: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    monkeypatch.setattr(reading, "READING_FORMAT", READING_FORMAT + 1)
    publish_portal(full.project, edition)
    assert {json.loads(record(full, n).read_bytes())["format"] for n in SHOWN} == {READING_FORMAT + 1}


@pytest.mark.parametrize("at", ["write_columns", "write_keys", "write_json_rows", "write_words", "move_into_place"])
@pytest.mark.parametrize("served", [False, True], ids=["first", "again"])
def test_killed_in_the_middle_no_half_reading_is_there(
    full: Town, monkeypatch: pytest.MonkeyPatch, at: str, served: bool
) -> None:
    if served:
        publish_portal(full.project, full.edition(EDITION))
    full.release("beta", "2026-04-10.1")
    edition = full.edition("2026-04-10.1")
    link = full.store.portal.readlink() if served else None

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(reading, at, die)
        with pytest.raises(Killed):
            publish_portal(full.project, edition)
    assert there(full) == (SHOWN if served else set())
    assert (full.store.portal.readlink() if full.store.portal.is_symlink() else None) == link
    assert publish_portal(full.project, edition).result == "applied"
    assert there(full) == {*SHOWN, "beta/2026-04-10.1"}
    assert list(full.store.work.iterdir()) == []


def test_a_damaged_release_gets_no_reading_where_its_tree_is_served_already(full: Town) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    reading.remove_tree(full.store.reading("beta", "2026-01-10.1"))
    path = full.store.release("beta", "2026-01-10.1") / "table.csv"
    path.write_text("id\n2026-99-99.1\n")
    done = publish_portal(full.project, edition)
    assert (done.result, [(f.code, f.dataset, f.part) for f in done.findings]) == (
        "failed",
        [("release-damaged", "beta", "table.csv")],
    )
    assert "beta/2026-01-10.1" not in there(full)


def test_what_is_taken_down_loses_its_reading_at_once(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    take_down(full.store, "alfa", ["2026-01-10.1"])
    assert there(full) == SHOWN - {"alfa/2026-01-10.1"}


def test_what_holds_rows_of_all_datasets_is_taken_down_with_any(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    dump = full.tree / "linked-data" / "dump.nt.gz"
    dump.parent.mkdir()
    dump.touch()
    take_down(full.store, "alfa", ["2026-01-10.1"])
    assert not dump.exists()
    assert [p.name for p in (full.tree / "editions" / EDITION).iterdir()] == ["edition.json"]


def test_without_a_served_tree_the_reading_goes_too(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    full.store.portal.unlink()
    take_down(full.store, "alfa", ["2026-01-10.1", "2026-03-10.1"])
    assert there(full) == {"beta/2026-01-10.1", "gamma/2026-01-05.1"}


def _prune(town: Town) -> None:
    reading.remove_tree(town.store.release("gamma", "2026-01-05.1"))
    town.store.index("gamma").unlink()
    town.store.release("gamma", "x").parent.rmdir()


@pytest.mark.parametrize(
    "go",
    [
        lambda t: t.withdraw("gamma", "2026-01-05.1"),
        lambda t: t.index("gamma", "2026-01-05.1", "withdrawn"),
        _prune,
    ],
    ids=["withdrawn", "withdrawn in the index only", "pruned"],
)
def test_the_next_publication_sweeps_what_no_version_stands_behind(full: Town, go: Callable[[Town], object]) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    go(full)
    publish_portal(full.project, edition)
    assert not (full.store.readings / "gamma").exists()
    assert there(full) == SHOWN - {"gamma/2026-01-05.1"}


def test_a_folder_that_a_dead_run_was_removing_is_swept_though_nothing_is_new(full: Town) -> None:
    edition = full.edition(EDITION)
    publish_portal(full.project, edition)
    (full.store.readings / "alfa" / ".2020-01-01.1.0a.gone").mkdir()
    (full.store.work / reading.WORK).mkdir()
    assert publish_portal(full.project, edition).result == "unchanged"
    assert there(full) == SHOWN
    assert list(full.store.work.iterdir()) == []


def test_verify_says_which_version_has_no_reading(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    record(full, "gamma/2026-01-05.1").unlink()
    assert [(f.code, f.part) for f in verify_portal(full.project)] == [
        ("portal-file-missing", "reading/gamma/2026-01-05.1/reading.json")
    ]


def test_verify_finds_a_changed_database_and_catalogue(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    names = ["catalogue.json", f"editions/{EDITION}/edition.sqlite"]
    for name in names:
        path = full.tree / name
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"\n")
    assert [(f.code, f.part) for f in verify_portal(full.project)] == [("portal-file-changed", n) for n in names]


def test_the_catalogue_of_the_tree_is_that_of_the_edition(full: Town) -> None:
    publish_portal(full.project, full.edition(EDITION))
    catalogue = Catalogue.model_validate_json((full.tree / "catalogue.json").read_bytes())
    assert (catalogue.edition, [d.id for d in catalogue.datasets]) == (EDITION, ["alfa", "beta"])
    assert catalogue.datasets[0].version == "2026-03-10.1"
