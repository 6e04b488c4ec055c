"""A dataset: rows of several sources in one order, and nothing guessed, dropped or written without need."""

import json
import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tidy_builders import Workshop, make_dataset, make_field, make_resource, make_snapshot, make_source, raw_table

from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.records import Input
from pipelines.contracts.tables import empty_table
from pipelines.contracts.text import Text
from pipelines.contracts.vocab import Vocabularies
from pipelines.tidy import dataset as tidy_module

ID = make_field("id")
FIGURES = make_resource(ID, make_field("value", type="integer"), make_field("date", edtf=True))


def quarantined(workshop, source="office", table="things"):
    path = workshop.store.quarantine / source / f"{source}-0001" / f"{table}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else None


def test_a_table_has_the_declared_columns_in_order_and_in_their_types(workshop):
    table = workshop.things(FIGURES, [{"date": "2022-02", "id": "a", "value": "15"}]).tables["things"]
    assert list(table.columns) == ["id", "value", "date", "date_from", "date_to", "_source", "_part", "_line"]
    assert table.dtypes.to_dict() == empty_table(FIGURES).dtypes.to_dict()
    assert [str(v) for v in table.iloc[0]] == [
        "a", "15", "2022-02", "2022-02-01", "2022-02-28", "office", "sources/office/things.csv", "2",
    ]  # fmt: skip


def test_a_column_that_no_source_has_is_there_and_empty(workshop):
    table = workshop.things(FIGURES, [{"id": "a", "value": "1"}]).tables["things"]
    assert table["date"].isna().all()
    assert table["date_from"].isna().all()
    assert table.dtypes.to_dict() == empty_table(FIGURES).dtypes.to_dict()


def test_a_value_that_cannot_be_read_is_missing_in_the_table_raw_in_quarantine_and_an_error(workshop):
    rows = [{"id": "a", "value": "1", "date": "2020"}, {"id": "b", "value": " 1.100\u00a0", "date": "04/07/2022"}]
    tidied = workshop.things(FIGURES, rows)
    row = tidied.tables["things"].iloc[1]
    assert pd.isna(row["value"]) and pd.isna(row["date"]) and pd.isna(row["date_from"])
    assert quarantined(workshop) == [
        {
            "part": "sources/office/things.csv",
            "row": 3,
            "field": "date",
            "value": "04/07/2022",
            "code": "date-order-unknown",
        },
        {
            "part": "sources/office/things.csv",
            "row": 3,
            "field": "value",
            "value": " 1.100\u00a0",
            "code": "number-ambiguous",
        },
    ]
    assert [
        (f.code, f.severity, f.source, f.part, f.dataset, f.table, f.row, f.field, f.value) for f in tidied.findings
    ] == [
        (code, "error", "office", "sources/office/things.csv", "things", "things", 3, field, value)
        for code, field, value in (
            ("number-ambiguous", "value", " 1.100\u00a0"),
            ("date-order-unknown", "date", "04/07/2022"),
        )
    ]


def test_a_finding_about_a_private_column_does_not_show_its_value(workshop):
    resource = make_resource(ID, make_field("age", type="integer", privacy="private"))
    tidied = workshop.things(resource, [{"id": "a", "age": "secret"}])
    assert [f.code for f in tidied.findings] == ["number-unreadable"]
    assert "secret" not in json.dumps([f.as_row() for f in tidied.findings])
    assert quarantined(workshop)[0]["value"] == "secret"


def test_a_long_value_is_shown_in_part_and_kept_whole(workshop):
    tidied = workshop.things(make_resource(ID, make_field("n", type="number")), [{"id": "a", "n": "x" * 5000}])
    assert len(tidied.findings[0].value) < 250
    assert quarantined(workshop)[0]["value"] == "x" * 5000


def test_the_same_values_leave_the_quarantine_untouched(workshop):
    rows = [{"id": "a", "value": "uno", "date": ""}]
    workshop.things(FIGURES, rows)
    path = next(workshop.store.quarantine.rglob("*.jsonl"))
    before = path.stat()
    workshop.things(FIGURES, rows)
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_quarantine_is_gone_once_everything_can_be_read(workshop):
    rows = [{"id": "a", "value": "1.100", "date": ""}]
    workshop.things(FIGURES, rows)
    assert len(quarantined(workshop)) == 1
    tidied = workshop.things(FIGURES, rows, dialect={"decimal": ","})
    assert tidied.findings == []
    assert tidied.tables["things"]["value"].tolist() == [1100]
    assert quarantined(workshop) is None


def test_nothing_is_written_where_everything_can_be_read(workshop):
    workshop.things(FIGURES, [{"id": "a", "value": "1", "date": ""}])
    assert not workshop.store.root.exists()


def test_findings_beyond_the_limit_are_counted_and_their_values_all_kept(workshop):
    workshop.max_findings = 3
    tidied = workshop.things(FIGURES, [{"id": str(n), "value": f"x{n}", "date": ""} for n in range(10)])
    assert [f.code for f in tidied.findings] == ["number-unreadable"] * 3 + ["tidy-more"]
    assert tidied.findings[-1].params == {"kind": "number-unreadable", "count": "7"}
    assert tidied.findings[-1].severity == "error"
    assert len(quarantined(workshop)) == 10


def two_sources(workshop, first, second):
    one, two = make_source(source="alpha"), make_source(source="beta")
    workshop.raw["alpha", "things"] = raw_table(first, "alpha", "sources/alpha/things.csv")
    workshop.raw["beta", "things"] = raw_table(second, "beta", "sources/beta/things.csv")
    return make_dataset(make_resource(ID, make_field("name"))), one, two


def test_rows_of_several_sources_stand_in_one_table_and_keep_their_source(workshop):
    dataset, *sources = two_sources(
        workshop, [{"id": "c", "name": "1"}, {"id": "a", "name": "2"}], [{"id": "b", "name": "3"}]
    )
    table = workshop.tidy(dataset, *sources).tables["things"]
    assert table[["id", "_source", "_line"]].values.tolist() == [["a", "alpha", 3], ["b", "beta", 2], ["c", "alpha", 2]]


def test_rows_with_one_key_from_two_sources_both_stay(workshop):
    dataset, *sources = two_sources(workshop, [{"id": "a", "name": "z"}], [{"id": "a", "name": "y"}])
    table = workshop.tidy(dataset, *sources).tables["things"]
    assert table[["id", "name"]].values.tolist() == [["a", "y"], ["a", "z"]]


def test_one_source_may_feed_one_table_from_two_parts(workshop, monkeypatch):
    source = make_source({"table": "things", "part": "one.csv"}, {"table": "things", "part": "two.csv"})
    parts = {p: raw_table([{"id": p[0], "value": "x", "date": ""}], part=p) for p in ("one.csv", "two.csv")}
    monkeypatch.setattr(tidy_module, "read_feed", lambda project, source, feed, snapshot: parts[feed.part])
    tidied = workshop.tidy(make_dataset(FIGURES), source)
    assert tidied.tables["things"]["id"].tolist() == ["o", "t"]
    assert [line["part"] for line in quarantined(workshop)] == ["one.csv", "two.csv"]
    assert [i.part for i in tidied.inputs] == ["one.csv", "two.csv"]


def test_rows_without_a_key_stand_last(workshop):
    table = workshop.things(FIGURES, [{"id": i, "value": "1", "date": ""} for i in ("b", "", "a")]).tables["things"]
    assert table["id"].tolist() == ["a", "b", pd.NA]


def test_a_key_of_numbers_is_sorted_as_numbers(workshop):
    resource = make_resource(make_field("id", type="integer"))
    table = workshop.things(resource, [{"id": i} for i in ("10", "9", "1100")]).tables["things"]
    assert table["id"].tolist() == [9, 10, 1100]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["a", "b", "ñ", "Z", ""]),
            "value": st.sampled_from(["1", "2", ""]),
            "date": st.sampled_from(["", "2020"]),
        }
    ),
    max_size=12,
)


@given(rows=ROWS, seed=st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_the_order_of_rows_in_a_file_does_not_show(workshop: Workshop, rows: list[dict[str, str]], seed: random.Random):
    shuffled = seed.sample(rows, len(rows))
    columns = [f.name for f in FIGURES.fields]
    empty = [{"id": "only", "value": "", "date": ""}]
    first, second = (workshop.things(FIGURES, r + empty).tables["things"][columns] for r in (rows, shuffled))
    pd.testing.assert_frame_equal(first, second)


def test_a_table_whose_file_has_no_rows_is_empty_and_typed(workshop):
    source = make_source()
    workshop.raw["office", "things"] = raw_table([{"id": "a", "value": "", "date": ""}]).iloc[:0]
    table = workshop.tidy(make_dataset(FIGURES), source).tables["things"]
    pd.testing.assert_frame_equal(table, empty_table(FIGURES))


def test_a_table_that_no_source_feeds_is_empty_and_typed(workshop):
    tables = workshop.tidy(make_dataset(FIGURES)).tables
    pd.testing.assert_frame_equal(tables["things"], empty_table(FIGURES))


def test_a_source_that_was_never_pulled_holds_the_dataset_and_the_others_are_read(workshop):
    dataset, one, two = two_sources(workshop, [{"id": "a", "name": "x"}], [{"id": "b", "name": "y"}])
    tidied = workshop.tidy(dataset, one, two, snapshots={"alpha": make_snapshot(one)})
    assert tidied.tables["things"]["id"].tolist() == ["a"]
    assert [(f.code, f.severity, f.source, f.table) for f in tidied.findings] == [
        ("source-without-snapshot", "error", "beta", "things")
    ]


def test_a_part_that_cannot_be_read_is_a_finding_and_the_others_are_read(workshop):
    dataset, one, two = two_sources(workshop, [{"id": "a", "name": "x"}], [])
    workshop.raw["beta", "things"] = FindingError(finding("file-unreadable", part="sources/beta/things.csv"))
    tidied = workshop.tidy(dataset, one, two)
    assert tidied.tables["things"]["id"].tolist() == ["a"]
    assert [(f.code, f.source, f.dataset, f.table) for f in tidied.findings] == [
        ("file-unreadable", "beta", "things", "things")
    ]
    assert [i.source for i in tidied.inputs] == ["alpha"]


def test_what_is_no_finding_is_not_swallowed(workshop):
    workshop.raw["office", "things"] = RuntimeError("a fault of the program")
    with pytest.raises(RuntimeError):
        workshop.tidy(make_dataset(FIGURES), make_source())


def test_inputs_are_the_parts_that_were_read_each_once_and_sorted(workshop):
    source = make_source(
        {"table": "things", "part": "members-*.csv"},
        {"table": "others", "part": "others.csv"},
        kind="folder",
        where="drop",
    )
    snapshot = make_snapshot(source).model_copy(
        update={
            "parts": [
                make_snapshot(source).parts[0].model_copy(update={"name": name, "sha256": f"hash of {name}"})
                for name in ("members-b.csv", "members-a.csv", "others.csv", "unread.csv")
            ]
        }
    )
    workshop.raw["office", "things"] = raw_table([{"id": "a", "value": "", "date": ""}])
    workshop.raw["office", "others"] = raw_table([{"id": "a"}])
    dataset = make_dataset(FIGURES, make_resource(ID, name="others"))
    tidied = workshop.tidy(dataset, source, snapshots={"office": snapshot})
    assert tidied.inputs == [
        Input(source="office", snapshot="office-0001", part=name, sha256=f"hash of {name}")
        for name in ("members-a.csv", "members-b.csv", "others.csv")
    ]


def test_a_code_of_the_vocabulary_needs_no_entry_in_the_map(workshop):
    workshop.vocabularies = Vocabularies({"status": {"active": Text(es="Activo", en="Active")}})
    resource = make_resource(ID, make_field("status", vocabulary="status"))
    rows = [{"id": i, "status": s} for i, s in (("a", "active"), ("b", "Terminado"), ("c", "¿?"))]
    tidied = workshop.things(resource, rows, codes={"status": {"Terminado": "ended"}})
    assert tidied.tables["things"]["status"].tolist() == ["active", "ended", pd.NA]
    assert [(f.code, f.value) for f in tidied.findings] == [("code-unmapped", "¿?")]
