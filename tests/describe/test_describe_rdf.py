"""The catalogue as RDF: what both feeds say, and that they say it with the same bytes each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from describe_builders import BASE, Described
from rdflib import Graph, Literal, URIRef

from pipelines.contracts.metadata import Catalogue
from pipelines.describe import dcat_graph, serialize
from pipelines.describe.dcat import PROFILES, ProfileName
from pipelines.describe.rdf import PREFIXES, RDF_FORMATS, RdfFormat, expand
from pipelines.describe.rdf import Graph as Said

SERVED = "http://127.0.0.1:8000"
PARSERS: dict[RdfFormat, str] = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(params=PROFILES)
def said(request: pytest.FixtureRequest, described: Described) -> Said:
    """The catalogue in each profile, as it is made."""
    return dcat_graph(described.catalogue, SERVED, request.param)


@pytest.fixture
def graph(said: Said) -> Graph:
    """The same, as others read it."""
    return Graph().parse(serialize(said, "ttl"), format="turtle")


def values(graph: Graph, subject: str, name: str) -> set[str]:
    return {str(o) for o in graph.objects(URIRef(subject), URIRef(expand(name)))}


@pytest.mark.parametrize(("profile", "name"), [("es", "catalog.ttl"), ("eu", "eu-catalog.ttl")])
def test_the_catalogue_of_the_small_release_is_the_golden_one(
    described: Described, profile: ProfileName, name: str
) -> None:
    made = serialize(dcat_graph(described.catalogue, SERVED, profile), "ttl").decode()
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("fmt", PARSERS)
def test_each_format_says_the_same(said: Said, graph: Graph, fmt: RdfFormat) -> None:
    read = Graph().parse(serialize(said, fmt), format=PARSERS[fmt])
    assert len(read) == len(said) > 200
    assert set(read) == set(graph)


def test_nothing_is_a_blank_node(said: Said) -> None:
    import pyoxigraph

    assert not [t for t in said if isinstance(t.subject, pyoxigraph.BlankNode)]
    assert not [t for t in said if isinstance(t.object, pyoxigraph.BlankNode)]


SCRIPT = """
import sys
from pathlib import Path
from pipelines.contracts.metadata import Catalogue
from pipelines.describe import dcat_graph, serialize
catalogue = Catalogue.model_validate_json(Path(sys.argv[1]).read_bytes())
for profile in ("es", "eu"):
    graph = dcat_graph(catalogue, "http://127.0.0.1:8000", profile)
    for fmt in ("ttl", "rdf", "jsonld"):
        Path(sys.argv[2], f"{profile}.{fmt}").write_bytes(serialize(graph, fmt))
"""


def test_the_bytes_are_the_same_in_every_process(described: Described, tmp_path: Path) -> None:
    given = tmp_path / "catalogue.json"
    given.write_text(described.catalogue.model_dump_json(), encoding="utf-8")
    for seed in ("1", "2"):
        out = tmp_path / f"seed-{seed}"
        out.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SCRIPT, str(given), str(out)], check=True, env=environment)
        for profile in PROFILES:
            graph = dcat_graph(described.catalogue, SERVED, profile)
            for fmt in RDF_FORMATS:
                made = (out / f"{profile}.{fmt}").read_bytes()
                assert made == serialize(graph, fmt), f"{profile}, {fmt} with seed {seed}"


def test_describing_without_rdf_loads_no_rdf_library() -> None:
    code = "import sys, pipelines.describe; sys.exit(bool({'rdflib', 'pyoxigraph'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_are_named_where_they_are_served_and_things_where_they_are_minted(
    described: Described, graph: Graph
) -> None:
    file = described.meta.distributions[0]
    address = f"{SERVED}/datasets/workshops/2026-11-22.1/workshops.csv"
    assert values(graph, file.iri, "dcat:downloadURL") == values(graph, file.iri, "dcat:accessURL") == {address}
    assert values(graph, described.meta.iri, "dcat:landingPage") == {f"{SERVED}/datasets/workshops/"}
    minted = set(graph.subjects(URIRef(expand("dct:title")))) - {URIRef(t) for t in TITLED_SCHEMES}
    assert all(str(s).startswith(f"{BASE}/catalogo") for s in minted)


TITLED_SCHEMES = (
    "http://publications.europa.eu/resource/authority/data-theme",
    "http://publications.europa.eu/resource/authority/distribution-status",
    "http://datos.gob.es/kos/sector-publico/sector",
    "http://purl.org/adms/licencetype/1.0",
    "http://purl.org/adms/publishertype/1.0",
)
"""What has a title in the European feed and is not ours."""


def test_themes_are_named_for_the_european_and_for_the_spanish_portal(described: Described, graph: Graph) -> None:
    assert values(graph, described.meta.iri, "dcat:theme") == {
        "http://publications.europa.eu/resource/authority/data-theme/EDUC",
        "http://datos.gob.es/kos/sector-publico/sector/educacion",
    }


def test_the_change_of_a_dataset_is_the_change_of_its_rows(described: Described, graph: Graph) -> None:
    assert values(graph, described.meta.iri, "dct:modified") == {"2026-11-21T09:30:00+00:00"}
    assert values(graph, described.meta.iri, "dct:issued") == {"2026-11-20"}


def test_sizes_and_dates_carry_their_types(described: Described, graph: Graph) -> None:
    file = described.meta.distributions[0]
    one = {
        "dcat:byteSize": ("xsd:nonNegativeInteger", str(file.byte_size)),
        "dct:modified": ("xsd:dateTime", "2026-11-22T17:00:00+00:00"),
    }
    for name, (kind, value) in one.items():
        assert list(graph.objects(URIRef(file.iri), URIRef(expand(name)))) == [
            Literal(value, datatype=URIRef(expand(kind)))
        ]


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


def test_a_place_with_an_accent_stays_as_the_official_list_writes_it(described: Described) -> None:
    encoded = "http://datos.gob.es/recurso/sector-publico/territorio/Pais/Espa%C3%B1a"
    place = described.catalogue.spatial[0].model_copy(update={"iri": encoded})
    catalogue = described.catalogue.model_copy(update={"spatial": [place]})
    for given in (described.catalogue, catalogue):
        text = serialize(dcat_graph(given, SERVED), "ttl").decode()
        assert "/Pais/España>" in text
        assert "%C3" not in text


def test_json_ld_has_prefixes_and_a_node_a_line(said: Said) -> None:
    text = serialize(said, "jsonld").decode()
    assert json.loads(text)["@context"] == PREFIXES
    assert '"@type": "dcat:Dataset"' in text
    assert "dcat#Dataset" not in text
    nodes = [line for line in text.splitlines() if line.startswith('{"@id"')]
    assert len(nodes) == len({t.subject for t in said}) == len(json.loads(text)["@graph"])


@pytest.mark.parametrize("profile", PROFILES)
def test_an_empty_catalogue_is_still_a_catalogue(described: Described, profile: ProfileName) -> None:
    empty: Catalogue = described.catalogue.model_copy(update={"datasets": []})
    graph = Graph().parse(serialize(dcat_graph(empty, SERVED, profile), "rdf"), format="xml")
    assert values(graph, empty.iri, "dcat:dataset") == set()
    assert values(graph, empty.iri, "dct:title") == {"Datos abiertos de Pueblo", "Open data of Pueblo"}


def test_what_is_no_iri_is_refused() -> None:
    with pytest.raises(ValueError, match="IRI"):
        Said().iri("https://pueblo.example/a b")
