"""What a mapping may not say, and the way back to the columns."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts.project import Project
from pipelines.linked import check_back, check_mapping, select_back, write_graph
from pipelines.linked.back import rows_back
from pipelines.linked.template import TemplateError, read_template
from tests.linked.linked_builders import BASE, FIGURES, THINGS, figures, make_mapped, mapped, things, tidy
from tests.tiny import Tiny, column, table

RDF = {"aboutUrl": "/recurso/x/{x_id}", "types": ["org:Organization"]}


def codes(tiny: Tiny, *fields: dict[str, object], key: list[str] | None = None, **rdf: object) -> list[tuple[str, ...]]:
    """The findings about a table `xs` with these columns beside its key."""
    made = table("xs", key or ["x_id"], [column("x_id"), *fields], rdf={**RDF, **rdf})
    project = make_mapped(tiny, made)
    found = check_mapping(project, project.datasets["city"])
    return [(f.code, f.field or "", f.value or "") for f in found]


def test_the_tiny_mappings_are_right(city: Project) -> None:
    assert check_mapping(city, city.datasets["city"]) == []


def test_a_prefix_that_nobody_defines_is_told(tiny: Tiny) -> None:
    assert codes(tiny, mapped("a", "foo:bar")) == [("rdf-prefix-unknown", "a", "foo:bar")]


@pytest.mark.parametrize("where", ["types", "datatype", "valueUrl"])
def test_prefixes_are_looked_at_wherever_they_stand(tiny: Tiny, where: str) -> None:
    if where == "types":
        assert codes(tiny, types=["foo:Bar"]) == [("rdf-prefix-unknown", "rdf", "foo:Bar")]
    elif where == "datatype":
        assert codes(tiny, mapped("a", "dct:x", datatype="foo:t")) == [("rdf-prefix-unknown", "a", "foo:t")]
    else:
        assert codes(tiny, mapped("a", "dct:x", valueUrl="foo:{a}")) == [("rdf-prefix-unknown", "a", "foo:{a}")]


def test_a_term_that_our_ontology_has_not_is_told(tiny: Tiny) -> None:
    assert codes(tiny, mapped("a", "city:nothing")) == [("rdf-term-unknown", "a", "city:nothing")]


def test_a_class_of_ours_that_a_virtual_column_names_must_be_there(tiny: Tiny) -> None:
    virtual = [{"propertyUrl": "rdf:type", "aboutUrl": "/y/{x_id}", "valueUrl": "city:Nothing"}]
    assert codes(tiny, virtual=virtual) == [("rdf-term-unknown", "rdf", "city:Nothing")]


@pytest.mark.parametrize("template", ["/a b/{a}", "{a}", "/x/{a", "/x/{{a}}", '/"{a}', "a/{a}", "http://{a}<", ""])
def test_a_template_that_makes_no_address_is_told(tiny: Tiny, template: str) -> None:
    if not template:
        with pytest.raises(TemplateError):
            read_template(template, BASE, {})
        return
    assert codes(tiny, mapped("a", "dct:x", valueUrl=template)) == [("rdf-template-invalid", "a", template)]


def test_a_template_may_not_name_a_column_that_is_private_or_missing(tiny: Tiny) -> None:
    secret = column("secret", privacy="private")
    found = codes(tiny, secret, mapped("a", "dct:x", valueUrl="/x/{secret}/{none}/{a}"))
    assert found == [("rdf-column-unknown", "a", "none"), ("rdf-column-unknown", "a", "secret")]


def test_a_published_column_without_a_mapping_is_told(tiny: Tiny) -> None:
    assert codes(tiny, column("a")) == [("rdf-column-unmapped", "a", "")]


def test_the_days_derived_from_a_date_need_properties_of_their_own(tiny: Tiny) -> None:
    found = codes(tiny, mapped("date", "dct:date", edtf=True, fromPropertyUrl="schema:startDate"))
    assert found == [("rdf-column-unmapped", "date_to", "")]


def test_the_address_of_a_row_names_the_whole_key(tiny: Tiny) -> None:
    found = codes(tiny, mapped("a", "dct:x"), key=["x_id", "a"])
    assert found == [("rdf-subject-key", "rdf", "/recurso/x/{x_id}")]


@pytest.mark.parametrize("about", ["/x/{x_id}{a}", "/x/{x_id}-{a}", "/x/{+x_id}/{a}", "#{x_id}/{a}"])
def test_parts_of_an_address_that_cannot_be_told_apart_are_told(tiny: Tiny, about: str) -> None:
    found = codes(tiny, mapped("a", "dct:x"), key=["x_id", "a"], aboutUrl=about)
    assert found == [("rdf-subject-key", "rdf", about)]


def test_a_value_that_its_address_does_not_hold_is_told(tiny: Tiny) -> None:
    assert codes(tiny, mapped("a", "dct:x", valueUrl="/x/{x_id}")) == [("rdf-not-back", "a", "/x/{x_id}")]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({}, {}, True),
        ({"lang": "es"}, {"lang": "es"}, True),
        ({"lang": "es"}, {"lang": "en"}, False),
        ({"lang": "es"}, {}, False),
        ({"type": "integer"}, {"type": "number"}, False),
        ({"valueUrl": "/x/{a}"}, {"valueUrl": "/x/{b}"}, True),
        ({"valueUrl": "/x/{a}"}, {"valueUrl": "/y/{b}"}, False),
        ({"valueUrl": "/x/{a}"}, {"valueUrl": "{+b}"}, False),
        ({"aboutUrl": "#a"}, {"aboutUrl": "#b"}, False),
    ],
)
def test_two_columns_that_say_the_same_in_the_same_way_are_told(
    tiny: Tiny, one: dict[str, Any], other: dict[str, Any], alike: bool
) -> None:
    found = codes(tiny, mapped("a", "dct:x", **one), mapped("b", "dct:x", **other))
    assert found == ([("rdf-columns-alike", "a", "b")] if alike else [])


def test_two_tables_with_one_address_are_told_unless_a_key_makes_them_one_thing(tiny: Tiny) -> None:
    def made(name: str, **more: object) -> dict[str, object]:
        return table(name, ["x_id"], [column("x_id")], rdf=RDF, **more)

    key = {"fields": ["x_id"], "reference": {"dataset": "city", "resource": "ones", "fields": ["x_id"]}}
    project = make_mapped(tiny, made("ones"), made("twos"), made("threes", keys=[key]))
    found = check_mapping(project, project.datasets["city"])
    assert [(f.code, f.table, f.value, f.severity) for f in found] == [
        ("rdf-address-shared", "ones", "twos", "warning"),
        ("rdf-address-shared", "twos", "ones", "warning"),
        ("rdf-address-shared", "twos", "threes", "warning"),
        ("rdf-address-shared", "threes", "twos", "warning"),
    ]


def test_a_cube_names_mapped_columns(tiny: Tiny) -> None:
    cube = {"aboutUrl": "/cube", "dimensions": ["a"], "measures": ["none"], "attributes": ["x_id"]}
    found = codes(tiny, mapped("a", "sdmx-dimension:refArea"), cube=cube)
    assert found == [("rdf-cube-column", "none", ""), ("rdf-cube-column", "x_id", "")]


@pytest.mark.parametrize(("name", "rows"), [("things", THINGS), ("figures", FIGURES)])
def test_the_columns_of_a_table_come_back_cell_by_cell(
    city: Project, out: Path, name: str, rows: list[dict[str, Any]]
) -> None:
    resource = city.datasets["city"].resource(name)
    rows_ = tidy(resource, rows)
    path = write_graph(out, rows_, resource, city)
    assert path
    assert check_back(path, rows_, resource, city) == []
    back = rows_back(path, select_back(resource, city))
    assert list(back) == [f.name for f in resource.public_fields]
    assert len(back) == len(rows)


def test_the_cells_of_a_row_come_back_as_the_table_spells_them(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("things")
    path = write_graph(out, tidy(resource, THINGS), resource, city)
    assert path
    first = rows_back(path, select_back(resource, city)).iloc[0]
    assert first["thing_id"] == "a-1"
    assert first["source"] == "mia 2020/ñ"
    assert first["source_url"] == "https://other.example/doc"
    assert first["founded"] == "812"
    assert first["seen"] == "2026-01-02T03:04:05.500000Z"
    assert first["same"] == "http://ext.example/a place-kind/district"
    assert first["section"] == 'Una "cita" \\ y\nsalto'


def test_a_graph_that_lacks_a_cell_or_a_row_is_told(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("figures")
    rows = tidy(resource, FIGURES)
    path = write_graph(out, rows, resource, city)
    assert path
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace('"4.5"', '"5.5"'), encoding="utf-8")
    (cell,) = check_back(path, rows, resource, city)
    assert (cell.code, cell.field, cell.key, cell.params["count"]) == ("rdf-cells-lost", "value", "f2", "1")
    path.write_text(whole.replace("cifra/f2>\n    a qb:Observation", "cifra/f2>\n    a qb:Slice"), encoding="utf-8")
    (row,) = check_back(path, rows, resource, city)
    assert (row.code, row.params) == ("rdf-rows-lost", {"count": "2", "expected": "3"})


def test_a_value_equal_to_the_default_is_told_to_come_back_empty(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("things")
    rows = tidy(resource, [{"thing_id": "a", "status": "unknown"}])
    path = write_graph(out, rows, resource, city)
    assert path
    assert [(f.code, f.field) for f in check_back(path, rows, resource, city)] == [("rdf-cells-lost", "status")]


def test_a_column_of_another_thing_comes_back_through_a_cell_of_the_row(tiny: Tiny, out: Path) -> None:
    fields = [
        column("x_id"),
        mapped("doc", "dct:source", valueUrl="/doc/{doc}"),
        mapped("title", "dct:title", aboutUrl="/doc/{doc}"),
        mapped("code", "dct:identifier"),
        mapped("word", "rdfs:label", aboutUrl="/code/{code}"),
    ]
    project = make_mapped(tiny, table("xs", ["x_id"], fields, rdf=RDF))
    assert check_mapping(project, project.datasets["city"]) == []
    resource = project.datasets["city"].resource("xs")
    rows = [
        {"x_id": "1", "doc": "d ñ", "title": "Uno", "code": "c/á", "word": "w"},
        {"x_id": "2", "doc": "d ñ", "title": "Uno"},
        {"x_id": "3"},
    ]
    table_ = tidy(resource, rows)
    path = write_graph(out, table_, resource, project)
    assert path
    assert check_back(path, table_, resource, project) == []


def test_the_builders_have_one_mapped_table_with_a_cube() -> None:
    assert "cube" in figures()["rdf"]
    assert "cube" not in things()["rdf"]
