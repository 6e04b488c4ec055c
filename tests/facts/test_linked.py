"""The shipped tables as linked data: every column is mapped, comes back, and says what the facts say and no more."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyoxigraph as ox
import pytest
import rdflib.namespace
import yaml
from pydantic import BaseModel

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.mapping import RDF_PREFIXES, ColumnMapping, Cube, TableMapping, VirtualColumn
from pipelines.contracts.project import load_project
from pipelines.contracts.tables import as_text
from pipelines.linked.back import check_back
from pipelines.linked.checking import check_mapping
from pipelines.linked.integrity import check_cube, cube_faults

from .conftest import ROOT
from .linked_graph import Linked
from .shipped import DATASETS

TABLES = [r.name for d in (load_project(ROOT).datasets.get(n) for n in DATASETS) if d for r in d.resources]
UNUSED = {"Call": "the datasets of calls and grants that a municipality adds; docs/linked-data.md shows one"}

LISTED = {
    "DCTERMS": "dct",
    "FOAF": "foaf",
    "ORG": "org",
    "OWL": "owl",
    "PROV": "prov",
    "QB": "qb",
    "RDF": "rdf",
    "RDFS": "rdfs",
    "SDO": "schema",
    "SKOS": "skos",
    "XSD": "xsd",
}
"""The standards whose terms rdflib lists, by its name for them."""
LOOKED_UP = {
    "adms": "Identifier identifier status",
    "crm": "P82a_begin_of_the_begin P82b_end_of_the_end",
    "rov": "orgActivity orgStatus orgType",
    "sdmx-attribute": "obsStatus unitMeasure",
    "sdmx-dimension": "refPeriod",
    "sdmx-measure": "obsValue",
    "skosxl": "Label altLabel literalForm",
}
"""Terms of the others that are used, looked up in the specification of each."""


def owner(linked: Linked, name: str) -> Resource:
    return linked.project.owner_of(name)[1]


def test_every_published_column_of_every_table_is_mapped(linked: Linked) -> None:
    assert len(linked.resources) == len(TABLES) == 27
    unmapped = [f"{r.name}.{f.name}" for r in linked.resources for f in r.public_fields if f.rdf is None]
    assert unmapped == []


def test_nothing_is_wrong_with_the_mappings(linked: Linked) -> None:
    found = [f for d in linked.project.datasets.values() for f in check_mapping(linked.project, d)]
    assert [f.what("en") for f in found] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_table_comes_back_from_its_graph(linked: Linked, table: str) -> None:
    found = check_back(linked.files[table], linked.tables[table], owner(linked, table), linked.project)
    assert [f.what("en") for f in found] == []


def test_every_table_comes_back_from_the_whole(linked: Linked, tmp_path: Path) -> None:
    """What one table says of a thing cannot be taken for what another says of it."""
    whole = tmp_path / "whole.nt"
    with whole.open("wb") as stream:
        ox.serialize((q.triple for q in linked.store), stream, format=ox.RdfFormat.N_TRIPLES)
    for table in TABLES:
        found = check_back(whole, linked.tables[table], owner(linked, table), linked.project)
        assert [f.what("en") for f in found] == [], table


def test_no_node_is_blank(linked: Linked) -> None:
    assert {type(node) for q in linked.store for node in (q.subject, q.object)} == {ox.NamedNode, ox.Literal}


def test_every_address_of_ours_is_described(linked: Linked) -> None:
    described = {q.subject.value for q in linked.store if isinstance(q.subject, ox.NamedNode)}
    named = {q.object.value for q in linked.store if isinstance(q.object, ox.NamedNode)}
    assert {iri for iri in named - described if iri.startswith(linked.base)} == set()


def test_addresses_follow_the_scheme_of_the_nti(linked: Linked) -> None:
    ours = {q.subject.value.removeprefix(linked.base) for q in linked.store if isinstance(q.subject, ox.NamedNode)}
    starts = ("/kos/", "/recurso/economia/", "/vocab/cluster")
    standard = tuple(RDF_PREFIXES.values())
    assert {iri for iri in ours if not iri.startswith((*starts, *standard))} == set()


def test_every_literal_is_a_cell_of_a_published_column(linked: Linked) -> None:
    """The graph holds nothing that the tables do not: no internal remark, no person, no row that is kept back."""
    cells: set[str] = {"XXXX"}
    for resource in linked.resources:
        for field in resource.public_fields:
            texts = set(as_text(linked.tables[resource.name][field.name]).dropna())
            mark = field.rdf and field.rdf.separator
            cells |= {part.strip() for text in texts for part in (text.split(mark) if mark else [text])}
    terms = (f"{linked.base}/vocab/", f"{linked.base}/recurso/economia/cube/")
    said = {q.object.value for q in linked.store if isinstance(q.object, ox.Literal) and not _is_term(q, terms)}
    assert said - cells == set()
    assert len(said) > 3000


def _is_term(quad: ox.Quad, starts: tuple[str, ...]) -> bool:
    return isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(starts)


def test_every_term_of_a_standard_exists(linked: Linked) -> None:
    listed = {prefix: getattr(rdflib.namespace, name) for name, prefix in LISTED.items()}
    known = listed | {prefix: set(names.split()) for prefix, names in LOOKED_UP.items()}
    used = _used(linked)
    assert {f"{prefix}:{name}" for prefix, name in used if name not in known[prefix]} == set()
    assert "nothingSuch" not in listed["org"]
    assert {prefix: {n for p, n in used if p == prefix} for prefix in LOOKED_UP} == {p: known[p] for p in LOOKED_UP}


def _used(linked: Linked) -> set[tuple[str, str]]:
    """Terms of standards in the graphs and in the alignments of the ontology: prefix and name."""
    own = linked.project.ontology
    assert own is not None
    out = {(prefix, name) for term in own.terms for prefix, _, name in (n.partition(":") for n in term.named)}
    spaces = {space: prefix for prefix, space in RDF_PREFIXES.items()}
    for quad in linked.store:
        for node in (quad.predicate, quad.object):
            space, name = _split(node.value) if isinstance(node, ox.NamedNode) else ("", "")
            if space in spaces:
                out.add((spaces[space], name))
    return {(prefix, name) for prefix, name in out if prefix != own.prefix}


def _split(iri: str) -> tuple[str, str]:
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:cut], iri[cut:]


def test_every_term_of_the_ontology_is_used(linked: Linked) -> None:
    own = linked.project.ontology
    assert own is not None
    files = [(ROOT / "schemas" / f"{name}.yaml").read_text(encoding="utf-8") for name in DATASETS]
    used = {term for term in own.ids if any(f"{own.prefix}:{term}" in _words(text) for text in files)}
    assert own.ids - used == set(UNUSED)
    page = (ROOT / "docs" / "linked-data.md").read_text(encoding="utf-8")
    assert all(f"{own.prefix}:{term}" in page for term in UNUSED)


def _words(text: str) -> set[str]:
    return set(text.replace(",", " ").replace("]", " ").replace("[", " ").replace("}", " ").split())


def test_every_term_of_the_ontology_is_aligned_to_a_standard_one(linked: Linked) -> None:
    own = linked.project.ontology
    assert own is not None
    aligned = {t.id: [*t.sub_class_of, *t.sub_property_of, *t.close_match] for t in own.terms}
    assert [t for t, names in aligned.items() if all(n.startswith(f"{own.prefix}:") for n in names)] == []


def test_every_statement_leads_to_a_passage_of_a_document(linked: Linked) -> None:
    made = [r.name for r in linked.resources if "document_id" in {f.name for f in r.fields} and r.name != "documents"]
    found = linked.ask(
        "SELECT ?one WHERE { ?one <http://www.w3.org/ns/prov#wasDerivedFrom> ?p . ?p dct:isPartOf/dct:title ?d }"
    )
    assert len(found) == len(set(found)) == sum(len(linked.tables[table]) for table in made)


def test_the_cube_of_figures_keeps_its_constraints(linked: Linked) -> None:
    figures = owner(linked, "observations")
    assert figures.rdf is not None
    assert figures.rdf.cube is not None
    assert check_cube(linked.files["observations"], figures, linked.project) == []
    assert cube_faults(linked.store) == []


def test_contradictory_figures_are_observations_of_their_own(linked: Linked) -> None:
    """Two sources count 21 clusters in Andalusia in the same month: without the id they would break IC-12."""
    found = linked.ask(
        "SELECT ?id WHERE { ?one <vocab/cluster#observationId> ?id ; <vocab/cluster#period> '2022-02' ;"
        " <vocab/cluster#subject> <recurso/economia/territory/andalucia> ;"
        " <vocab/cluster#indicator> <recurso/economia/indicator/clusters-count> }"
    )
    assert {one for (one,) in found} == {"ob-andalucia-2022-clusters", "ob-pub-andalucia-clusters-count"}


def test_a_figure_without_a_period_says_that_the_year_is_unknown(linked: Linked) -> None:
    found = linked.ask("SELECT ?one WHERE { ?one <vocab/cluster#period> 'XXXX' }")
    empty = linked.tables["observations"]["period"].isna().sum()
    assert len(found) == empty > 0


def test_the_subject_of_a_figure_is_the_thing_itself(linked: Linked) -> None:
    kinds = linked.ask(
        "SELECT DISTINCT ?kind ?type WHERE { ?one a <http://purl.org/linked-data/cube#Observation> ;"
        " <vocab/cluster#subjectKind>/dct:identifier ?kind ; <vocab/cluster#subject>/a ?type }"
    )
    types = {(kind, _split(type_)[1]) for kind, type_ in kinds}
    assert {t for k, t in types if k == "organisation"} == {"Organization", "Cluster", "PromotionNetwork"}
    assert {t for k, t in types if k == "territory"} == {"Location", "AdministrativeArea"}
    assert {(k, t) for k, t in types if k in {"project", "event", "agreement"}} == {
        ("project", "Project"),
        ("event", "Event"),
        ("agreement", "Agreement"),
    }


def test_a_planned_membership_makes_no_member(linked: Linked) -> None:
    """Only the n-ary membership with its status is said, never the short cut that has neither status nor date."""
    org = RDF_PREFIXES["org"]
    assert linked.ask(f"SELECT ?a WHERE {{ ?a <{org}memberOf>|<{org}hasMember> ?b }}") == []
    without = f"?m <{org}member> ?x FILTER NOT EXISTS {{ ?m a <{org}Membership> ; <vocab/cluster#status> ?s }}"
    assert linked.ask(f"SELECT ?m WHERE {{ {without} }}") == []


def test_who_coordinates_a_working_group_is_no_member_of_it(linked: Linked) -> None:
    org = RDF_PREFIXES["org"]
    group = "<recurso/economia/organisation/scc-comision-calidad-aire>"
    taking_part = f"?p a <vocab/cluster#Participation> ; <vocab/cluster#participatesIn> {group}"
    found = linked.ask(f"SELECT ?who WHERE {{ {taking_part} ; <vocab/cluster#participant>/dct:identifier ?who }}")
    assert sorted(found) == [("msi",), ("suez",)]
    assert linked.ask(f"SELECT ?m WHERE {{ ?m <{org}organization> {group} }}") == []


def test_no_term_stands_near_one_that_its_definition_denies(linked: Linked) -> None:
    """`skos:closeMatch` lets a reader use one for the other: a first possible day is no start, to take part no membership."""
    own = linked.project.ontology
    assert own is not None
    near = {name for term in own.terms for name in term.close_match}
    assert near & {"schema:startDate", "schema:endDate", "org:Membership", "org:member", "org:memberOf"} == set()


def test_no_date_that_may_mean_a_year_begins_an_event(linked: Linked) -> None:
    schema = RDF_PREFIXES["schema"]
    assert linked.ask(f"SELECT ?e WHERE {{ ?e <{schema}startDate>|<{schema}endDate> ?d }}") == []


@pytest.mark.parametrize("model", [ColumnMapping, VirtualColumn, TableMapping, Cube], ids=lambda m: m.__name__)
def test_every_key_of_a_mapping_is_explained(model: type[BaseModel]) -> None:
    page = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_every_prefix_of_a_mapping_is_on_the_page() -> None:
    page = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    assert {prefix for prefix in RDF_PREFIXES if f"`{prefix}`" not in page} == set()


def test_the_example_of_the_page_is_a_mapping_that_holds(linked: Linked) -> None:
    page = (ROOT / "docs" / "linked-data.md").read_text(encoding="utf-8")
    example = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    promised = linked.project.datasets["projects"].model_dump(mode="json", by_alias=True, exclude_none=True)
    dataset = DatasetFile.model_validate(promised | {"name": "calls", "views": []} | example)
    whole = replace(linked.project, datasets=linked.project.datasets | {"calls": dataset})
    assert [f.what("en") for f in check_mapping(whole, dataset)] == []
    assert [f.name for f in dataset.resource("calls").public_fields if f.rdf is None] == []


def test_homonyms_are_other_bodies(linked: Linked) -> None:
    found = linked.ask(
        "SELECT ?name WHERE { ?other <http://www.w3.org/2002/07/owl#differentFrom>"
        " <recurso/economia/organisation/fintech-insurtech-madrid> ; <http://xmlns.com/foaf/0.1/name> ?name }"
    )
    assert found == [("Asociación Española de Fintech e Insurtech (AEFI)",)]


def test_the_tables_are_those_of_the_facts(linked: Linked, tables: dict[str, pd.DataFrame]) -> None:
    assert {name: len(table) for name, table in linked.tables.items()} == {n: len(t) for n, t in tables.items()}
