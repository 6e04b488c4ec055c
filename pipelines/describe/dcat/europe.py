"""DCAT-AP 3.0.1: the European feed, with series, versions, SHA-256 and the type of every value.

What belongs here: what this profile alone says. What does not: what it shares, which is in `base`, and the names
of concepts, which are in `concepts`.

The types stand in this feed only: in the Spanish one a territory that is typed must have a geometry.
"""

from pipelines.contracts import metadata as meta
from pipelines.describe import iris
from pipelines.describe.dcat.base import EU, HVD_CATEGORIES, SECTORS, Profile
from pipelines.describe.dcat.concepts import ADMS, LABELS, LICENCE_TYPES, PUBLISHER_TYPES
from pipelines.describe.rdf import Graph, Subject, expand

CLASSES = {
    "adms:status": "skos:Concept",
    "dcat:landingPage": "foaf:Document",
    "dcat:mediaType": "dct:MediaType",
    "dcat:theme": "skos:Concept",
    "dcat:themeTaxonomy": "skos:ConceptScheme",
    "dcatap:applicableLegislation": "eli:LegalResource",
    "dcatap:availability": "skos:Concept",
    "dcatap:hvdCategory": "skos:Concept",
    "dct:accessRights": "dct:RightsStatement",
    "dct:accrualPeriodicity": "dct:Frequency",
    "dct:conformsTo": "dct:Standard",
    "dct:format": "dct:MediaTypeOrExtent",
    "dct:language": "dct:LinguisticSystem",
    "dct:license": "dct:LicenseDocument",
    "dct:rights": "dct:RightsStatement",
    "dct:spatial": "dct:Location",
    "dct:type": "skos:Concept",
    "foaf:homepage": "foaf:Document",
    "foaf:page": "foaf:Document",
    "spdx:algorithm": "spdx:ChecksumAlgorithm",
}
"""The class that each property wants its values to have (DCAT-AP 3.0.1, ranges)."""

SCHEMES = {
    f"{HVD_CATEGORIES}/": f"{HVD_CATEGORIES}/asd487ae75",
    f"{SECTORS}/": SECTORS,
    f"{ADMS}/publishertype/": f"{ADMS}/publishertype/1.0",
    f"{ADMS}/licencetype/": f"{ADMS}/licencetype/1.0",
}
"""The scheme of the concepts whose IRI begins like that. Those of an EU table stand under the IRI of the table."""


class EuropeanProfile(Profile):
    """DCAT-AP 3.0.1; for high-value datasets also DCAT-AP HVD 3.0.0."""

    def listing(self, datasets: list[meta.Dataset], services: bool) -> Graph:
        """The shared node and services, the publisher, and the types of what they name."""
        graph = super().listing(datasets, services)
        self._publisher(graph)
        return _typed(graph)

    def dataset(self, dataset: meta.Dataset) -> Graph:
        """The shared part, the publisher, the series, and the types of what they name."""
        graph = super().dataset(dataset)
        self._publisher(graph)
        return _typed(graph)

    def _dataset(self, graph: Graph, dataset: meta.Dataset) -> Subject:
        node = super()._dataset(graph, dataset)
        node.iri("dcat:hasCurrentVersion", dataset.version_iri)
        if dataset.previous_version:
            node.iri("dcat:previousVersion", f"{dataset.iri}/{dataset.previous_version}")
        if dataset.series:
            node.iri("dcat:inSeries", dataset.series.iri)
            series = Subject(graph, dataset.series.iri, "dcat:DatasetSeries")
            series.text("dct:title", dataset.series.titles)
            series.text("dct:description", dataset.series.descriptions)
            self._about(series, dataset)
        return node

    def _distribution(self, graph: Graph, dataset: meta.Dataset, file: meta.Distribution) -> Subject:
        node = super()._distribution(graph, dataset, file)
        node.iri("adms:status", f"{EU}/distribution-status/COMPLETED")
        return node

    def _checksum(self, file: meta.Distribution) -> tuple[str, str, str]:
        # The code list of the profile is spelt with `https`; SPDX itself and the Spanish profile have `http`.
        return iris.sha256(file.iri), "https://spdx.org/rdf/terms#checksumAlgorithm_sha256", file.checksum.sha256

    def _publisher(self, graph: Graph) -> None:
        agent = self.catalogue.publisher
        node = Subject(graph, agent.iri, "foaf:Agent")
        node.text("foaf:name", agent.name)
        node.literal("dct:identifier", agent.identifier)
        node.iri("foaf:homepage", agent.homepage)
        kind = PUBLISHER_TYPES.get(agent.identifier[:1])
        node.iri("dct:type", kind and f"{ADMS}/publishertype/{kind}")


def _typed(graph: Graph) -> Graph:
    """`graph` with a class, a scheme and a name for the values that are named and not described."""
    classes = {expand(name): kind for name, kind in CLASSES.items()}
    values = {(o.value, classes[p.value]): None for _, said in graph.nodes() for p, o in said if p.value in classes}
    for value, kind in values:
        _stub(graph, value, kind)
    return graph


def _stub(graph: Graph, value: str, kind: str) -> None:
    label = LABELS.get(value)
    if label is None and kind in ("skos:Concept", "skos:ConceptScheme"):
        return  # The shapes take no concept without a name; what is not typed is not asked for one.
    node = Subject(graph, value, kind)
    scheme = _scheme(value)
    if kind == "skos:ConceptScheme":
        node.text("dct:title", label)
        return
    node.text("skos:prefLabel", label)
    node.iri("skos:inScheme", scheme)
    if scheme in LABELS:
        _stub(graph, scheme, "skos:ConceptScheme")
    licence = LICENCE_TYPES.get(value)
    if licence:
        node.iri("dct:type", f"{ADMS}/licencetype/{licence}")
        _stub(graph, f"{ADMS}/licencetype/{licence}", "skos:Concept")


def _scheme(value: str) -> str | None:
    if value.startswith(f"{EU}/"):
        return value.rsplit("/", 1)[0]
    return next((scheme for start, scheme in SCHEMES.items() if value.startswith(start)), None)
