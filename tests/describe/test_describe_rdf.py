"""The catalogue as RDF: what it says, and that it says it with the same bytes each time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from describe_builders import BASE, Described
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from pipelines.contracts.metadata import Catalogue
from pipelines.describe import dcat_graph, serialize
from pipelines.describe.rdf import RdfFormat, expand

SERVED = "http://127.0.0.1:8000"
PARSERS: dict[RdfFormat, str] = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}
GOLDEN = Path(__file__).parent / "golden" / "catalog.ttl"
STANDARDS = Path(__file__).parents[2].parent / "shared" / "standards"


@pytest.fixture
def graph(described: Described) -> Graph:
    return dcat_graph(described.catalogue, SERVED)


def values(graph: Graph, subject: str, name: str) -> set[str]:
    return {str(o) for o in graph.objects(URIRef(subject), URIRef(expand(name)))}


def test_the_catalogue_of_the_small_release_is_the_golden_one(graph: Graph) -> None:
    assert serialize(graph, "ttl").decode() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("fmt", PARSERS)
def test_each_format_says_the_same(graph: Graph, fmt: RdfFormat) -> None:
    read = Graph().parse(serialize(graph, fmt), format=PARSERS[fmt])
    assert len(read) == len(graph) > 200
    assert isomorphic(read, graph)


def test_nothing_is_a_blank_node(graph: Graph) -> None:
    assert not [term for triple in graph for term in triple if isinstance(term, BNode)]


SCRIPT = """
import sys
from pathlib import Path
from pipelines.contracts.metadata import Catalogue
from pipelines.describe import dcat_graph, serialize
catalogue = Catalogue.model_validate_json(Path(sys.argv[1]).read_bytes())
for fmt in ("ttl", "rdf", "jsonld"):
    Path(sys.argv[2], fmt).write_bytes(serialize(dcat_graph(catalogue, "http://127.0.0.1:8000"), fmt))
"""


def test_the_bytes_are_the_same_in_every_process(described: Described, graph: Graph, tmp_path: Path) -> None:
    given = tmp_path / "catalogue.json"
    given.write_text(described.catalogue.model_dump_json(), encoding="utf-8")
    for seed in ("1", "2"):
        out = tmp_path / f"seed-{seed}"
        out.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SCRIPT, str(given), str(out)], check=True, env=environment)
        for fmt in PARSERS:
            assert (out / fmt).read_bytes() == serialize(graph, fmt), f"{fmt} with seed {seed}"


def test_describing_without_rdf_does_not_load_rdflib() -> None:
    code = "import sys, pipelines.describe; sys.exit('rdflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_are_named_where_they_are_served_and_things_where_they_are_minted(
    described: Described, graph: Graph
) -> None:
    file = described.meta.distributions[0]
    address = f"{SERVED}/datasets/workshops/2026-11-22.1/workshops.csv"
    assert values(graph, file.iri, "dcat:downloadURL") == values(graph, file.iri, "dcat:accessURL") == {address}
    assert values(graph, described.meta.iri, "dcat:landingPage") == {f"{SERVED}/datasets/workshops/"}
    assert all(str(s).startswith((BASE, "http://datos.gob.es/")) for s in graph.subjects())


def test_a_dataset_tells_its_version_the_former_one_and_the_series(described: Described, graph: Graph) -> None:
    iri = described.meta.iri
    assert values(graph, iri, "dcat:version") == {"2026-11-22.1"}
    assert values(graph, iri, "dcat:previousVersion") == {f"{iri}/2026-11-21.1"}
    assert values(graph, iri, "dcat:inSeries") == {f"{BASE}/catalogo/serie/workshops"}


def test_themes_are_named_for_the_european_and_for_the_spanish_portal(described: Described, graph: Graph) -> None:
    assert values(graph, described.meta.iri, "dcat:theme") == {
        "http://publications.europa.eu/resource/authority/data-theme/EDUC",
        "http://datos.gob.es/kos/sector-publico/sector/educacion",
    }


def test_the_change_of_a_dataset_is_the_change_of_its_rows(described: Described, graph: Graph) -> None:
    assert values(graph, described.meta.iri, "dct:modified") == {"2026-11-21T09:30:00+00:00"}
    assert values(graph, described.meta.iri, "dct:issued") == {"2026-11-20"}


def test_sizes_hashes_and_dates_carry_their_types(described: Described, graph: Graph) -> None:
    file = described.meta.distributions[0]
    one = {
        "dcat:byteSize": ("xsd:nonNegativeInteger", str(file.byte_size)),
        "dct:modified": ("xsd:dateTime", "2026-11-22T17:00:00+00:00"),
    }
    for name, (kind, value) in one.items():
        assert list(graph.objects(URIRef(file.iri), URIRef(expand(name)))) == [
            Literal(value, datatype=URIRef(expand(kind)))
        ]
    checksum = f"{file.iri}/sha256"
    assert values(graph, checksum, "spdx:checksumValue") == {file.checksum.sha256}
    assert values(graph, checksum, "spdx:algorithm") == {"http://spdx.org/rdf/terms#checksumAlgorithm_sha256"}


def test_json_lines_have_a_file_type_of_the_table_and_no_media_type_that_iana_does_not_know(
    described: Described, graph: Graph
) -> None:
    files = {d.file: d.iri for d in described.meta.distributions}
    types = "http://publications.europa.eu/resource/authority/file-type"
    assert values(graph, files["rooms.jsonl"], "dct:format") == {f"{types}/JSON"}
    assert values(graph, files["rooms.jsonl"], "dcat:mediaType") == set()
    iana = "http://www.iana.org/assignments/media-types"
    assert values(graph, files["rooms.parquet"], "dcat:mediaType") == {f"{iana}/application/vnd.apache.parquet"}


def test_titles_stand_in_both_languages(described: Described, graph: Graph) -> None:
    title = set(graph.objects(URIRef(described.meta.iri), URIRef(expand("dct:title"))))
    assert title == {Literal("Talleres", lang="es"), Literal("Workshops", lang="en")}


def test_a_place_with_an_accent_stays_as_the_official_list_writes_it(graph: Graph) -> None:
    assert "/Pais/España>".encode() in serialize(graph, "ttl")


def test_json_ld_has_prefixes_and_a_type_for_each_node(graph: Graph) -> None:
    text = serialize(graph, "jsonld").decode()
    assert '"dcat": "http://www.w3.org/ns/dcat#"' in text
    assert '"@type": "dcat:Dataset"' in text
    assert "dcat#Dataset" not in text


def test_the_catalogue_passes_the_official_shapes(graph: Graph) -> None:
    shapes = STANDARDS / "shapes-eu" / "shapes.ttl"
    if not shapes.is_file():
        pytest.skip("the official shapes are not beside the project")
    from shacl import Shapes

    report = Shapes.from_file(str(shapes)).validate_turtle(serialize(graph, "ttl").decode())
    assert report.results == []


def test_an_empty_catalogue_is_still_a_catalogue(described: Described) -> None:
    empty: Catalogue = described.catalogue.model_copy(update={"datasets": []})
    graph = dcat_graph(empty, SERVED)
    assert values(graph, empty.iri, "dcat:dataset") == set()
    assert isomorphic(Graph().parse(serialize(graph, "rdf"), format="xml"), graph)
