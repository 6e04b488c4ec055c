"""What is known to be unchanged is not read again; whatever could change it makes it read again."""

from pathlib import Path

import pytest

from pipelines.line import Line
from tests.tiny import PLACES, VISITS, Tiny, places_file, visits_file


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The datasets that were tidied, in order."""
    import pipelines.line as module

    tidied: list[str] = []
    real = module.tidy_dataset

    def count(project, dataset, snapshots):  # type: ignore[no-untyped-def]
        tidied.append(dataset.name)
        return real(project, dataset, snapshots)

    monkeypatch.setattr(module, "tidy_dataset", count)
    return tidied


def run(tiny: Tiny, afresh: bool = False, **settings: object) -> dict[str, str]:
    with Line(tiny.load(**settings), "release", afresh=afresh) as line:
        line.release()
    return {r.dataset: r.result for r in line.record().datasets}


def test_nothing_is_tidied_when_nothing_changed(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    counted.clear()
    assert run(tiny) == {"places": "unchanged", "visits": "unchanged"}
    assert counted == []


def test_only_the_dataset_whose_rows_changed_is_tidied(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    counted.clear()
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,x\n")
    assert run(tiny)["visits"] == "released"
    assert counted == ["visits"]


def test_a_new_rule_is_held_against_rows_that_did_not_change(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    stricter = places_file()
    stricter["resources"][0]["rules"] = [{"rule": "row_count", "min": 9}]  # type: ignore[index]
    tiny.schema(stricter)
    assert run(tiny)["places"] == "held"


def test_a_new_list_of_protected_names_is_held_against_them_too(tiny: Tiny, tmp_path: Path) -> None:
    import hashlib

    run(tiny)
    names = tmp_path / "names.csv"
    digest = hashlib.sha256(b"distrito centro").hexdigest()
    names.write_text(f"id,sha256,words,publishable\nn-1,{digest},2,no\n", encoding="utf-8")
    assert run(tiny, personal_hashes=names)["places"] == "held"


def test_a_private_cell_that_changed_is_looked_at(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    counted.clear()
    tiny.rows("visits", VISITS.replace("internal: a", "internal: z"))
    assert run(tiny)["visits"] == "unchanged"
    assert counted == ["visits"]


def test_what_a_decision_let_through_is_looked_at_each_time(tiny: Tiny, counted: list[str]) -> None:
    from pipelines.release import decide
    from tests.release.test_editions import waiver

    stricter = places_file()
    stricter["resources"][0]["rules"] = [{"rule": "row_count", "min": 9}]  # type: ignore[index]
    tiny.schema(stricter)
    decide(tiny.load().store, waiver("rule-row-count").model_copy(update={"dataset": "places"}))
    assert run(tiny)["places"] == "released"
    for _ in range(2):
        counted.clear()
        assert run(tiny)["places"] == "unchanged"
        assert counted == ["places"]


def test_a_loss_is_told_when_it_happens_and_not_again(tiny: Tiny) -> None:
    run(tiny)
    loose = visits_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    tiny.schema(loose)
    tiny.rows("visits", VISITS.split("v-3", 1)[0])
    told = []
    for _ in range(3):
        with Line(tiny.load(), "release") as line:
            line.release()
        told.append("rows-lost" in {f.code for f in line.findings})
    assert told == [True, False, False]


def test_a_key_over_a_private_column_is_looked_at_each_time(tiny: Tiny, counted: list[str]) -> None:
    hidden = visits_file()
    hidden["resources"][0]["schema"]["fields"][1]["privacy"] = "private"  # type: ignore[index]
    tiny.schema(hidden)
    run(tiny)
    loose = places_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    loose["resources"][0]["minted"] = False  # type: ignore[index]
    tiny.schema(loose)
    tiny.rows("places", PLACES.replace("retiro,Distrito de Retiro,district\n", ""))
    assert run(tiny) == {"places": "held", "visits": "unchanged"}


def test_check_reads_everything_afresh(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    counted.clear()
    run(tiny, afresh=True)
    assert sorted(counted) == ["places", "visits"]


def test_a_note_that_cannot_be_read_is_no_note(tiny: Tiny, counted: list[str]) -> None:
    run(tiny)
    counted.clear()
    for note in (tiny.load().store.cache / "recall").iterdir():
        note.write_text("{", encoding="utf-8")
    assert run(tiny) == {"places": "unchanged", "visits": "unchanged"}
    assert len(counted) == 2


def test_warnings_are_told_again_though_nothing_is_read_again(tiny: Tiny) -> None:
    lost = places_file()
    lost["resources"][0]["rules"] = [{"rule": "row_count", "min": 9, "severity": "warning"}]  # type: ignore[index]
    tiny.schema(lost)
    for _ in range(3):
        with Line(tiny.load(), "release") as line:
            line.release()
        assert "rule-row-count" in {f.code for f in line.findings if f.dataset == "places"}
