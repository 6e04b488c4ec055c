"""The catalogue as DCAT 3, in the profile DCAT-AP 3.0.1.

What belongs here: which property of the standard says which part of the model. What does not: bytes,
which are written by `rdf`, and any judgement, which is `check`.

Every node has an IRI. Publisher, themes and sectors are named as the Spanish federator names them and
as the European portal does, so that both find their own.
"""

from typing import TYPE_CHECKING

from pipelines.contracts import metadata as meta
from pipelines.describe import iris
from pipelines.describe.formats import IANA_MEDIA_TYPES
from pipelines.describe.rdf import Subject, new_graph

if TYPE_CHECKING:
    from rdflib import Graph

EU = "http://publications.europa.eu/resource/authority"
SECTORS = "http://datos.gob.es/kos/sector-publico/sector"
IANA = "http://www.iana.org/assignments/media-types"
LOCAL_AUTHORITY = "http://purl.org/adms/publishertype/LocalAuthority"


def dcat_graph(catalogue: meta.Catalogue, base_url: str) -> "Graph":
    """The catalogue and its datasets as a graph without blank nodes.

    `base_url` is where the portal is served, without a final slash; files and pages are named under it.
    """
    graph = new_graph()
    _catalogue(graph, catalogue)
    _publisher(graph, catalogue.publisher)
    _contact(graph, catalogue.contact, catalogue.publisher)
    for dataset in catalogue.datasets:
        _dataset(graph, dataset, base_url)
        for distribution in dataset.distributions:
            _distribution(graph, dataset, distribution, base_url)
    return graph


def dataset_page(dataset: meta.Dataset, base_url: str) -> str:
    """The page about a dataset: its own if it declares one, else the portal's."""
    return dataset.landing_page or f"{base_url}/datasets/{dataset.id}/"


def file_address(dataset: meta.Dataset, file: str, base_url: str) -> str:
    """The permanent address of a file of this version."""
    return f"{base_url}/datasets/{dataset.id}/{dataset.version}/{file}"


def _catalogue(graph: "Graph", catalogue: meta.Catalogue) -> None:
    node = Subject(graph, catalogue.iri, "dcat:Catalog")
    node.text("dct:title", catalogue.titles)
    node.text("dct:description", catalogue.descriptions)
    node.iri("dct:publisher", catalogue.publisher.iri)
    node.iri("dcat:contactPoint", catalogue.contact.iri)
    node.iri("dct:license", catalogue.licence)
    node.iri("foaf:homepage", catalogue.homepage)
    node.iri("dct:language", *(f"{EU}/language/{code}" for code in catalogue.languages))
    node.iri("dct:spatial", *(place.iri for place in catalogue.spatial))
    node.iri("dcat:themeTaxonomy", SECTORS, f"{EU}/data-theme")
    node.day("dct:issued", catalogue.issued)
    node.moment("dct:modified", catalogue.modified)
    node.iri("dcat:dataset", *(dataset.iri for dataset in catalogue.datasets))


def _publisher(graph: "Graph", agent: meta.Agent) -> None:
    node = Subject(graph, agent.iri, "foaf:Agent")
    node.text("foaf:name", agent.name)
    node.literal("dct:identifier", agent.identifier)
    node.iri("foaf:homepage", agent.homepage)
    if agent.identifier.startswith("L"):  # DIR3 codes of local authorities begin with L
        node.iri("dct:type", LOCAL_AUTHORITY)


def _contact(graph: "Graph", contact: meta.ContactPoint, publisher: meta.Agent) -> None:
    node = Subject(graph, contact.iri, "vcard:Kind", "vcard:Organization")
    node.text("vcard:fn", contact.name)
    node.text("vcard:organization-name", publisher.name)
    node.iri("vcard:hasEmail", f"mailto:{contact.email}")
    node.iri("vcard:hasURL", contact.url)
    node.iri("vcard:hasUID", publisher.iri)


def _dataset(graph: "Graph", dataset: meta.Dataset, base_url: str) -> None:
    node = Subject(graph, dataset.iri, "dcat:Dataset")
    _shared(node, dataset)
    node.text("dct:title", dataset.titles)
    node.text("dct:description", dataset.descriptions)
    node.literal("dct:identifier", dataset.identifier)
    node.words("dcat:keyword", dataset.keywords)
    node.iri("dcat:theme", *(f"{EU}/data-theme/{code}" for code in dataset.themes))
    node.iri("dcat:theme", *(f"{SECTORS}/{code}" for code in dataset.sectors))
    node.iri("dct:accessRights", f"{EU}/access-right/{dataset.access_rights}")
    node.iri("dct:language", *(f"{EU}/language/{code}" for code in dataset.languages))
    node.iri("dcat:landingPage", dataset_page(dataset, base_url))
    node.literal("dcat:version", dataset.version)
    node.iri("dcat:hasCurrentVersion", dataset.version_iri)
    if dataset.previous_version:
        node.iri("dcat:previousVersion", f"{dataset.iri}/{dataset.previous_version}")
    node.iri("dct:provenance", iris.provenance(dataset.iri))
    node.iri("dcat:distribution", *(distribution.iri for distribution in dataset.distributions))
    Subject(graph, iris.provenance(dataset.iri), "dct:ProvenanceStatement").text("rdfs:label", dataset.provenance)
    if dataset.temporal:
        period = Subject(graph, dataset.temporal.iri, "dct:PeriodOfTime")
        period.day("dcat:startDate", dataset.temporal.start)
        period.day("dcat:endDate", dataset.temporal.end)
    if dataset.series:
        node.iri("dcat:inSeries", dataset.series.iri)
        series = Subject(graph, dataset.series.iri, "dcat:DatasetSeries")
        series.text("dct:title", dataset.series.titles)
        series.text("dct:description", dataset.series.descriptions)
        _shared(series, dataset)


def _shared(node: Subject, dataset: meta.Dataset) -> None:
    """What is said of a dataset and of the series of its versions alike."""
    node.iri("dct:publisher", dataset.publisher.iri)
    node.iri("dcat:contactPoint", dataset.contact.iri)
    node.iri("dct:accrualPeriodicity", f"{EU}/frequency/{dataset.frequency}")
    node.iri("dct:spatial", *(place.iri for place in dataset.spatial))
    node.iri("dct:temporal", dataset.temporal.iri if dataset.temporal else None)
    node.day("dct:issued", dataset.issued)
    node.moment("dct:modified", dataset.data_changed)
    node.iri("dcatap:applicableLegislation", *dataset.legislation)


def _distribution(graph: "Graph", dataset: meta.Dataset, file: meta.Distribution, base_url: str) -> None:
    node = Subject(graph, file.iri, "dcat:Distribution")
    address = file_address(dataset, file.file, base_url)
    node.text("dct:title", file.titles)
    node.text("dct:description", file.descriptions)
    node.iri("dcat:accessURL", address)
    node.iri("dcat:downloadURL", address)
    node.iri("dct:format", f"{EU}/file-type/{file.format}")
    node.iri("dcat:mediaType", f"{IANA}/{file.media_type}" if file.media_type in IANA_MEDIA_TYPES else None)
    node.iri("dct:license", file.licence)
    node.iri("dct:rights", f"{EU}/access-right/{dataset.access_rights}")
    node.iri("dct:language", *(f"{EU}/language/{code}" for code in file.languages))
    node.literal("dcat:byteSize", str(file.byte_size), "xsd:nonNegativeInteger")
    node.moment("dct:issued", file.issued)
    node.moment("dct:modified", file.modified)
    node.iri("dcatap:availability", f"{EU}/planned-availability/STABLE")
    node.iri("adms:status", f"{EU}/distribution-status/COMPLETED")
    node.iri("dcatap:applicableLegislation", *file.legislation)
    node.iri("spdx:checksum", iris.checksum(file.iri))
    checksum = Subject(graph, iris.checksum(file.iri), "spdx:Checksum")
    checksum.iri("spdx:algorithm", "http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
    checksum.literal("spdx:checksumValue", file.checksum.sha256, "xsd:hexBinary")
