"""What a release is: its files, its bytes, its versions, and when none is due."""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from pipelines.contracts.store import RELEASE_FORMAT, Store
from pipelines.line import Line
from pipelines.release import build, fingerprint, read_index, read_release, release_tables
from tests.tiny import PLACES, VISITS, Tiny, column, dataset, places_file, table, visits_file

EXPECTED = {
    "CHANGES.md",
    "datapackage.json",
    "citation.bib",
    "citation.json",
    "citation.ris",
    "citation.txt",
    "csvw.json",
    "delta.jsonl",
    "findings.jsonl",
    "metadata.json",
    "quality.json",
    "release.json",
    "visits.csv",
    "visits.jsonl",
    "visits.schema.json",
    "visits.parquet",
    "visits.xlsx",
}


def run(tiny: Tiny, command: str = "release", **settings: object) -> Line:
    """One run up to the releases."""
    with Line(tiny.load(**settings), command) as line:
        line.release()
    return line


def folder(tiny: Tiny, name: str) -> Path:
    """The folder of the current release of a dataset."""
    store = tiny.load().store
    current = read_index(store, name).current
    assert current
    return store.release(name, current)


def snapshot(store: Store) -> dict[str, tuple[bytes, int]]:
    """Every file under releases, with its bytes and its time."""
    return {
        str(p.relative_to(store.root)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(store.releases.rglob("*"))
        if p.is_file()
    }


def test_a_release_folder_holds_exactly_these_files(tiny: Tiny) -> None:
    run(tiny)
    assert {p.name for p in folder(tiny, "visits").iterdir()} == EXPECTED


def test_a_private_column_is_in_no_byte_of_a_release(tiny: Tiny) -> None:
    run(tiny)
    for path in folder(tiny, "visits").iterdir():
        assert b"internal" not in path.read_bytes(), path.name
        assert path.name == "citation.json" or path.suffix == ".parquet" or b'"note"' not in path.read_bytes(), (
            path.name
        )
    names = pq.read_table(folder(tiny, "visits") / "visits.parquet").schema.names
    assert names == ["visit_id", "place_id", "date", "date_from", "date_to", "people"]
    sheet = load_workbook(folder(tiny, "visits") / "visits.xlsx")["visits"]
    assert "note" not in [c.value for c in sheet[1]]


def test_csv_is_rfc_4180_in_utf_8(tiny: Tiny) -> None:
    run(tiny)
    raw = (folder(tiny, "visits") / "visits.csv").read_bytes()
    assert raw.decode().split("\r\n") == [
        "visit_id,place_id,date,date_from,date_to,people",
        "v-1,centro,2022-03-02,2022-03-02,2022-03-02,12",
        "v-2,retiro,2022,2022-01-01,2022-12-31,7",
        "v-3,centro,2022-07-04/..,2022-07-04,,",
        "",
    ]


def test_nothing_is_released_when_nothing_changed(tiny: Tiny) -> None:
    run(tiny)
    before = snapshot(tiny.load().store)
    second = run(tiny)
    assert snapshot(tiny.load().store) == before
    assert {r.result for r in second.record().datasets} == {"unchanged"}


def test_a_comment_in_a_dataset_file_makes_no_release(tiny: Tiny) -> None:
    run(tiny)
    path = tiny.root / "schemas" / "visits.yaml"
    path.write_text("# a remark\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert run(tiny).result("visits").result == "unchanged"


def test_a_new_threshold_makes_no_release(tiny: Tiny) -> None:
    run(tiny)
    changed = places_file()
    changed["resources"][0]["rules"] = [{"rule": "row_count", "min": 2}]  # type: ignore[index]
    tiny.schema(changed)
    assert run(tiny).result("places").result == "unchanged"


def test_a_new_title_makes_a_release_whose_data_are_the_old(tiny: Tiny) -> None:
    run(tiny)
    tiny.schema({**places_file(), "titles": {"es": "Sitios", "en": "Places"}})
    line = run(tiny)
    assert line.result("places").result == "released"
    assert line.result("visits").result == "unchanged"
    release = read_release(tiny.load().store, "places", line.result("places").version or "")
    assert release.data_changed < release.published
    assert release.metadata_changed == release.published
    assert "Las filas son las mismas" in (folder(tiny, "places") / "CHANGES.md").read_text(encoding="utf-8")


def test_another_format_makes_one_release_that_says_so(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for module in (build, fingerprint):
            patch.setattr(module, "RELEASE_FORMAT", RELEASE_FORMAT - 1)
        run(tiny)
    line = run(tiny)
    assert [line.result(d).result for d in ("places", "visits")] == ["released", "released"]
    said = (folder(tiny, "places") / "CHANGES.md").read_text(encoding="utf-8")
    rewritten = f"- Los ficheros se escriben de otra forma que antes (formato {RELEASE_FORMAT}).\n"
    assert f"- Las filas son las mismas.\n{rewritten}" in said
    assert "The rows are the same.\n- The files are written in another way than before" in said
    assert run(tiny).result("places").result == "unchanged"


def test_the_delta_tells_added_changed_and_removed_rows_by_key(tiny: Tiny) -> None:
    run(tiny)
    rows = VISITS.replace("v-2,retiro,2022,7", "v-2,retiro,2022,8").replace(
        "v-3,centro,2022-07-04/..,,internal: c\n", ""
    )
    tiny.rows("visits", rows + "v-4,centro,2023,1,internal\n")
    changed = visits_file()
    changed["resources"][0]["change"] = {"rows_lost_error": 1.0}  # type: ignore[index]
    tiny.schema(changed)
    run(tiny)
    lines = [json.loads(x) for x in (folder(tiny, "visits") / "delta.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(x["change"], x["key"]["visit_id"]) for x in lines] == [
        ("changed", "v-2"),
        ("added", "v-4"),
        ("removed", "v-3"),
    ]
    assert lines[0]["row"]["people"] == 8
    assert "row" not in lines[2]


def test_versions_count_within_the_day_in_madrid(tiny: Tiny) -> None:
    run(tiny)
    tiny.rows("visits", VISITS + "v-4,centro,2023,1,internal\n")
    run(tiny)
    versions = [v.version for v in read_index(tiny.load().store, "visits").versions]
    assert [v.rpartition(".")[2] for v in versions] == ["1", "2"]
    assert read_release(tiny.load().store, "visits", versions[1]).predecessor == versions[0]


def test_the_same_release_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from tests.tiny import make_tiny

    written = []
    for name in ("one", "two"):
        tiny = make_tiny(tmp_path / name)
        with Line(tiny.load(), "release") as line:
            line.started = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
            line.release()
        written.append({p.name: p.read_bytes() for p in folder(tiny, "visits").iterdir()})
    assert written[0] == written[1]


def test_parquet_gives_back_the_tables_with_their_types(tiny: Tiny) -> None:
    run(tiny)
    store = tiny.load().store
    tables = release_tables(store, "visits", read_index(store, "visits").current or "")
    frame = tables["visits"]
    assert frame["people"].tolist() == [12, 7, pd.NA]
    assert str(frame["people"].dtype) == "Int64"
    assert [str(d) for d in frame["date_to"].dropna()] == ["2022-03-02", "2022-12-31"]


def test_no_formula_and_no_lost_zero_in_the_workbook(tiny: Tiny) -> None:
    fields = [column("place_id"), column("name_es"), column("size", type="number"), column("code", type="integer")]
    tiny.schema(dataset("places", table("places", ["place_id"], fields)))
    tiny.rows(
        "places", "place_id,name_es,size,code\n007,https://a.example,1.5,9007199254740993\ncentro,-1,2,3\nretiro,x,,\n"
    )
    run(tiny)
    sheet = load_workbook(folder(tiny, "places") / "places.xlsx")["places"]
    cells = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    assert cells[0] == ["007", "https://a.example", 1.5, "9007199254740993"]
    assert cells[1][1] == "-1"
    assert {c.data_type for row in sheet.iter_rows() for c in row} <= {"s", "n"}
    assert sheet["B2"].hyperlink is None


def test_the_workbook_says_what_it_does_not_cover(tiny: Tiny) -> None:
    run(tiny)
    book = load_workbook(folder(tiny, "visits") / "visits.xlsx")
    assert book.sheetnames == ["visits", "about-columns", "about-codes", "about-coverage"]
    rows = [[c.value for c in row] for row in book["about-coverage"].iter_rows()]
    assert rows[1][1] == "named-sample"
    assert "Solo los nombrados." in rows[1]
    assert rows[2][1] == "describes-until"
    assert rows[2][4] == "2022-12-31"


def test_codes_are_labelled_in_both_languages_in_the_workbook(tiny: Tiny) -> None:
    run(tiny)
    codes = load_workbook(folder(tiny, "places") / "places.xlsx")["about-codes"]
    assert [[c.value for c in row] for row in codes.iter_rows(min_row=2)] == [
        ["kind", "district", "Distrito", "District"],
        ["kind", "estate", "Polígono", "Estate"],
    ]


def test_a_table_without_rows_is_released_with_its_columns(tiny: Tiny) -> None:
    tiny.rows("visits", "visit_id,place_id,date,people,note\n")
    assert run(tiny).result("visits").result == "released"
    assert (
        folder(tiny, "visits") / "visits.csv"
    ).read_bytes() == b"visit_id,place_id,date,date_from,date_to,people\r\n"
    assert pq.read_table(folder(tiny, "visits") / "visits.parquet").num_rows == 0


def test_release_json_holds_the_hash_of_every_file_and_input(tiny: Tiny) -> None:
    from pipelines.contracts.files import hash_file

    run(tiny)
    here = folder(tiny, "places")
    release = read_release(tiny.load().store, "places", here.name)
    assert {f.file for f in release.files} == {p.name for p in here.iterdir()} - {"release.json"}
    assert all(hash_file(here / f.file) == f.sha256 for f in release.files)
    assert [(i.source, i.part) for i in release.inputs] == [("registro", "sources/registro/places.csv")]
    assert PLACES.count("\n") - 1 == release.rows["places"]


@pytest.mark.parametrize("value", [15.0, 11.83, 7.5e11, -0.5, 1e22])
def test_a_number_has_one_text_that_reads_back_the_same(value: float) -> None:
    from pipelines.contracts.tables import number_text

    assert float(number_text(value)) == value
    assert not number_text(value).endswith(".0")
