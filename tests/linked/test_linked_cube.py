"""The Data Cube: its structure, and a broken cube for each integrity constraint that ours can break."""

from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from pipelines.contracts.dataset import Resource
from pipelines.contracts.project import Project
from pipelines.linked import check_cube, write_graph
from pipelines.linked.integrity import CONSTRAINTS, ask, cube_faults
from tests.linked.linked_builders import BASE, FIGURES, graph_of, tidy

CUBE = f"{BASE}/recurso/economia/cubo/figures"
HEAD = f"""
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX area: <http://purl.org/linked-data/sdmx/2009/dimension#refArea>
PREFIX period: <http://purl.org/linked-data/sdmx/2009/dimension#refPeriod>
PREFIX value: <http://purl.org/linked-data/sdmx/2009/measure#obsValue>
PREFIX f1: <{BASE}/recurso/cifra/f1>
PREFIX f2: <{BASE}/recurso/cifra/f2>
PREFIX cube: <{CUBE}>
"""
BROKEN = {
    "IC-1": "DELETE WHERE { f1: qb:dataSet ?set }",
    "IC-2": "INSERT DATA { cube: qb:structure <x:other> }",
    "IC-3": "DELETE WHERE { value: a qb:MeasureProperty }",
    "IC-4": "DELETE WHERE { period: rdfs:range ?range }",
    "IC-5": "DELETE WHERE { area: qb:codeList ?list }",
    "IC-6": "INSERT { ?c qb:componentRequired false } WHERE { ?c qb:dimension area: }",
    "IC-11": "DELETE WHERE { f1: period: ?period }",
    "IC-12": 'DELETE { f2: period: ?p } INSERT { f2: period: "2020"^^xsd:gYear } WHERE { f2: period: ?p }',
    "IC-13": "DELETE { ?c qb:componentRequired false } INSERT { ?c qb:componentRequired true } "
    "WHERE { ?c qb:componentRequired false }",
    "IC-14": "DELETE WHERE { f1: value: ?value }",
    "IC-19": "DELETE { ?code skos:inScheme ?list } WHERE { f1: area: ?code . ?code skos:inScheme ?list }",
}


@pytest.fixture
def cube(city: Project, out: Path) -> Any:
    """The store with the graph of `figures`."""
    resource = city.datasets["city"].resource("figures")
    path = write_graph(out, tidy(resource, FIGURES), resource, city)
    assert path
    return graph_of(path)


def said(store: Any, subject: str, predicate: str) -> set[str]:
    found = store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None)
    return {q.object.value for q in found}


def test_a_whole_cube_breaks_no_constraint(cube: Any) -> None:
    assert cube_faults(cube) == []


def test_there_is_a_broken_cube_for_each_constraint() -> None:
    assert set(BROKEN) == set(CONSTRAINTS)


@pytest.mark.parametrize("constraint", sorted(CONSTRAINTS))
def test_a_broken_cube_breaks_the_constraint_that_it_breaks(cube: Any, constraint: str) -> None:
    assert not cube.query(ask(constraint))
    cube.update(HEAD + BROKEN[constraint])
    assert cube.query(ask(constraint))
    assert [f.split()[0] for f in cube_faults(cube)] == [constraint]


def test_two_data_sets_of_an_observation_break_the_first_constraint(cube: Any) -> None:
    cube.update(HEAD + "INSERT DATA { f1: qb:dataSet <x:other> }")
    assert f"IC-1 {BASE}/recurso/cifra/f1" in cube_faults(cube)


def test_a_data_set_without_structure_breaks_the_second_constraint(cube: Any) -> None:
    cube.update(HEAD + "DELETE WHERE { cube: qb:structure ?structure }")
    assert cube_faults(cube) == [f"IC-2 {CUBE}"]


def test_every_observation_is_of_the_data_set_of_its_table(cube: Any) -> None:
    for figure in ("f1", "f2", "f3"):
        assert said(cube, f"{BASE}/recurso/cifra/{figure}", "http://purl.org/linked-data/cube#dataSet") == {CUBE}


def test_components_are_in_the_order_of_the_mapping(cube: Any) -> None:
    order = {c: said(cube, f"{CUBE}#{c}", "http://purl.org/linked-data/cube#order") for c in ("place", "period")}
    assert order == {"place": {"1"}, "period": {"2"}}
    assert said(cube, f"{CUBE}#unit", "http://purl.org/linked-data/cube#order") == {"4"}


def test_a_coded_dimension_has_the_scheme_of_its_codes_as_code_list(cube: Any) -> None:
    area = "http://purl.org/linked-data/sdmx/2009/dimension#refArea"
    assert said(cube, area, "http://purl.org/linked-data/cube#codeList") == {f"{BASE}/kos/place-kind"}


def test_nothing_is_said_of_the_values_of_a_property_of_a_standard(cube: Any) -> None:
    """Others use `sdmx-measure:obsValue` for other values than decimals."""
    measure = "http://purl.org/linked-data/sdmx/2009/measure#obsValue"
    anything = {"http://www.w3.org/2000/01/rdf-schema#Resource"}
    assert said(cube, measure, "http://www.w3.org/2000/01/rdf-schema#range") == anything


def test_an_attribute_is_required_where_its_column_is(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("figures")
    promised = resource.model_dump(mode="json", by_alias=True, exclude_none=True)
    for field in promised["schema"]["fields"]:
        field["constraints"] = {"required": field["name"] == "unit"}
    strict = Resource.model_validate(promised)
    told = []
    for name, one in (("loose", resource), ("strict", strict)):
        (out / name).mkdir()
        path = write_graph(out / name, tidy(one, FIGURES), one, city)
        assert path
        told.append(said(graph_of(path), f"{CUBE}#unit", "http://purl.org/linked-data/cube#componentRequired"))
    assert told == [{"false"}, {"true"}]


def test_a_broken_cube_is_a_finding_that_names_the_observation(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("figures")
    path = write_graph(
        out, tidy(resource, [*FIGURES, {**FIGURES[0], "figure_id": "f4", "value": None}]), resource, city
    )
    assert path
    found = check_cube(path, resource, city)
    assert [(f.code, f.params["constraint"]) for f in found] == [("rdf-cube", "IC-12"), ("rdf-cube", "IC-14")]
    assert found[1].key == f"{BASE}/recurso/cifra/f4"


def test_a_table_that_is_no_cube_is_not_looked_at(city: Project, out: Path) -> None:
    assert check_cube(out / "none.ttl", city.datasets["city"].resource("things"), city) == []
