"""Withdrawing removes the bytes; pruning keeps what it must; verifying finds what was damaged."""

import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.line import Line
from pipelines.publish import publish_portal, verify_portal
from pipelines.release import current_edition, decide, prune, read_index, recover, verify_store, withdraw
from tests.release.test_editions import pins, results
from tests.tiny import VISITS, Tiny, visits_file

SECRET = "Zarzamora-7731"
NOW = datetime.now(UTC)


def publish(tiny: Tiny) -> Line:
    with Line(tiny.load(), "publish") as line:
        line.publish()
    return line


def holders(root: Path, secret: str) -> list[str]:
    """Every file below `root` that holds the secret, also inside zipped workbooks and compressed Parquet."""
    import pyarrow.parquet as pq

    found = []
    for path in root.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        raw = path.read_bytes()
        if path.suffix == ".parquet":
            raw += str(pq.read_table(path).to_pydict()).encode()
        if path.suffix == ".xlsx":
            raw += b"".join(_inflate(raw))
        if secret.encode() in raw:
            found.append(str(path.relative_to(root)))
    return found


def _inflate(raw: bytes) -> list[bytes]:
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return [book.read(n) for n in book.namelist()]
    except (zipfile.BadZipFile, zlib.error):
        return []


def with_secret_then_without(tiny: Tiny) -> tuple[str, str]:
    """Two published versions; only the first holds the secret, as a key and as a private note."""
    loose = visits_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    tiny.schema(loose)
    tiny.rows("visits", VISITS + f"{SECRET},sur,2023,3,internal: {SECRET}\n")
    publish(tiny)
    first = pins(tiny)["visits"]
    tiny.rows("visits", VISITS)
    publish(tiny)
    return first, pins(tiny)["visits"]


def do(tiny: Tiny, version: str | None) -> None:
    project = tiny.load()
    withdraw(project, "visits", version, "Contenía un dato personal.", NOW)
    edition = current_edition(project.store)
    if edition:
        publish_portal(project, edition)


def test_before_withdrawal_the_search_does_find_the_bytes(tiny: Tiny) -> None:
    with_secret_then_without(tiny)
    assert len(holders(tiny.load().store.root, SECRET)) > 5


def test_after_withdrawal_no_byte_of_the_store_holds_it(tiny: Tiny) -> None:
    first, second = with_secret_then_without(tiny)
    do(tiny, first)
    project = tiny.load()
    assert holders(project.store.root, SECRET) == []
    assert {p.name for p in project.store.release("visits", first).iterdir()} == {"tombstone.json"}
    assert pins(tiny)["visits"] == second
    assert verify_store(project.store) == []
    assert verify_portal(project) == []


def test_withdrawing_the_current_version_shows_the_one_before(tiny: Tiny) -> None:
    publish(tiny)
    first = pins(tiny)["visits"]
    tiny.rows("visits", VISITS + f"v-9,sur,2023,3,{SECRET}\nv-10,sur,2023,4,x\n")
    publish(tiny)
    second = pins(tiny)["visits"]
    do(tiny, second)
    assert pins(tiny)["visits"] == first
    assert holders(tiny.load().store.root, SECRET) == []


def test_what_was_withdrawn_is_not_published_again(tiny: Tiny) -> None:
    publish(tiny)
    first = pins(tiny)["visits"]
    tiny.rows("visits", VISITS + f"{SECRET},sur,2023,3,x\n")
    publish(tiny)
    do(tiny, pins(tiny)["visits"])
    line = publish(tiny)
    assert results(line)["visits"] in ("held", "failed")
    assert pins(tiny)["visits"] == first


def test_withdrawing_all_versions_takes_the_dataset_off_the_portal(tiny: Tiny) -> None:
    with_secret_then_without(tiny)
    do(tiny, None)
    assert "visits" not in pins(tiny)
    assert read_index(tiny.load().store, "visits").current is None


def test_a_withdrawal_that_died_is_finished_by_the_next_one(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    first, _second = with_secret_then_without(tiny)
    monkeypatch.setattr(sys.modules["pipelines.release.withdraw"], "_erase", die)
    with pytest.raises(KeyboardInterrupt):
        do(tiny, first)
    monkeypatch.undo()
    do(tiny, first)
    assert holders(tiny.load().store.root, SECRET) == []


def test_versions_with_the_same_rows_are_withdrawn_together(tiny: Tiny) -> None:
    tiny.rows("visits", VISITS + f"{SECRET},sur,2023,3,x\n")
    publish(tiny)
    first = pins(tiny)["visits"]
    tiny.schema({**visits_file(), "titles": {"es": "Visitas", "en": "Visits"}})
    publish(tiny)
    do(tiny, first)
    assert "visits" not in pins(tiny)
    assert holders(tiny.load().store.root, SECRET) == []


def test_an_id_that_went_is_not_told_by_the_next_release(tiny: Tiny) -> None:
    loose = visits_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    loose["resources"][0]["minted"] = True  # type: ignore[index]
    tiny.schema(loose)
    tiny.rows("visits", VISITS + f"{SECRET},sur,2023,3,x\n")
    publish(tiny)
    first = pins(tiny)["visits"]
    tiny.rows("visits", VISITS)
    from tests.release.test_editions import waiver

    decide(tiny.load().store, waiver("id-gone"))
    publish(tiny)
    assert pins(tiny)["visits"] != first
    assert holders(tiny.load().store.root / "releases" / "visits" / pins(tiny)["visits"], SECRET) != []
    do(tiny, first)
    project = tiny.load()
    assert holders(project.store.root, SECRET) == []
    assert verify_store(project.store) == []
    assert verify_portal(project) == []


def test_the_record_of_a_run_says_why_without_the_value(tiny: Tiny) -> None:
    tiny.rows("visits", VISITS + f"v-9,{SECRET},2023,3,x\n")
    line = publish(tiny)
    assert results(line)["visits"] == "held"
    record = tiny.load().store.runs / line.run_id / "run.json"
    assert SECRET not in record.read_text(encoding="utf-8")


def test_a_withdrawal_that_breaks_keys_says_so(tiny: Tiny) -> None:
    from tests.release.test_editions import NEW_PLACE, NEW_VISIT

    publish(tiny)
    tiny.rows("places", NEW_PLACE)
    tiny.rows("visits", NEW_VISIT)
    publish(tiny)
    done = withdraw(tiny.load(), "places", pins(tiny)["places"], "No debía ser público.", NOW)
    assert any("norte" in text.es for text in done.kept)


def test_a_withdrawal_that_dies_is_finished_by_the_next_publication(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    for step in ("_remove_parts", "_scrub_around", "publish_indexes", "_scrub_successors", "_erase"):
        tiny.rows("visits", VISITS + f"{SECRET}-{step},sur,2023,3,x\nv-{step},sur,2023,4,x\n")
        loose = visits_file()
        loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
        tiny.schema(loose)
        publish(tiny)
        bad = pins(tiny)["visits"]
        with monkeypatch.context() as patched:
            patched.setattr(sys.modules["pipelines.release.withdraw"], step, die)
            with pytest.raises(KeyboardInterrupt):
                do(tiny, bad)
        tiny.rows("visits", VISITS + f"v-{step},sur,2023,5,x\n")
        publish(tiny)
        assert pins(tiny)["visits"] != bad
        assert holders(tiny.load().store.root, f"{SECRET}-{step}") == [], step
        assert verify_store(tiny.load().store) == []


def test_prune_clears_what_was_quarantined_and_held_long_ago(tiny: Tiny) -> None:
    publish(tiny)
    tiny.rows("visits", VISITS.replace(",12,", ",doce,"))
    publish(tiny)
    project = tiny.load()
    assert list(project.store.quarantine.rglob("*.jsonl")) and list(project.store.held.rglob("*.jsonl"))
    prune(project, NOW + timedelta(days=100), dry_run=False)
    assert not list(project.store.quarantine.rglob("*.jsonl")) and not list(project.store.held.rglob("*.jsonl"))


def test_prune_keeps_current_cited_and_latest_versions(tiny: Tiny) -> None:
    cited = visits_file()
    versions = []
    for n in range(5):
        tiny.rows("visits", VISITS + f"x-{n},sur,2023,{n},x\n")
        cited["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
        tiny.schema({**cited, "cited": versions[:1]})
        publish(tiny)
        versions.append(pins(tiny)["visits"])
    project = tiny.load(keep_versions=1, keep_version_days=1)
    later = NOW + timedelta(days=40)
    assert [f.name for f in prune(project, later, dry_run=True).folders if "visits" in str(f)] == versions[1:4]
    prune(project, later, dry_run=False)
    assert [v.version for v in read_index(project.store, "visits").versions] == [versions[0], versions[4]]
    assert verify_store(project.store) == []


def test_verify_finds_a_changed_a_missing_and_a_foreign_file(tiny: Tiny) -> None:
    publish(tiny)
    store = tiny.load().store
    folder = store.release("visits", pins(tiny)["visits"])
    (folder / "visits.csv").write_bytes(b"x")
    (folder / "CHANGES.md").unlink()
    (folder / "stray.txt").write_text("x")
    found = {(f.part or "").rpartition("/")[2]: f.params["reason"] for f in verify_store(store)}
    assert found == {"visits.csv": "changed", "CHANGES.md": "missing", "stray.txt": "foreign"}


def test_a_release_folder_that_no_index_names_is_removed(tiny: Tiny) -> None:
    publish(tiny)
    store = tiny.load().store
    stray = store.release("visits", "2020-01-01.1")
    stray.mkdir()
    assert recover(store)
    assert not stray.exists()
    assert not recover(store)
