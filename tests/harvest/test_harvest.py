"""What a real CKAN keeps of the Spanish feed: ckanext-harvest reads it over HTTP, and each property is looked for.

Needs a CKAN with the extensions harvest, dcat and scheming with the schema `dcat_ap_full`, as `make test-ckan` brings
one up. The test adds a source of its own and removes it, with all that it harvested.
"""

import fcntl
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.request import urlopen

import pytest
from pyoxigraph import Literal, RdfFormat, parse

from pipelines.contracts.project import load_project
from pipelines.describe.rdf import PREFIXES, expand
from pipelines.line import Line
from tests.ckan.real import Ckan, ckan
from tests.facts.shipped import only_shipped

__all__ = ["ckan"]

ROOT = Path(__file__).parents[2]
SOURCE = "opendata-test"
PAGE = 120_000
"""Bytes of a page, so that the feed has several."""

pytestmark = pytest.mark.slow

Graph = dict[str, list[tuple[str, str, str]]]
"""Subject: property, value, and language or nothing, in the order of the file."""

KEPT = {
    "dct:title": "title",
    "dct:description": "notes",
    "dct:identifier": "identifier",
    "dct:issued": "issued",
    "dct:modified": "modified",
    "dct:publisher": "publisher.uri",
    "dct:accrualPeriodicity": "frequency",
    "dct:accessRights": "access_rights",
    "dct:language": "language",
    "dcatap:applicableLegislation": "applicable_legislation",
    "dcat:theme": "theme",
    "dcat:keyword": "tags.name",
    "dcat:landingPage": "url",
    "dcat:version": "version",
    "dcat:distribution": "resources.uri",
    "dcat:contactPoint": "contact.uri",
    "dcat:contactPoint/vcard:fn": "contact.name",
    "dcat:contactPoint/vcard:hasEmail": "contact.email",
    "dcat:contactPoint/vcard:hasURL": "contact.url",
    "dcat:contactPoint/vcard:hasUID": "contact.identifier",
    "dct:temporal/dcat:startDate": "temporal_coverage.start",
    "dct:temporal/dcat:endDate": "temporal_coverage.end",
    "dct:provenance/rdfs:label": "provenance",
}
"""Properties of a dataset that arrive whole, texts in Spanish only, and the field of CKAN that has them."""

KEPT_OF_FILE = {
    "dct:title": "name",
    "dct:description": "description",
    "dct:issued": "issued",
    "dct:modified": "modified",
    "dct:format": "format",
    "dct:license": "license",
    "dct:rights": "rights",
    "dct:language": "language",
    "dct:conformsTo": "conforms_to",
    "dcatap:availability": "availability",
    "dcatap:applicableLegislation": "applicable_legislation",
    "dcat:accessURL": "access_url",
    "dcat:downloadURL": "download_url",
    "dcat:mediaType": "mimetype",
    "dcat:byteSize": "size",
    "spdx:checksum/spdx:algorithm": "hash_algorithm",
    "spdx:checksum/spdx:checksumValue": "hash",
}
"""The same for a distribution and the resource that it becomes."""

LOST = {
    "dcat:contactPoint/vcard:hasTelephone",
    "dcat:contactPoint/vcard:organization-name",
    "dct:temporal",
    "dct:provenance",
    "spdx:checksum",
}
"""Properties of which nothing arrives; of the last three the IRI of the node, and what it says is kept."""

CUT = "dct:spatial"
"""Of several places CKAN keeps the last one that the file names."""

NOT_BACK = {"dct:title", "dct:description", "dct:provenance", "dct:spatial", "dct:temporal", "dcat:keyword"}
"""Properties of a dataset that CKAN's own DCAT says otherwise: no language, one place, blank nodes."""
NOT_BACK_OF_FILE = {"dct:title", "dct:description", "spdx:checksum"}

FOLLOWED = {"dcat:contactPoint", "dct:temporal", "dct:provenance", "spdx:checksum"}
"""Properties whose nodes are looked into."""


def harvest(ckan: Ckan) -> dict[str, dict[str, Any]]:
    """The datasets after a harvest, by their IRI."""
    ckan.run("search-index", "rebuild", SOURCE)  # After the first job of a source CKAN 2.12 has its type in no place.
    log = ckan.run("harvester", "run-test", SOURCE).stderr
    assert "Traceback" not in log, log[-2000:]
    return shown(ckan)


def shown(ckan: Ckan) -> dict[str, dict[str, Any]]:
    found = ckan.reader.action.package_search(rows=1000, fq="dataset_type:dataset")["results"]
    return {d["uri"]: d for d in found if "uri" in d}


def publish(settings: dict[str, Any]) -> dict[str, Graph]:
    """The pages of the feed once the examples are published with `settings`."""
    project = only_shipped(load_project(ROOT, **settings))
    with Line(project, "publish") as line:
        line.publish()
    return {page.name: read(page.read_bytes(), RdfFormat.RDF_XML) for page in project.store.portal.glob("catalog*.rdf")}


def read(content: bytes, fmt: RdfFormat) -> Graph:
    graph: Graph = {}
    for triple in parse(content, fmt):
        value = triple.object
        said = (triple.predicate.value, value.value, (value.language or "") if isinstance(value, Literal) else "")
        graph.setdefault(triple.subject.value, []).append(said)
    return graph


def said(graph: Graph, subject: str, path: str) -> list[str]:
    """The values at the end of a path of properties, as CKAN would write them; of texts but keywords the Spanish ones."""
    first, _, rest = path.partition("/")
    found = [(v, lang) for p, v, lang in graph[subject] if p == expand(first)]
    if rest:
        return [value for node, _ in found for value in said(graph, node, rest)]
    return [v.removeprefix("mailto:") for v, lang in found if lang != "en" or first == "dcat:keyword"]


def fields(value: Any, path: str) -> list[str]:
    """The values at the end of a path of fields; a field that is not there or empty has none."""
    if isinstance(value, list):
        return [one for item in value for one in fields(item, path)]
    if value in (None, ""):
        return []
    if not path:
        return [str(value)]
    first, _, rest = path.partition(".")
    return fields(value.get(first), rest)


def paths(graph: Graph, subject: str) -> set[str]:
    """All that the feed says of a dataset or a file, through the nodes that are its own; types aside."""
    out = set()
    for p, value, _ in graph[subject]:
        out.add(short(p))
        if short(p) in FOLLOWED:
            out |= {f"{short(p)}/{short(q)}" for q, _, _ in graph[value]}
    return {path for path in out if not path.endswith("rdf:type")}


def short(iri: str) -> str:
    return next(f"{prefix}:{iri.removeprefix(start)}" for prefix, start in PREFIXES.items() if iri.startswith(start))


def whole(pages: dict[str, Graph]) -> Graph:
    """All pages as one graph."""
    return {subject: said for page in pages.values() for subject, said in page.items()}


def of_type(graph: Graph, name: str) -> list[str]:
    return [subject for subject, said in graph.items() if (expand("rdf:type"), expand(name), "") in said]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Where the portal is written and served: on a port of its own, whatever tree is the current one."""
    store = tmp_path_factory.mktemp("store")
    handler = partial(SimpleHTTPRequestHandler, directory=str(store / "portal"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"store": str(store), "base_url": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()


@pytest.fixture(scope="module")
def source(ckan: Ckan, settings: dict[str, Any]) -> Iterator[None]:
    """A harvest source of our own, removed at the end with what it brought. Workers of a parallel run take turns."""
    organisation = ckan.reader.action.organization_list()[0]
    feed = f"{settings['base_url']}/catalog.rdf"
    with (Path(gettempdir()) / f"{SOURCE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # It fails after it has done its work.
        ckan.run("harvester", "source", "create", SOURCE, feed, "dcat_rdf", SOURCE, "true", organisation, "MANUAL")
        yield
        ckan.run("harvester", "source", "clear", SOURCE)
        ckan.run("dataset", "purge", SOURCE)


@pytest.fixture(scope="module")
def harvested(ckan: Ckan, settings: dict[str, Any], source: None) -> tuple[Graph, dict[str, dict[str, Any]]]:
    """The feed, and what CKAN made of it."""
    feed = whole(publish(settings))
    here = of_type(feed, "dcat:Dataset")
    assert not shown(ckan).keys() & set(here), "this CKAN shows the examples already, from another source"
    return feed, harvest(ckan)


Harvested = tuple[Graph, dict[str, dict[str, Any]]]


def pairs(harvested: Harvested) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Each dataset and file of the feed, what CKAN has of it, and the table that says where."""
    feed, datasets = harvested
    for iri in of_type(feed, "dcat:Dataset"):
        yield iri, datasets[iri], KEPT
        for file in datasets[iri]["resources"]:
            yield file["uri"], file, KEPT_OF_FILE


def test_each_dataset_and_each_file_arrives_under_its_iri(harvested: Harvested) -> None:
    feed, datasets = harvested
    assert set(of_type(feed, "dcat:Dataset")) == datasets.keys() & set(of_type(feed, "dcat:Dataset"))
    assert {iri for iri, _, _ in pairs(harvested)} == {
        *of_type(feed, "dcat:Dataset"),
        *of_type(feed, "dcat:Distribution"),
    }


def test_the_tables_name_every_property_of_the_feed(harvested: Harvested) -> None:
    feed, _ = harvested
    said_of = {
        name: set().union(*(paths(feed, s) for s in of_type(feed, name)))
        for name in ("dcat:Dataset", "dcat:Distribution")
    }
    lost_of_file = {path for path in LOST if path.startswith("spdx:")}
    assert said_of["dcat:Dataset"] == KEPT.keys() | (LOST - lost_of_file) | {CUT}
    assert said_of["dcat:Distribution"] == KEPT_OF_FILE.keys() | lost_of_file


def test_what_the_tables_call_kept_arrives_in_its_field(harvested: Harvested) -> None:
    feed, _ = harvested
    wrong = [
        (iri, path, said(feed, iri, path), fields(got, field))
        for iri, got, table in pairs(harvested)
        for path, field in table.items()
        if set(said(feed, iri, path)) != set(fields(got, field))
    ]
    assert wrong == []


def test_what_the_tables_call_lost_is_nowhere_in_the_dataset(harvested: Harvested) -> None:
    feed, datasets = harvested
    for iri, got, _ in pairs(harvested):
        text = json.dumps(got, ensure_ascii=False)
        assert [v for path in LOST & paths(feed, iri) for v in said(feed, iri, path) if f'"{v}"' in text] == []
        english = [v for p, v, lang in feed[iri] if lang == "en" and short(p) != "dcat:keyword"]
        assert english
        assert [v for v in english if f'"{v}"' in text] == []
    assert {d["license_id"] for d in datasets.values() if d["uri"] in feed} == {""}, (
        "CKAN knows no licence of the EU table"
    )


def test_of_several_places_the_first_of_the_dataset_file_is_kept(harvested: Harvested) -> None:
    feed, datasets = harvested
    places = {iri: said(feed, iri, CUT) for iri in of_type(feed, "dcat:Dataset")}
    assert max(map(len, places.values())) > 1
    assert all(fields(datasets[iri], "spatial_coverage.uri") == named[-1:] for iri, named in places.items())
    assert {named[-1].rsplit("/", 1)[1] for named in places.values()} == {"Madrid"}


def test_what_ckan_says_of_it_in_dcat_lacks_languages_places_and_names_of_nodes(
    ckan: Ckan, harvested: Harvested
) -> None:
    feed, datasets = harvested
    back: Graph = {}
    for iri in of_type(feed, "dcat:Dataset"):
        with urlopen(f"{ckan.url}/dataset/{datasets[iri]['name']}.ttl", timeout=60) as answer:  # noqa: S310
            back.update(read(answer.read(), RdfFormat.TURTLE))
    changed: dict[str, set[str]] = {"dcat:Dataset": set(), "dcat:Distribution": set()}
    for name, found in changed.items():
        for iri in of_type(feed, name):
            lists = [{p: {o for o in graph[iri] if o[0] == p} for p, _, _ in feed[iri]} for graph in (feed, back)]
            found |= {short(p) for p in lists[0] if lists[0][p] != lists[1][p]}
    assert changed == {"dcat:Dataset": NOT_BACK, "dcat:Distribution": NOT_BACK_OF_FILE}


def test_the_same_feed_again_and_in_pages_changes_nothing(
    ckan: Ckan, settings: dict[str, Any], harvested: Harvested
) -> None:
    pages = publish({**settings, "feed_page_bytes": PAGE})
    assert len(pages) > 2
    feed, before = harvested
    after = harvest(ckan)
    mark = ("id", "metadata_modified", "resources")
    assert (
        whole(pages).keys() - {p for page in pages.values() for p in of_type(page, "hydra:PagedCollection")}
        == feed.keys()
    )
    for iri in of_type(feed, "dcat:Dataset"):
        assert [after[iri][key] for key in mark] == [before[iri][key] for key in mark]


def test_services_arrive_with_the_files_that_name_them(
    ckan: Ckan, settings: dict[str, Any], harvested: Harvested
) -> None:
    feed = whole(publish({**settings, "api_url": "https://api.example/v1"}))
    after = harvest(ckan)
    for iri in of_type(feed, "dcat:Dataset"):
        for file in after[iri]["resources"]:
            assert fields(file, "access_services.uri") == said(feed, file["uri"], "dcat:accessService")
            served = {"https://api.example/v1", "https://api.example/sparql"}
            assert set(fields(file, "access_services.endpoint_url")) <= served
        assert "API" in fields(after[iri], "tags.name"), "the schema makes tags of the keywords of services"
