"""Snapshots: made once, never changed; a bad source leaves everything as it was."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

import pipelines.pull.snapshot as snapshot_module
from pipelines.contracts.files import read_json, sha256_bytes, write_atomic
from pipelines.contracts.findings import FindingError
from pipelines.pull import current_snapshot, pull_source, read_feed
from tests.pull.pull_builders import HEADER, NOW, Desk, cells, codes, only, workbook
from tests.tiny import Tiny

GOOD = HEADER + "a-1,Centro,estate\n"
OTHER = HEADER + "a-1,Centro,district\n"


def test_the_bytes_are_kept_as_they_came(desk: Desk) -> None:
    raw = GOOD.replace(",", ";").encode("cp1252")
    pulled = desk.give("a.csv", raw)
    snapshot = pulled.snapshot
    assert snapshot is not None
    assert desk.stored()[f"snapshots/entrega/{snapshot.snapshot}/parts/1"] == raw
    assert (snapshot.taken, snapshot.origin, snapshot.http) == (NOW, "entrega", None)
    assert [(p.name, p.sha256, p.size) for p in snapshot.parts] == [("a.csv", sha256_bytes(raw), len(raw))]


def test_the_folder_of_the_store_holds_exactly_the_snapshot(desk: Desk) -> None:
    name = desk.give("a.csv", GOOD).result.snapshot
    folder = f"snapshots/entrega/{name}"
    assert set(desk.stored()) == {f"{folder}/parts/1", f"{folder}/snapshot.json", "snapshots/entrega/current.json"}


def test_an_unchanged_source_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.give("a.csv", GOOD)
    before = desk.stored()
    monkeypatch.setattr(snapshot_module, "write_atomic", lambda *a: pytest.fail("something was written"))
    monkeypatch.setattr(Path, "mkdir", lambda *a, **k: pytest.fail("a folder was made"))
    again = desk.pull()
    assert (again.result.result, again.snapshot) == ("unchanged", first.snapshot)
    assert desk.stored() == before


def test_a_changed_source_makes_a_new_snapshot_and_the_old_one_stays(desk: Desk) -> None:
    first = desk.give("a.csv", GOOD).snapshot
    before = desk.stored()
    second = desk.give("a.csv", OTHER).snapshot
    assert first is not None
    assert second is not None
    assert first.snapshot != second.snapshot
    after = desk.stored()
    assert {k: v for k, v in after.items() if k in before and "current" not in k} == {
        k: v for k, v in before.items() if "current" not in k
    }
    assert current_snapshot(desk.project().store, "entrega") == second


def test_a_source_that_goes_back_takes_its_old_snapshot_again(desk: Desk) -> None:
    first = desk.give("a.csv", GOOD).snapshot
    desk.give("a.csv", OTHER)
    before = set(desk.stored())
    again = desk.give("a.csv", GOOD)
    assert (again.result.result, again.snapshot) == ("new", first)
    assert set(desk.stored()) == before


def test_a_bad_file_leaves_the_current_snapshot_and_is_kept_raw_beside_its_findings(desk: Desk) -> None:
    first = desk.give("a.csv", GOOD)
    bad = HEADER + "a-1,x\n"
    pulled = desk.give("a.csv", bad)
    assert (pulled.result.result, pulled.snapshot) == ("failed", first.snapshot)
    assert pulled.result.reason is not None
    assert "línea 2" in pulled.result.reason.es
    assert current_snapshot(desk.project().store, "entrega") == first.snapshot
    aside = {k: v for k, v in desk.stored().items() if k.startswith("quarantine/")}
    assert sorted(Path(k).name for k in aside) == ["1-a.csv", "findings.jsonl"]
    assert next(v for k, v in aside.items() if k.endswith("csv")) == bad.encode()
    before = desk.stored()
    desk.pull()
    assert desk.stored() == before, "the same bad file again changes nothing"


def test_nothing_of_a_source_is_taken_if_one_of_its_files_is_bad(desk: Desk) -> None:
    desk.source(feed={"part": "*.csv"})
    desk.put("a.csv", GOOD)
    desk.put("b.csv", HEADER + "a-1,x\n")
    assert desk.pull().result.result == "failed"
    assert current_snapshot(desk.project().store, "entrega") is None
    assert [Path(k).name for k in desk.stored() if k.startswith("quarantine/")] == ["2-b.csv", "findings.jsonl"]


def test_several_files_of_one_feed_are_read_one_after_the_other(desk: Desk) -> None:
    desk.source(feed={"part": "centro-*.csv"})
    desk.put("centro-2.csv", HEADER + "b-1,x,y\n")
    desk.put("centro-1.csv", "place_id,name_es\na-1,x\n")
    desk.put("otros.csv", GOOD)
    assert desk.pull().result.result == "new"
    frame = desk.read()
    assert cells(frame) == [["a-1", "x", ""], ["b-1", "x", "y"]]
    assert frame[["_source", "_part", "_line"]].values.tolist() == [
        ["entrega", "centro-1.csv", 2],
        ["entrega", "centro-2.csv", 2],
    ]


def test_a_name_with_an_accent_is_found_however_it_is_written(desk: Desk) -> None:
    desk.source(feed={"part": "Dirección*.csv"})
    desk.put("Direccio\u0301n.csv", GOOD)
    assert desk.pull().result.result == "new"


def test_facts_are_read_beside_their_file(tiny: Tiny) -> None:
    project = tiny.load()
    source = project.sources["registro"]
    pulled = pull_source(project, source, NOW)
    assert pulled.snapshot is not None
    assert [p.name for p in pulled.snapshot.parts] == ["sources/registro/places.csv"]
    assert read_feed(project, source, source.feeds[0], pulled.snapshot)["place_id"].tolist() == [
        "centro",
        "retiro",
        "sur",
    ]


def test_missing_facts_are_all_named(tiny: Tiny) -> None:
    (tiny.root / "sources/registro/places.csv").unlink()
    project = tiny.load()
    found = only(pull_source(project, project.sources["registro"], NOW), "source-file-missing")
    assert found.part == "sources/registro/places.csv"


def test_a_missing_folder_and_a_missing_file_are_two_findings(desk: Desk) -> None:
    desk.source()
    only(desk.pull(), "source-folder-missing")
    desk.drop.mkdir()
    only(desk.pull(), "source-file-missing")


@pytest.mark.parametrize("pattern", ["../*.csv", "/etc/*.csv", "a/../../*.csv", "..\\x.csv"])
def test_a_pattern_cannot_leave_its_folder(desk: Desk, pattern: str) -> None:
    desk.put("a.csv", GOOD)
    desk.source(feed={"part": pattern})
    only(desk.pull(), "source-file-outside")


def test_a_link_in_the_drop_folder_is_refused(desk: Desk) -> None:
    desk.source()
    secret = desk.tiny.root / "secret.csv"
    secret.write_text(GOOD)
    desk.drop.mkdir()
    (desk.drop / "a.csv").symlink_to(secret)
    only(desk.pull(), "source-file-outside")


def test_a_linked_folder_in_the_drop_folder_is_refused(desk: Desk) -> None:
    desk.source(feed={"part": "sub/*.csv"})
    (desk.tiny.root / "elsewhere").mkdir()
    (desk.tiny.root / "elsewhere" / "a.csv").write_text(GOOD)
    desk.drop.mkdir()
    (desk.drop / "sub").symlink_to(desk.tiny.root / "elsewhere")
    only(desk.pull(), "source-file-outside")


def test_a_pipe_is_not_waited_for(desk: Desk) -> None:
    desk.source()
    desk.drop.mkdir()
    os.mkfifo(desk.drop / "a.csv")
    only(desk.pull(), "source-file-outside")


def test_a_file_beyond_the_limit_is_not_copied(desk: Desk) -> None:
    desk.settings = {"max_file_bytes": 10}
    only(desk.give("a.csv", GOOD), "source-too-large")
    assert desk.stored() == {}


@pytest.mark.parametrize("lock", ["~$places.xlsx", "~$aces.xlsx", ".~lock.places.xlsx#"])
def test_an_open_workbook_waits_for_the_next_time(desk: Desk, lock: str) -> None:
    first = desk.give("places.xlsx", workbook(["place_id", "name_es"], ["a-1", "x"]))
    desk.put("places.xlsx", workbook(["place_id", "name_es"], ["a-1", "half"]))
    desk.put(lock, b"x")
    busy = desk.pull()
    assert (busy.result.result, busy.snapshot, codes(busy)) == ("unchanged", first.snapshot, ["source-file-busy"])
    assert not busy.findings[0].blocks
    (desk.drop / lock).unlink()
    assert desk.pull().result.result == "new"


def test_a_first_file_that_is_open_fails_the_source(desk: Desk) -> None:
    desk.put("~$a.csv", b"x")
    found = only(desk.give("a.csv", GOOD), "source-file-busy")
    assert found.blocks


def test_a_file_that_grows_while_it_is_read_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import pipelines.pull.local as local

    desk.give("a.csv", GOOD)
    path = desk.put("a.csv", OTHER)
    real = local.hash_file

    def growing(copy: Path) -> str:
        with path.open("a") as stream:
            stream.write("a-2,x,y\n")
        return real(copy)

    monkeypatch.setattr(local, "hash_file", growing)
    assert codes(desk.pull()) == ["source-file-busy"]


@pytest.mark.parametrize("name", ["b.csv.tmp", ".b.csv", "~$b.csv", "b.csv.part"])
def test_files_of_other_programs_are_not_taken(desk: Desk, name: str) -> None:
    desk.source(feed={"part": "*"}, format="csv")
    desk.put("a.csv", GOOD)
    desk.put(name, "half")
    pulled = desk.pull()
    assert pulled.snapshot is not None
    assert [p.name for p in pulled.snapshot.parts] == ["a.csv"]


def test_a_file_that_may_not_be_read_is_a_finding(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    desk.source()
    desk.put("a.csv", GOOD)
    project = desk.project()
    monkeypatch.setattr(os, "open", refuse)
    assert (
        only(pull_source(project, project.sources["entrega"], NOW), "source-unreadable").params["reason"]
        == "Permission denied"
    )


def test_a_full_disk_is_a_finding_and_tears_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.give("a.csv", GOOD)
    before = desk.stored()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    desk.put("a.csv", OTHER)
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_module, "write_atomic", full)
        pulled = desk.pull()
    assert (pulled.result.result, pulled.snapshot, codes(pulled)) == ("failed", first.snapshot, ["snapshot-unwritable"])
    assert desk.stored() == before
    assert desk.pull().result.result == "new"


def test_a_run_that_died_before_naming_its_snapshot_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead(BaseException):
        pass

    def dies(path: Path, data: str) -> None:
        if path.name == "current.json":
            raise Dead
        write_atomic(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(snapshot_module, "write_atomic", dies)
        with pytest.raises(Dead):
            desk.give("a.csv", GOOD)
    assert current_snapshot(desk.project().store, "entrega") is None
    pulled = desk.pull()
    assert pulled.result.result == "new"
    assert current_snapshot(desk.project().store, "entrega") == pulled.snapshot


def test_damaged_bytes_are_never_read(desk: Desk) -> None:
    snapshot = desk.give("a.csv", GOOD).snapshot
    assert snapshot is not None
    path = desk.project().store.snapshot("entrega", snapshot.snapshot) / "parts/1"
    path.write_bytes(OTHER.encode())
    with pytest.raises(FindingError, match="snapshot-damaged"):
        desk.read()


def test_a_damaged_pointer_is_a_finding(desk: Desk) -> None:
    desk.give("a.csv", GOOD)
    (desk.project().store.snapshots / "entrega" / "current.json").write_text("{")
    only(desk.pull(), "snapshot-damaged")


def withdraw_part(desk: Desk, name: str) -> None:
    snapshot = current_snapshot(desk.project().store, "entrega")
    assert snapshot is not None
    folder = desk.project().store.snapshot("entrega", snapshot.snapshot)
    record = read_json(folder / "snapshot.json")
    for part in record["parts"]:
        if part["name"] == name:
            part["withdrawn"] = "un DNI"
            (folder / part["file"]).unlink()
    (folder / "snapshot.json").write_text(json.dumps(record))


def test_withdrawn_bytes_do_not_come_back(desk: Desk) -> None:
    desk.source(feed={"part": "*.csv"})
    desk.put("a.csv", GOOD)
    desk.put("b.csv", HEADER + "b-1,12345678Z,estate\n")
    desk.pull()
    withdraw_part(desk, "b.csv")
    assert desk.pull().result.result == "unchanged"
    with pytest.raises(FindingError, match="un DNI"):
        desk.read()
    desk.put("a.csv", OTHER)
    assert desk.pull().result.result == "new"
    assert not [k for k, v in desk.stored().items() if b"12345678Z" in v]
    with pytest.raises(FindingError, match="source-withdrawn"):
        desk.read()


def test_a_mended_file_is_taken_again_after_it_was_withdrawn(desk: Desk) -> None:
    desk.give("a.csv", GOOD)
    withdraw_part(desk, "a.csv")
    desk.put("a.csv", OTHER)
    assert desk.pull().result.result == "new"
    assert cells(desk.read()) == [["a-1", "Centro", "district"]]


def test_a_part_that_no_feed_finds_any_more_is_a_finding(desk: Desk) -> None:
    desk.give("a.csv", GOOD)
    desk.source(feed={"part": "b.csv"})
    with pytest.raises(FindingError, match="source-file-missing"):
        desk.read()


def test_a_format_that_nothing_tells_is_a_finding(desk: Desk) -> None:
    only(desk.give("a.dat", GOOD), "source-format-unknown")
    assert desk.rows("a.dat", GOOD, format="csv") == [["a-1", "Centro", "estate"]]
