"""What a portal is asked, in how few calls, and what of its answers stands in the way of a publication."""

from pathlib import Path
from typing import Any

import pytest
from ckan_builders import answers, says, target, wire
from pytest_httpserver import HTTPServer

from pipelines.publish.ckan.model import Wanted
from pipelines.publish.ckan.schema import SchemaField, shaped
from pipelines.publish.ckan.survey import MAX_UPLOAD_BYTES, Survey, survey, taken, unmet
from tests.tiny import Tiny

MINE = [{"id": "org-1", "name": "ayuntamiento"}]
LICENCE = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


def status(*plugins: str) -> Any:
    return answers({"ckan_version": "2.11.3", "extensions": ["datastore", *plugins]})


def codes(tiny: Tiny, found: Survey, *wanted: Wanted, **aim: Any) -> list[str]:
    return [f.code for f in unmet(tiny.load(), target("https://ckan.example", **aim), found, list(wanted))]


def portal(**more: Any) -> Survey:
    return Survey(
        **{"version": "2.12.0", "plugins": frozenset(["datastore"]), "organization": "org-1", "may_write": True} | more
    )


def one(name: str = "visitas", fields: dict[str, Any] | None = None, **more: Any) -> Wanted:
    return Wanted(
        "visits", name, "2026-01-01.1", {"license_id": "cc-by", **(fields or {})}, **{"resources": {}, **more}
    )


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"field_name": name, **more}


def test_a_portal_without_a_schema_is_known_after_three_calls(tiny: Tiny, httpserver: HTTPServer) -> None:
    seen = says(httpserver, status(), answers(MINE), answers([{"id": "cc-by", "url": LICENCE}, {"id": "none"}]))
    with wire(tiny, httpserver.url_for("/")) as calls:
        found = survey(calls, target(httpserver.url_for("/")))
    asked = [request.path.rsplit("/", 1)[-1] for request in seen]
    assert asked == ["status_show", "organization_list_for_user", "license_list"]
    assert found == Survey(
        version="2.11.3",
        plugins=frozenset(["datastore"]),
        organization="org-1",
        may_write=True,
        licences={"cc-by": LICENCE, "none": ""},
        max_upload_bytes=MAX_UPLOAD_BYTES,
    )


def test_a_schema_and_groups_are_asked_for_where_there_are_any(tiny: Tiny, httpserver: HTTPServer) -> None:
    schema = {"dataset_fields": [field("title")], "resource_fields": [field("url")], "form_languages": ["es", "ca"]}
    replies = [
        status("scheming_datasets"),
        answers(schema),
        answers(MINE),
        answers([{"name": "economia"}]),
        answers([]),
    ]
    seen = says(httpserver, *replies)
    aim = target(httpserver.url_for("/"), groups={"ECON": ["economia"]}, max_upload_bytes=5)
    with wire(tiny, httpserver.url_for("/")) as calls:
        found = survey(calls, aim)
        assert calls.writes == 0
    assert len(seen) == 5
    assert found.dataset_fields and found.resource_fields
    assert (list(found.dataset_fields), list(found.resource_fields)) == (["title"], ["url"])
    assert (found.languages, found.groups, found.max_upload_bytes) == (("es", "ca"), {"economia"}, 5)


def test_an_account_without_the_right_is_told_from_an_organisation_that_is_missing(tiny: Tiny) -> None:
    assert codes(tiny, portal()) == []
    assert codes(tiny, portal(may_write=False)) == ["target-organization-denied"]
    assert codes(tiny, portal(may_write=False, organization=None)) == ["target-organization-missing"]


def test_what_the_portal_lacks_and_can_be_done_without_is_a_warning(tiny: Tiny) -> None:
    aim = target("https://ckan.example", groups={"ECON": ["g"]})
    lacking = portal(plugins=frozenset())
    bare = one(fields={"license_id": None}, resources={"r": {"license": LICENCE}})
    found = unmet(tiny.load(), aim, lacking, [bare])
    expected = ["target-group-unusable", "target-datastore-missing", "target-licence-unknown"]
    assert [f.code for f in found] == expected
    assert {f.severity for f in found} == {"warning"}
    assert codes(tiny, lacking, datastore=False) == []


@pytest.mark.parametrize(
    ("schema", "fields", "expected"),
    [
        ({"required": True}, {}, ["target-field-required"]),
        ({"required": True}, {"x": "a"}, []),
        ({"validators": "not_empty unicode_safe"}, {}, ["target-field-required"]),
        (
            {"required": True, "validators": "scheming_choices", "choices": [{"value": "a"}]},
            {"x": "b"},
            ["target-field-choice"],
        ),
        ({"validators": "scheming_choices", "choices": [{"value": "a"}]}, {"x": "a"}, []),
        ({"validators": "scheming_choices", "choices": [{"value": "a"}]}, {}, []),
        ({"validators": "scheming_choices", "choices_helper": "h"}, {"x": "b"}, []),
        (
            {"validators": "scheming_multiple_choice", "choices": [{"value": "a"}]},
            {"x": ["a", "c"]},
            ["target-field-choice"],
        ),
        ({"validators": "fluent_text", "required": True}, {"x": {"es": "a", "en": "b"}}, ["target-field-language"]),
        ({"validators": "fluent_text"}, {"x": {"es": "a", "en": "b"}}, []),
    ],
)
def test_what_the_schema_does_not_take_is_told_for_dataset_and_resource(
    tiny: Tiny, schema: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    asked = {"x": field("x", **schema)}
    languages = ("es", "en", "ca")
    assert codes(tiny, portal(dataset_fields=asked, languages=languages), one(fields=fields)) == expected
    found = portal(resource_fields=asked, languages=languages)
    assert codes(tiny, found, one(resources={"r": fields})) == expected


def test_tags_are_what_the_schema_calls_their_string(tiny: Tiny) -> None:
    asked = {"tag_string": field("tag_string", required=True)}
    assert codes(tiny, portal(dataset_fields=asked), one(fields={"tags": ["a"]})) == []


def test_an_upload_over_the_limit_is_named_with_both_sizes(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"12345")
    big = one(uploads={"r": path})
    assert codes(tiny, portal(max_upload_bytes=5), big) == []
    found = unmet(tiny.load(), target("https://ckan.example"), portal(max_upload_bytes=4), [big])
    assert [(f.code, f.dataset, f.part, f.params) for f in found] == [
        ("target-upload-large", "visits", "t.csv", {"size": "5", "limit": "4"})
    ]


def test_a_name_leaves_room_for_the_one_of_the_private_dataset(tiny: Tiny) -> None:
    assert codes(tiny, portal(), one(name="a" * 95)) == []
    assert codes(tiny, portal(), one(name="a" * 96)) == ["target-name-long"]


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (None, []),
        ({"uri": "https://a.example/d"}, []),
        ({"extras": [{"key": "uri", "value": "https://a.example/d"}], "state": "deleted"}, []),
        ({"uri": "https://b.example/d", "state": "active"}, ["target-name-taken"]),
        ({"title": "Suyo", "state": "active"}, ["target-name-taken"]),
        ({"title": "Suyo", "state": "deleted"}, ["target-name-deleted"]),
    ],
)
def test_a_name_is_ours_where_the_dataset_has_our_iri(package: dict[str, Any] | None, expected: list[str]) -> None:
    assert [f.code for f in taken(package, one(fields={"uri": "https://a.example/d"}))] == expected
    assert [f.code for f in taken(package, one(fields={"extras": {"uri": "https://a.example/d"}}))] == expected


@pytest.mark.parametrize(
    ("asked", "value", "expected"),
    [
        ({}, "a", "a"),
        ({}, ["a"], "a"),
        ({}, ["a", "b"], '["a", "b"]'),
        ({"validators": "scheming_multiple_text"}, "a", ["a"]),
        ({"validators": "fluent_text"}, "http://e/a", {"es": "http://e/a", "en": "http://e/a"}),
        ({"validators": "isodate convert_to_json_if_date"}, "2026-01-02T03:04:05+00:00", "2026-01-02"),
        ({"validators": "scheming_isodatetime"}, "2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05"),
        ({"validators": "ignore_missing dcat_date"}, "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05+00:00"),
        ({"validators": "scheming_choices", "choices": [{"value": "ECON"}]}, "http://e/data-theme/ECON", "ECON"),
        ({"repeating_subfields": [field("a")]}, [{"a": "1", "b": "2"}, {"b": "3"}], [{"a": "1"}]),
    ],
)
def test_a_value_takes_the_form_of_its_field(asked: SchemaField, value: Any, expected: Any) -> None:
    assert shaped(field("x", **asked), value) == expected


def test_choices_come_back_in_the_order_of_the_portal() -> None:
    asked = field("x", validators="scheming_multiple_choice", choices=[{"value": "b"}, {"value": "a"}])
    assert shaped(asked, ["http://e/a", "http://e/b"]) == ["b", "a"]
