"""Columns: which of theirs is which of ours, and which rows are taken."""

import pytest
from tidy_builders import make_field, make_resource, raw_table

from pipelines.contracts.source import Feed
from pipelines.tidy.columns import map_columns

ID, NAME = make_field("id"), make_field("name")
THINGS = make_resource(ID, NAME)
END = {"dataset": "others", "resource": "others", "fields": ["id"]}


def mapped(rows, resource=THINGS, **feed):
    return map_columns(raw_table(rows), Feed(table="things", **feed), resource)


def found(result):
    return [(f.code, f.severity, f.field) for f in result.findings]


def test_columns_are_renamed_and_one_that_is_not_named_keeps_its_name():
    result = mapped([{"id": "a", "Nombre": "Uno"}], columns={"name": "Nombre"})
    assert result.texts[["id", "name"]].values.tolist() == [["a", "Uno"]]
    assert result.texts[["_source", "_part", "_line"]].values.tolist() == [["office", "sources/office/things.csv", 2]]
    assert result.findings == []


def test_names_of_columns_are_compared_without_what_nobody_sees():
    result = mapped([{"\ufeffid ": "a", "Descripcio\u0301n  corta": "Uno"}], columns={"name": "Descripción corta"})
    assert result.texts[["id", "name"]].values.tolist() == [["a", "Uno"]]
    assert result.findings == []


def test_a_constant_fills_every_row_and_its_column_need_not_be_in_the_file():
    result = mapped([{"id": "a"}, {"id": "b"}], constants={"name": "Uno"})
    assert result.texts["name"].tolist() == ["Uno", "Uno"]
    assert result.findings == []


def test_a_constant_wins_over_a_column_of_the_file_which_is_then_unexpected():
    result = mapped([{"id": "a", "name": "theirs"}], constants={"name": "ours"})
    assert result.texts["name"].tolist() == ["ours"]
    assert found(result) == [("column-unexpected", "warning", "name")]


def test_a_column_that_nobody_declares_is_a_warning_unless_it_is_ignored():
    rows = [{"id": "a", "name": "Uno", "note": "internal", "Other": "x"}]
    assert found(mapped(rows)) == [("column-unexpected", "warning", "Other"), ("column-unexpected", "warning", "note")]
    ignored = mapped(rows, ignore=["note", "Other"])
    assert found(ignored) == []
    assert "note" not in ignored.texts


def test_a_missing_column_is_a_warning_where_nothing_rests_on_it():
    result = mapped([{"id": "a"}])
    assert found(result) == [("column-missing", "warning", "name")]
    assert "name" not in result.texts


@pytest.mark.parametrize(
    ("resource", "feed", "missing"),
    [
        (make_resource(ID, make_field("name", constraints={"required": True})), {}, "name"),
        (make_resource(ID, NAME, primaryKey=["id", "name"]), {}, "name"),
        (
            make_resource(
                ID, NAME, foreignKeys=[{"fields": ["name"], "reference": {"resource": "", "fields": ["id"]}}]
            ),
            {},
            "name",
        ),
        (THINGS, {"columns": {"name": "Nombre"}}, "name"),
        (make_resource(ID, NAME, keys=[{"fields": ["name"], "reference": END}]), {}, "name"),
        (make_resource(ID, NAME, keys=[{"fields": ["id"], "kind": "name", "references": {"a": END}}]), {}, "name"),
    ],
    ids=["required", "primary key", "foreign key", "named by the feed", "key across datasets", "kind of a key"],
)
def test_a_missing_column_is_an_error_where_something_rests_on_it(resource, feed, missing):
    assert found(mapped([{"id": "a"}], resource, **feed)) == [("column-missing", "error", missing)]


def test_the_bounds_of_a_date_are_not_looked_for_in_the_file():
    resource = make_resource(ID, make_field("date", edtf=True))
    assert mapped([{"id": "a", "date": "2020"}], resource).findings == []
    theirs = mapped([{"id": "a", "date": "2020", "date_from": "1999-01-01"}], resource)
    assert found(theirs) == [("column-unexpected", "warning", "date_from")]


def test_only_the_rows_of_the_filter_are_taken():
    rows = [
        {"id": "a", "publish": "yes"},
        {"id": "b", "publish": "no"},
        {"id": "c", "publish": " yes\u200b"},
        {"id": "d", "publish": ""},
    ]
    result = mapped(rows, make_resource(ID), keep={"publish": ["yes"]})
    assert result.texts["id"].tolist() == ["a", "c"]
    assert result.texts["_line"].tolist() == [2, 4]
    assert result.findings == []


def test_filters_on_two_columns_both_hold():
    rows = [{"id": i, "p": p, "q": q} for i, p, q in (("a", "1", "x"), ("b", "1", "y"), ("c", "2", "x"))]
    result = mapped(rows, make_resource(ID), keep={"p": ["1"], "q": ["x", "z"]})
    assert result.texts["id"].tolist() == ["a"]


def test_a_filter_whose_column_is_gone_takes_no_row_at_all():
    result = mapped([{"id": "a", "Publicar": "no"}], make_resource(ID), keep={"publish": ["yes"]}, ignore=["Publicar"])
    assert result.texts.empty
    assert found(result) == [("keep-column-missing", "error", "publish")]


def test_two_columns_of_one_name_are_an_error():
    result = mapped([{"id": "a", "name": "Uno", "name ": "Dos"}])
    assert found(result) == [("column-twice", "error", "name")]


def test_a_feed_that_names_a_column_we_do_not_have_is_an_error():
    result = mapped(
        [{"id": "a", "name": "x", "Nombre": "y"}], columns={"nmae": "Nombre"}, constants={"z": "1"}, codes={"c": {}}
    )
    assert [f for f in found(result) if f[0] == "feed-column-unknown"] == [
        ("feed-column-unknown", "error", name) for name in ("c", "nmae", "z")
    ]


def test_a_damaged_name_or_filter_value_matches_nothing_and_stops_nothing():
    rows = [{"id": "a", "publish": "yes\x07", "na\x07me": "x"}, {"id": "b", "publish": "yes", "na\x07me": "y"}]
    result = mapped(rows, keep={"publish": ["yes"]})
    assert result.texts["id"].tolist() == ["b"]
    assert found(result) == [("column-missing", "warning", "name"), ("column-unexpected", "warning", "na\x07me")]
