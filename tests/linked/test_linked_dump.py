"""The ontology, VoID and the dump."""

import gzip
import io
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from pydantic import ValidationError

from pipelines.contracts.ontology import Ontology
from pipelines.contracts.project import Project
from pipelines.linked import PublishedGraph, graph_facts, ontology_graph, void_graph, write, write_dump, write_graph
from tests.linked.linked_builders import BASE, FIGURES, ONTOLOGY, THINGS, tidy
from tests.tiny import Tiny, write_yaml

VOID = rdflib.Namespace("http://rdfs.org/ns/void#")
WHOLE = rdflib.URIRef(f"{BASE}/catalogo/datos-enlazados")


@pytest.fixture
def graphs(city: Project, out: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The graphs of the two tables: one Turtle, one N-Triples."""
    made = []
    for name, rows, large in (("figures", FIGURES, 1), ("things", THINGS, 100)):
        monkeypatch.setattr(write, "LARGE", large)
        resource = city.datasets["city"].resource(name)
        made.append(write_graph(out, tidy(resource, rows), resource, city))
    return [path for path in made if path]


def test_the_ontology_says_each_term_in_both_languages_and_what_it_stands_near(city: Project) -> None:
    graph = rdflib.Graph().parse(data=ontology_graph(city) or b"", format="turtle")
    city_ = rdflib.Namespace(f"{BASE}/vocab/city#")
    assert set(graph.objects(city_.Thing, rdflib.RDFS.label)) == {
        rdflib.Literal("Cosa", "es"),
        rdflib.Literal("Thing", "en"),
    }
    assert (city_.Thing, rdflib.RDF.type, rdflib.OWL.Class) in graph
    assert (city_.Thing, rdflib.RDFS.subClassOf, rdflib.ORG.Organization) in graph
    assert (city_.Thing, rdflib.SKOS.closeMatch, rdflib.URIRef("https://schema.org/Thing")) in graph
    assert (city_.knows, rdflib.RDF.type, rdflib.OWL.ObjectProperty) in graph
    assert (city_.basis, rdflib.RDFS.range, rdflib.XSD.string) in graph
    ontology = rdflib.URIRef(f"{BASE}/vocab/city")
    assert {o for _, o in graph.subject_objects(rdflib.RDFS.isDefinedBy)} == {ontology}
    assert (ontology, rdflib.OWL.versionInfo, rdflib.Literal("2026-01-01")) in graph
    assert ontology_graph(city) == ontology_graph(city)


def test_a_project_without_an_ontology_has_no_graph_of_it(tiny: Tiny) -> None:
    project = tiny.load()
    assert project.ontology is None
    assert ontology_graph(project) is None


@pytest.mark.parametrize(
    "spoil",
    [
        {"prefix": "org"},
        {"path": "vocab/x#"},
        {"path": "/vocab/x"},
        {"terms": []},
        {"terms": [ONTOLOGY["terms"][0], ONTOLOGY["terms"][0]]},  # type: ignore[index]
        {"terms": [{**ONTOLOGY["terms"][0], "sub_class_of": ["city:None"]}]},  # type: ignore[index]
        {"terms": [{**ONTOLOGY["terms"][0], "sub_class_of": ["none:X"]}]},  # type: ignore[index]
        {"terms": [{**ONTOLOGY["terms"][0], "range": "xsd:string"}]},  # type: ignore[index]
        {"terms": [{**ONTOLOGY["terms"][2], "sub_class_of": ["org:Role"]}]},  # type: ignore[index]
        {"terms": [{**ONTOLOGY["terms"][0], "id": "thing"}]},  # type: ignore[index]
    ],
)
def test_an_ontology_that_makes_no_sense_is_refused(spoil: dict[str, object]) -> None:
    Ontology.model_validate(ONTOLOGY)
    with pytest.raises(ValidationError):
        Ontology.model_validate({**ONTOLOGY, **spoil})


def test_a_wrong_ontology_is_a_finding_about_its_file(tiny: Tiny) -> None:
    write_yaml(tiny.root / "vocab" / "ontology.yaml", {**ONTOLOGY, "prefix": "Not A Prefix"})
    project = tiny.load()
    assert project.ontology is None
    assert [(f.part, f.field) for f in project.findings] == [("vocab/ontology.yaml", "prefix")]


def test_the_dump_holds_every_graph_and_stays_the_same(graphs: list[Path]) -> None:
    packed = [io.BytesIO(), io.BytesIO()]
    for out in packed:
        write_dump(graphs, out)
    assert packed[0].getvalue() == packed[1].getvalue()
    plain = gzip.decompress(packed[0].getvalue())
    triples = {q.triple for q in ox.parse(plain, format=ox.RdfFormat.N_TRIPLES)}
    kinds = {".ttl": ox.RdfFormat.TURTLE, ".nt": ox.RdfFormat.N_TRIPLES}
    assert {path.suffix for path in graphs} == set(kinds)
    assert triples == {q.triple for path in graphs for q in ox.parse(path=str(path), format=kinds[path.suffix])}


def test_a_file_that_is_no_rdf_is_not_dumped(out: Path) -> None:
    (out / "x.ttl").write_text("<a> <b>", encoding="utf-8")
    with pytest.raises(SyntaxError):
        write_dump([out / "x.ttl"], io.BytesIO())


def test_void_counts_what_is_in_the_graphs(city: Project, graphs: list[Path]) -> None:
    published = [PublishedGraph("city", p.stem, f"http://127.0.0.1/{p.name}", graph_facts(p)) for p in graphs]
    text = void_graph(city, published, "http://127.0.0.1/dump.nt.gz")
    graph = rdflib.Graph().parse(data=text, format="turtle")
    both = rdflib.Graph()
    for path in graphs:
        both.parse(path)
    wanted = {
        VOID.triples: len(both),
        VOID.distinctSubjects: len(set(both.subjects())),
        VOID.entities: len(set(both.subjects(rdflib.RDF.type))),
        VOID.classes: len(set(both.objects(None, rdflib.RDF.type))),
        VOID.properties: len(set(both.predicates())),
    }
    assert {p: int(str(graph.value(WHOLE, p))) for p in wanted} == wanted
    assert set(graph.objects(WHOLE, VOID.subset)) == {WHOLE + "/city/figures", WHOLE + "/city/things"}
    assert graph.value(WHOLE, VOID.dataDump) == rdflib.URIRef("http://127.0.0.1/dump.nt.gz")
    assert graph.value(WHOLE + "/city/things", VOID.dataDump) == rdflib.URIRef("http://127.0.0.1/things.ttl")
    assert rdflib.URIRef(f"{BASE}/vocab/city#") in set(graph.objects(WHOLE, VOID.vocabulary))
    assert void_graph(city, published, "http://127.0.0.1/dump.nt.gz") == text


def test_the_figures_of_the_whole_are_those_of_the_dump(city: Project, graphs: list[Path]) -> None:
    """The ontology is in the dump beside the tables, so it counts."""
    ontology = ontology_graph(city)
    assert ontology
    published = [PublishedGraph("city", p.stem, f"http://127.0.0.1/{p.name}", graph_facts(p)) for p in graphs]
    told = void_graph(city, published, "http://127.0.0.1/dump.nt.gz", [graph_facts(ontology)])
    dump = io.BytesIO()
    write_dump([*graphs, ontology], dump)
    held = {q.triple for q in ox.parse(gzip.decompress(dump.getvalue()), format=ox.RdfFormat.N_TRIPLES)}
    graph = rdflib.Graph().parse(data=told, format="turtle")
    assert int(str(graph.value(WHOLE, VOID.triples))) == len(held)
