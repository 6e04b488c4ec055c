"""The graph of a table: which triples there are, how they are spelled, and that the bytes stay."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.findings import FindingError
from pipelines.contracts.project import Project
from pipelines.linked import check_addresses, write, write_graph
from pipelines.linked.back import check_back
from pipelines.linked.terms import escape, is_iri
from tests.linked.linked_builders import BASE, FIGURES, THINGS, graph_of, make_mapped, mapped, things, tidy
from tests.tiny import Tiny, column, make_tiny, table

XSD = "http://www.w3.org/2001/XMLSchema#"


def written(city: Project, out: Path, rows: list[dict[str, Any]] = THINGS, name: str = "things") -> Path:
    resource = city.datasets["city"].resource(name)
    path = write_graph(out, tidy(resource, rows), resource, city)
    assert path
    return path


def said(path: Path, subject: str) -> set[tuple[str, str]]:
    """What the graph says of a subject: property and value as N-Triples have them."""
    found = graph_of(path).quads_for_pattern(ox.NamedNode(f"{BASE}/recurso/cosa/{subject}"), None, None)
    return {(q.predicate.value, str(q.object)) for q in found}


def test_a_cell_becomes_a_literal_of_the_type_of_its_column(city: Project, out: Path) -> None:
    found = said(written(city, out), "a-1")
    assert (f"{BASE}/vocab/city#basis", f'"12"^^<{XSD}integer>') in found
    assert ("https://schema.org/value", f'"11.83"^^<{XSD}decimal>') in found
    assert ("https://schema.org/isAccessibleForFree", f'"true"^^<{XSD}boolean>') in found
    assert ("https://schema.org/startDate", f'"2020-01-01"^^<{XSD}date>') in found
    assert ("https://schema.org/foundingDate", f'"0812"^^<{XSD}gYear>') in found
    assert ("http://purl.org/dc/terms/date", '"2020/.."^^<http://id.loc.gov/datatypes/edtf/EDTF>') in found
    assert ("http://www.w3.org/2004/02/skos/core#prefLabel", '"Clúster «Ñandú»"@es') in found


def test_a_number_has_no_exponent(city: Project, out: Path) -> None:
    path = written(city, out)
    assert ("https://schema.org/value", f'"0.0000001"^^<{XSD}decimal>') in said(path, "c")
    assert ("https://schema.org/value", f'"10000000000000000"^^<{XSD}decimal>') in said(path, "b%2F2%20%C3%B1")


def test_a_cell_in_braces_is_percent_encoded_and_one_with_a_plus_is_not(city: Project, out: Path) -> None:
    found = said(written(city, out), "a-1")
    assert ("http://purl.org/dc/terms/source", f"<{BASE}/recurso/documento/mia%202020%2F%C3%B1>") in found
    assert ("http://xmlns.com/foaf/0.1/homepage", "<https://ciudad.example/España?x=1&y=2#z>") in found


def test_a_cell_with_several_values_says_one_triple_each(city: Project, out: Path) -> None:
    found = said(written(city, out), "a-1")
    assert {v for p, v in found if p == "https://schema.org/keywords"} == {'"uno"', '"dos, tres"'}


def test_a_value_that_is_no_address_is_found_under_the_path_of_resolve(city: Project, out: Path) -> None:
    found = said(written(city, out), "a-1")
    close = {v for p, v in found if p == "http://www.w3.org/2004/02/skos/core#closeMatch"}
    assert close == {f"<{BASE}/kos/place-kind/district>", "<http://ext.example/a>"}


def test_an_empty_cell_says_its_default_or_nothing(city: Project, out: Path) -> None:
    found = said(written(city, out), "c")
    assert ("http://www.w3.org/ns/adms#status", f"<{BASE}/kos/status/unknown>") in found
    assert "http://purl.org/dc/terms/source" not in {p for p, _ in found}


def test_a_part_of_the_row_bears_its_address_with_a_hash(city: Project, out: Path) -> None:
    found = said(written(city, out), "a-1#pasaje")
    assert ("https://schema.org/text", '"shalom שלום 𝄞\\t"@es') in found
    assert ("http://www.w3.org/ns/prov#wasDerivedFrom", f"<{BASE}/recurso/documento/mia%202020%2F%C3%B1>") in found


def test_what_two_rows_say_of_another_thing_is_written_once(city: Project, out: Path) -> None:
    text = written(city, out).read_text(encoding="utf-8")
    assert text.count("a foaf:Document") == 1


def test_a_private_column_leaves_no_trace(city: Project, out: Path) -> None:
    assert b"private-word" not in written(city, out).read_bytes()


def test_a_table_without_a_mapping_has_no_graph(tiny: Tiny, out: Path) -> None:
    project = tiny.load()
    resource = project.datasets["places"].resource("places")
    assert write_graph(out, tidy(resource, [{"place_id": "a"}]), resource, project) is None
    assert list(out.iterdir()) == []


def test_the_same_table_gives_the_same_bytes_however_it_is_cut(
    city: Project, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(city, out).read_bytes()
    monkeypatch.setattr(write, "_CHUNK", 1)
    assert written(city, tmp_path).read_bytes() == whole


def test_a_large_table_is_n_triples_and_says_the_same(
    city: Project, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, rows in (("things", THINGS), ("figures", FIGURES)):
        turtle = written(city, out, rows, name)
        with monkeypatch.context() as patch:
            patch.setattr(write, "LARGE", 1)
            patch.setattr(write, "_CHUNK", 2)
            lines = written(city, out, rows, name)
        assert (turtle.suffix, lines.suffix) == (".ttl", ".nt")
        assert set(graph_of(lines)) == set(graph_of(turtle))
        assert len(lines.read_text(encoding="utf-8").splitlines()) == len(graph_of(turtle))


def test_rdflib_reads_the_same_triples_as_oxigraph(city: Project, out: Path) -> None:
    path = written(city, out)
    graph = rdflib.Graph().parse(path)
    assert len(graph) == len(graph_of(path)) == 44
    assert not any(isinstance(term, rdflib.BNode) for triple in graph for term in triple)


def test_only_prefixes_that_are_used_are_declared(city: Project, out: Path) -> None:
    for name, rows in (("things", THINGS), ("figures", FIGURES)):
        head, _, body = written(city, out, rows, name).read_text(encoding="utf-8").partition("\n\n")
        declared = [line.split()[1] for line in head.splitlines()]
        assert declared == sorted(declared)
        assert [p for p in declared if f" {p}" not in body and f"^^{p}" not in body and f"\n{p}" not in body] == []


def test_an_empty_table_is_a_graph_without_triples(city: Project, out: Path) -> None:
    assert len(graph_of(written(city, out, []))) == 0


BAD = ["no es", "ftp://x", "https://a b", 'https://a/"', "https://a/<b>", "javascript:x", "https://u:p@host/", "/rel"]


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_cannot_stand_in_rdf_is_told_with_its_row(city: Project, out: Path, address: str) -> None:
    resource = city.datasets["city"].resource("things")
    rows = tidy(resource, [{"thing_id": "a", "page": "https://good.example/"}, {"thing_id": "z", "page": address}])
    figures = tidy(city.datasets["city"].resource("figures"), FIGURES)
    found = check_addresses(city, "city", {"things": rows, "figures": figures})
    assert [(f.code, f.table, f.field, f.key, f.value) for f in found] == [
        ("rdf-address", "things", "page", "z", address)
    ]
    with pytest.raises(FindingError) as raised:
        write_graph(out, rows, resource, city)
    assert raised.value.findings == found
    assert list(out.iterdir()) == []


def test_a_row_of_a_bad_address_is_named_by_its_line(city: Project) -> None:
    resource = city.datasets["city"].resource("things")
    table_ = tidy(resource, [{"thing_id": "a", "same": "place-kind/district not<good"}])
    table_["_source"], table_["_part"], table_["_line"] = "diario", "things.csv", 7
    figures = tidy(city.datasets["city"].resource("figures"), [])
    (found,) = check_addresses(city, "city", {"things": table_, "figures": figures})
    assert (found.part, found.row, found.value) == ("things.csv", 7, f"{BASE}/kos/not<good")


NASTY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
TOKENS = ['"', "\\", "\n", "\r", "\x00", "\x85", "𝄞", "ש", "\u202e", '"""', "@es", "{x}", "%41", "<b>", "\ufeff", " "]


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.one_of(NASTY, st.sampled_from(TOKENS)), min_size=1, max_size=6))
def test_any_text_goes_into_the_graph_and_comes_back(
    city: Project, tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    resource = city.datasets["city"].resource("things")
    rows = [
        {"thing_id": f"{n}{v}", "name_es": v, "other": v, "parent": v, "section": v, "evidence": v}
        for n, v in enumerate(values)
    ]
    table_ = tidy(resource, rows)
    folder = tmp_path_factory.mktemp("nasty")
    path = write_graph(folder, table_, resource, city)
    assert path
    assert check_back(path, table_, resource, city) == []
    labels = {str(q.object.value) for q in graph_of(path) if q.predicate.value.endswith("altLabel")}
    assert labels == set(values)
    assert {str(o) for o in rdflib.Graph().parse(path).objects(None, rdflib.SKOS.altLabel)} == set(values)


@given(st.text(st.characters(codec="utf-8")))
def test_an_escaped_text_holds_no_line_break_and_no_free_quote(text: str) -> None:
    inside = escape(text)
    assert "\n" not in inside and "\r" not in inside
    assert (
        next(iter(ox.parse(f'<x:a> <x:b> "{inside}" .'.encode(), format=ox.RdfFormat.N_TRIPLES))).object.value == text
    )


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=20), st.from_regex(r"https?://[^/]{1,8}/.{0,12}", fullmatch=True)))
def test_what_is_taken_for_an_iri_is_read_as_one(text: str) -> None:
    if is_iri(text):
        ox.NamedNode(text)
        list(ox.parse(f"<{text}> <x:b> <{text}> .".encode(), format=ox.RdfFormat.TURTLE))


def test_a_mapping_with_a_key_of_two_columns_keeps_them_apart(tmp_path: Path, out: Path) -> None:
    fields = [column("scheme"), column("code"), mapped("broader", "skos:broader", valueUrl="/kos/{scheme}/{broader}")]
    rdf = {"aboutUrl": "/kos/{scheme}/{code}", "types": ["skos:Concept"]}
    project = make_mapped(make_tiny(tmp_path / "p"), table("codes", ["scheme", "code"], fields, rdf=rdf))
    resource = project.datasets["city"].resource("codes")
    rows = tidy(resource, [{"scheme": "a", "code": "b/c"}, {"scheme": "a/b", "code": "c", "broader": "x y"}])
    path = write_graph(out, rows, resource, project)
    assert path
    subjects = {q.subject.value for q in graph_of(path)}
    assert subjects == {f"{BASE}/kos/a/b%2Fc", f"{BASE}/kos/a%2Fb/c"}
    assert check_back(path, rows, resource, project) == []


def test_a_row_that_has_nothing_but_a_key_is_still_a_row(city: Project, out: Path) -> None:
    resource = city.datasets["city"].resource("things")
    rows = tidy(resource, [{"thing_id": "solo"}])
    path = write_graph(out, rows, resource, city)
    assert path
    assert check_back(path, rows, resource, city) == []
    assert isinstance(rows, pd.DataFrame)


def test_the_columns_of_the_tiny_table_are_of_every_type() -> None:
    types = {f.get("type", "string") for f in things()["schema"]["fields"]}
    assert types == {"string", "integer", "number", "boolean", "datetime", "year"}  # the EDTF date derives dates
