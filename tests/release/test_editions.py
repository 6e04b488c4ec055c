"""Editions hold together: who is held, who waits, and what is served meanwhile."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.contracts.findings import FindingError
from pipelines.contracts.records import Decision
from pipelines.line import Line
from pipelines.release import current_edition, decide, read_index, rollback, settle
from tests.release.test_release import run
from tests.tiny import PLACES, VISITS, Tiny, places_file, visits_file

NEW_PLACE = PLACES + "norte,Distrito Norte,district\n"
NEW_VISIT = VISITS + "v-4,norte,2023,3,internal: d\n"


def results(line: Line) -> dict[str, str]:
    return {r.dataset: r.result for r in line.record().datasets}


def codes(line: Line, dataset: str) -> set[str]:
    return {f.code for f in line.findings if f.dataset == dataset and f.severity == "error"}


def pins(tiny: Tiny) -> dict[str, str]:
    edition = current_edition(tiny.load().store)
    return edition.pins if edition else {}


def test_the_first_edition_pins_one_version_of_each_dataset(tiny: Tiny) -> None:
    run(tiny)
    assert set(pins(tiny)) == {"places", "visits"}


def test_rows_that_name_each_other_are_released_together(tiny: Tiny) -> None:
    run(tiny)
    tiny.rows("places", NEW_PLACE)
    tiny.rows("visits", NEW_VISIT)
    assert results(run(tiny)) == {"places": "released", "visits": "released"}


def test_a_row_that_names_nothing_holds_its_dataset_and_no_other(tiny: Tiny) -> None:
    run(tiny)
    before = pins(tiny)
    tiny.rows("places", NEW_PLACE.replace("norte", "este"))
    tiny.rows("visits", NEW_VISIT)
    line = run(tiny)
    assert results(line) == {"places": "released", "visits": "held"}
    assert "key-missing" in codes(line, "visits")
    assert pins(tiny)["visits"] == before["visits"]
    assert line.exit_code == 3


def test_a_dataset_that_needs_rows_of_a_held_one_waits_and_says_so(tiny: Tiny) -> None:
    run(tiny)
    before = pins(tiny)
    tiny.rows("places", NEW_PLACE.replace("Distrito Norte,district", "Norte,planet"))
    tiny.rows("visits", NEW_VISIT)
    line = run(tiny)
    assert results(line) == {"places": "held", "visits": "held"}
    assert "needs-held" in codes(line, "visits")
    assert pins(tiny) == before


def test_a_waiting_dataset_is_released_by_the_next_run(tiny: Tiny) -> None:
    run(tiny)
    tiny.rows("places", NEW_PLACE.replace("Distrito Norte,district", "Norte,planet"))
    tiny.rows("visits", NEW_VISIT)
    run(tiny)
    tiny.rows("places", NEW_PLACE)
    assert results(run(tiny)) == {"places": "released", "visits": "released"}


def test_a_release_that_would_break_a_standing_one_is_held(tiny: Tiny) -> None:
    run(tiny)
    loose = places_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    loose["retired"] = [{"table": "places", "id": "retiro", "reason": {"es": "Ya no está.", "en": "It is gone."}}]
    tiny.schema(loose)
    tiny.rows("places", PLACES.replace("retiro,Distrito de Retiro,district\n", ""))
    tiny.rows("visits", VISITS.replace("v-2,retiro,2022,7", "v-2,retiro,2022,siete"))
    line = run(tiny)
    assert results(line) == {"places": "held", "visits": "held"}
    assert "needed-by" in codes(line, "places")


def test_a_dataset_file_that_cannot_be_read_holds_no_other(tiny: Tiny) -> None:
    run(tiny)
    before = pins(tiny)
    (tiny.root / "schemas" / "places.yaml").write_text("name: places\ntitles: {es: [", encoding="utf-8")
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,internal: d\n")
    line = run(tiny)
    assert results(line) == {"visits": "released"}
    assert {f.code for f in line.project.findings} == {"yaml-syntax"}
    assert pins(tiny)["places"] == before["places"]
    assert line.exit_code == 5


def test_who_drops_a_row_is_held_and_not_who_names_it(tiny: Tiny) -> None:
    run(tiny)
    loose = places_file()
    loose["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    loose["resources"][0]["minted"] = False  # type: ignore[index]
    tiny.schema(loose)
    tiny.rows("places", PLACES.replace("retiro,Distrito de Retiro,district\n", ""))
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,internal: d\n")
    line = run(tiny)
    assert results(line) == {"places": "held", "visits": "released"}
    assert [f.params["missing"] for f in line.findings if f.code == "needed-by"] == ["retiro"]


def test_a_failing_source_leaves_its_dataset_as_it_was_and_others_go_on(tiny: Tiny) -> None:
    run(tiny)
    before = pins(tiny)
    (tiny.root / "sources" / "diario" / "visits.csv").unlink()
    tiny.rows("places", NEW_PLACE)
    line = run(tiny)
    assert results(line) == {"places": "released", "visits": "failed"}
    assert pins(tiny)["visits"] == before["visits"]
    assert line.exit_code == 4


def test_a_held_candidate_leaves_findings_and_no_data(tiny: Tiny) -> None:
    run(tiny)
    tiny.rows("places", PLACES.replace("Distrito Centro,district", "Distrito Centro,planet"))
    run(tiny)
    store = tiny.load().store
    held = list((store.held / "places").glob("*/*"))
    assert {p.name for p in held} == {"candidate.json", "findings.jsonl"}
    assert len(read_index(store, "places").versions) == 1


def held_fingerprint(tiny: Tiny, dataset: str) -> str:
    return next((tiny.load().store.held / dataset).iterdir()).name


def approval(tiny: Tiny, expires: date, fingerprint: str) -> Decision:
    return Decision(
        kind="approval",
        id="approval-1",
        dataset="visits",
        made=datetime.now(UTC),
        role="jefatura de servicio",
        reason="Se ha comprobado con la fuente.",
        expires=expires,
        fingerprint=fingerprint,
        codes=["rows-lost"],
    )


def lose_rows(tiny: Tiny) -> None:
    loose = visits_file()
    loose["retired"] = []
    tiny.schema(loose)
    tiny.rows("visits", "visit_id,place_id,date,people,note\nv-1,centro,2022-03-02,12,x\n")


def test_an_approval_lets_exactly_that_candidate_through_and_is_kept_with_it(tiny: Tiny) -> None:
    from pipelines.release import read_release

    run(tiny)
    lose_rows(tiny)
    assert codes(run(tiny), "visits") == {"rows-lost"}
    today = datetime.now(UTC).date()
    decide(tiny.load().store, approval(tiny, today, held_fingerprint(tiny, "visits")))
    line = run(tiny)
    assert results(line)["visits"] == "released"
    release = read_release(tiny.load().store, "visits", line.result("visits").version or "")
    assert [d.id for d in release.decisions] == ["approval-1"]


@pytest.mark.parametrize("days,fingerprint", [(-2, None), (1, "0" * 64)])
def test_an_approval_that_ended_or_names_another_candidate_lets_nothing_through(
    tiny: Tiny, days: int, fingerprint: str | None
) -> None:
    run(tiny)
    lose_rows(tiny)
    run(tiny)
    day = datetime.now(UTC).date() + timedelta(days=days)
    decide(tiny.load().store, approval(tiny, day, fingerprint or held_fingerprint(tiny, "visits")))
    assert results(run(tiny))["visits"] == "held"


def waiver(code: str, **where: str) -> Decision:
    day = datetime.now(UTC).date() + timedelta(days=9)
    more = {"id": "waiver-1", "dataset": "visits", "role": "jefatura", "reason": "Se tolera.", "codes": [code]}
    return Decision.model_validate({"kind": "waiver", "made": datetime.now(UTC), "expires": day, **more, **where})


def test_a_waiver_of_another_column_lets_nothing_through(tiny: Tiny) -> None:
    run(tiny)
    lose_rows(tiny)
    decide(tiny.load().store, waiver("rows-lost", table="places"))
    assert results(run(tiny))["visits"] == "held"
    decide(tiny.load().store, waiver("rows-lost", table="visits"))
    assert results(run(tiny))["visits"] == "released"


def test_no_decision_lets_personal_data_through(tiny: Tiny) -> None:
    run(tiny)
    tiny.rows("places", PLACES.replace("Distrito Centro", "Distrito Centro 12345678Z"))
    found = codes(run(tiny), "places")
    assert found
    for code in found:
        decide(tiny.load().store, waiver(code).model_copy(update={"dataset": "places"}))
    assert results(run(tiny))["places"] == "held"


def test_an_incompatible_schema_waits_for_its_announcement(tiny: Tiny) -> None:
    run(tiny)
    smaller = visits_file()
    smaller["resources"][0]["schema"]["fields"][3]["type"] = "string"  # type: ignore[index]
    smaller["resources"][0]["schema"]["fields"][3]["constraints"] = {}  # type: ignore[index]
    tiny.schema(smaller)
    line = run(tiny)
    assert "schema-major" in codes(line, "visits")
    announcement = {"kind": "announcement", "change": "schema-major", "codes": []}
    decide(tiny.load().store, waiver("schema-major").model_copy(update=announcement))
    line = run(tiny)
    assert results(line)["visits"] == "released"
    assert read_index(tiny.load().store, "visits").versions[-1].schema_version == "2.0.0"


def test_rolling_back_chooses_an_older_release_and_lasts(tiny: Tiny) -> None:
    run(tiny)
    first = pins(tiny)["visits"]
    tiny.rows("visits", VISITS + "v-4,sur,2023,3,internal: d\n")
    run(tiny)
    rollback(tiny.load(), "visits", first, datetime.now(UTC))
    assert pins(tiny)["visits"] == first
    line = run(tiny)
    assert results(line)["visits"] == "held"
    assert codes(line, "visits") == {"rolled-back"}
    assert pins(tiny)["visits"] == first


def test_a_rollback_that_would_break_keys_is_refused(tiny: Tiny) -> None:
    run(tiny)
    first = pins(tiny)
    tiny.rows("places", NEW_PLACE)
    tiny.rows("visits", NEW_VISIT)
    run(tiny)
    second = pins(tiny)
    with pytest.raises(FindingError, match="key-missing"):
        rollback(tiny.load(), "places", first["places"], datetime.now(UTC))
    assert pins(tiny) == second


def test_another_uri_base_is_refused_until_announced(tiny: Tiny) -> None:
    run(tiny)
    path = tiny.root / "schemas" / "catalogue.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("datos.ciudad.example", "otra.example"), encoding="utf-8")
    with pytest.raises(FindingError, match="identity-changed"):
        run(tiny)
    announcement = {"kind": "announcement", "change": "identity", "codes": [], "dataset": "catalogue"}
    decide(tiny.load().store, waiver("identity-changed").model_copy(update=announcement))
    assert results(run(tiny)) == {"places": "released", "visits": "released"}


def test_settling_nothing_changes_nothing(tiny: Tiny) -> None:
    settle(tiny.load(), {})


@pytest.mark.parametrize("changed", [True, False], ids=["new rows", "nothing new"])
@pytest.mark.parametrize("file", ["release.json", "visits.parquet"])
def test_a_damaged_release_fails_its_dataset_and_no_other(tiny: Tiny, file: str, changed: bool) -> None:
    run(tiny)
    store = tiny.load().store
    (store.release("visits", pins(tiny)["visits"]) / file).write_bytes(b"x")
    if changed:
        tiny.rows("visits", VISITS + "v-4,sur,2023,3,internal: d\n")
    tiny.rows("places", NEW_PLACE)
    line = run(tiny)
    assert results(line) == {"places": "released", "visits": "failed"}
    assert "release-damaged" in codes(line, "visits")
    assert line.exit_code == 4
