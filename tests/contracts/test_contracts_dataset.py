"""The dataset and source files: what contradicts itself is refused, and small questions have one answer."""

import copy

import pytest
from pydantic import ValidationError

from pipelines.contracts.dataset import Constraints, DatasetFile, Key, Resource
from pipelines.contracts.source import Dialect, SourceFile
from tests.tiny import column, dataset, facts, table, visits_file


def visits(**more):
    return DatasetFile.model_validate({**visits_file(), **more})


def refused(model, content):
    with pytest.raises(ValidationError) as error:
        model.model_validate(content)
    return " ".join(problem["msg"] for problem in error.value.errors())


def things(**more):
    return table("things", ["id"], [column("id"), column("date", edtf=True)], **more)


def test_the_bounds_of_a_date_stand_right_after_it_and_are_as_public_as_it_is():
    resource = visits().resource("visits")
    assert [f.name for f in resource.fields] == [
        "visit_id",
        "place_id",
        "date",
        "date_from",
        "date_to",
        "people",
        "note",
    ]
    assert [(f.name, f.type, f.privacy) for f in resource.fields if f.derived_from == "date"] == [
        ("date_from", "date", "public"),
        ("date_to", "date", "public"),
    ]
    secret = Resource.model_validate(table("t", ["id"], [column("id"), column("date", edtf=True, privacy="private")]))
    assert [f.name for f in secret.public_fields] == ["id"]


def test_a_column_is_private_unless_it_is_declared_public():
    quiet = column("quiet")
    del quiet["privacy"]
    resource = Resource.model_validate(table("t", ["id"], [column("id"), quiet]))
    assert [f.name for f in resource.public_fields] == ["id"]


def test_a_column_is_found_by_name_and_one_that_is_not_there_is_said():
    resource = visits().resource("visits")
    assert resource.field("date_to").derived_from == "date"
    with pytest.raises(KeyError):
        resource.field("nothing")
    with pytest.raises(KeyError):
        visits().resource("nothing")


@pytest.mark.parametrize(
    "more",
    [
        {"schema": {"primaryKey": ["ghost"], "fields": [column("id")]}},
        {"schema": {"primaryKey": ["id"], "fields": [column("id")], "foreignKeys": [{"fields": ["ghost"], "reference": {"resource": "", "fields": ["id"]}}]}},
        {"keys": [{"fields": ["ghost"], "reference": {"resource": "things", "fields": ["id"]}}]},
        {"keys": [{"fields": ["id"], "kind": "ghost", "references": {"a": {"resource": "things", "fields": ["id"]}}}]},
        {"temporal_column": "ghost"},
        {"rules": [{"rule": "range", "field": "ghost", "min": 0}]},
        {"rules": [{"rule": "order", "earlier": "id", "later": "ghost"}]},
        {"rules": [{"rule": "conditional", "when": {"ghost": ["a"]}, "then_filled": ["id"]}]},
        {"rules": [{"rule": "conditional", "when": {"id": ["a"]}, "then_empty": ["ghost"]}]},
        {"rules": [{"rule": "conditional", "when": {"id": ["a"]}, "then_in": {"ghost": ["b"]}}]},
        {"rules": [{"rule": "together", "fields": ["id", "ghost"]}]},
    ],
    ids=["primary key", "foreign key", "key", "kind", "temporal", "range", "order", "when", "then empty", "then in", "together"],
)  # fmt: skip
def test_a_word_for_a_column_that_is_not_there_is_refused(more):
    assert "no column named ghost" in refused(Resource, things(**more))


def test_a_rule_may_name_the_bounds_of_a_date():
    resource = Resource.model_validate(things(rules=[{"rule": "order", "earlier": "date_from", "later": "date_to"}]))
    assert resource.rules[0].earlier == "date_from"


def test_two_columns_or_two_tables_of_one_name_are_refused():
    assert "two columns share a name" in refused(Resource, table("t", ["id"], [column("id"), column("id")]))
    assert "two tables share a name" in refused(DatasetFile, dataset("d", things(), things()))


def test_a_file_name_that_a_release_would_not_use_is_refused():
    assert "things.csv" in refused(Resource, things(path="other.csv"))
    assert Resource.model_validate(things(path="things.csv")).path == "things.csv"


@pytest.mark.parametrize("name", ["Visitas", "vísitas", "2things", "a-b", "a b", ""])
def test_names_of_tables_and_columns_are_plain(name):
    refused(Resource, table(name, ["id"], [column("id")]))
    refused(Resource, table("t", ["id"], [column("id"), column(name)]))


def test_a_key_names_one_table_or_one_for_each_kind():
    end = {"resource": "places", "fields": ["id"]}
    assert Key.model_validate({"fields": ["a"], "reference": end}).references == {}
    assert Key.model_validate({"fields": ["a"], "kind": "k", "references": {"x": end}}).reference is None
    for wrong in (
        {},
        {"kind": "k"},
        {"reference": end, "kind": "k"},
        {"reference": end, "references": {"x": end}},
        {"references": {"x": end}},
    ):
        assert "either" in refused(Key, {"fields": ["a"], **wrong})


def test_a_table_without_a_coverage_statement_is_refused():
    content = things()
    content["coverage"] = []
    refused(Resource, content)


def test_constraints_are_written_in_the_words_of_the_standard():
    assert Constraints.model_validate({"minLength": 2}).min_length == 2
    assert Constraints.model_validate({"minLength": 2}).model_dump(by_alias=True, exclude_none=True) == {"minLength": 2}
    refused(Constraints, {"minlength": 2})


@pytest.mark.parametrize("more", [{"schedule": "0 6 * * *"}, {"cited": ["2026-01-01.1"]}])
def test_how_a_dataset_is_run_is_not_part_of_what_it_promises(more):
    assert visits(**more).promised() == visits().promised()


def test_thresholds_and_rules_are_not_part_of_what_a_dataset_promises():
    content = copy.deepcopy(visits_file())
    content["resources"][0]["rules"] = [{"rule": "row_count", "min": 1}]
    content["resources"][0]["change"] = {"rows_lost_error": 0.5}
    assert DatasetFile.model_validate(content).promised() == visits().promised()


def test_texts_columns_and_coverage_are_part_of_what_a_dataset_promises():
    content = copy.deepcopy(visits_file())
    content["resources"][0]["coverage"][0]["statement"]["es"] = "Otra frase."
    assert DatasetFile.model_validate(content).promised() != visits().promised()
    content = copy.deepcopy(visits_file())
    content["resources"][0]["schema"]["fields"][4]["privacy"] = "public"
    assert DatasetFile.model_validate(content).promised() != visits().promised()


def test_the_part_of_a_feed_is_said_or_follows_from_its_kind():
    source = SourceFile.model_validate(facts("diario", "visits"))
    assert source.part_of(source.feeds[0]) == "sources/diario/visits.csv"
    http = SourceFile.model_validate(
        {**facts("web", "visits"), "kind": "http", "where": "https://ciudad.example/x.csv"}
    )
    assert http.part_of(http.feeds[0]) == "data"
    named = SourceFile.model_validate({**facts("diario", "x"), "feeds": [{"table": "visits", "part": "vocab/x.csv"}]})
    assert named.part_of(named.feeds[0]) == "vocab/x.csv"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"kind": "http"}, "where"),
        ({"kind": "folder", "where": "drop"}, "part"),
        ({"kind": "ckan", "where": "https://ciudad.example"}, "package and resource"),
    ],
)
def test_a_source_says_what_its_kind_needs(said, wanted):
    assert wanted in refused(SourceFile, {**facts("x", "visits"), **said})


def test_a_feed_may_be_written_differently_from_its_source():
    own = {"table": "visits", "dialect": {"decimal": ","}}
    source = SourceFile.model_validate(
        {**facts("x", "visits"), "dialect": {"separator": ";"}, "feeds": [own, {"table": "places"}]}
    )
    assert source.dialect_of(source.feeds[0]) == Dialect(decimal=",")
    assert source.dialect_of(source.feeds[1]) == Dialect(separator=";")


def test_a_yes_without_quotes_in_a_filter_is_refused_and_not_taken_for_true():
    refused(SourceFile, {**facts("x", "visits"), "feeds": [{"table": "visits", "keep": {"publish": [True]}}]})
