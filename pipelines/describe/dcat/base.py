"""What both application profiles of DCAT say of the catalogue, its datasets and its services.

What belongs here: the properties that DCAT-AP-ES 1.0.0 and DCAT-AP 3.0.1 share. What does not: what only
one of them says, which is in `spain` and `europe`, and bytes, which are written by `rdf`.

Every node has an IRI. Publisher, themes and places are named as the Spanish federator names them and
themes as the European portal does too, so that both find their own.
"""

from urllib.parse import quote, unquote

from pipelines.contracts import metadata as meta
from pipelines.describe import iris
from pipelines.describe.formats import IANA_MEDIA_TYPES
from pipelines.describe.rdf import Graph, Subject

EU = "http://publications.europa.eu/resource/authority"
SECTORS = "http://datos.gob.es/kos/sector-publico/sector"
TERRITORIES = "http://datos.gob.es/recurso/sector-publico/territorio/"
IANA = "http://www.iana.org/assignments/media-types"
HVD_CATEGORIES = "http://data.europa.eu/bna"
SERVED_FORMATS = frozenset(["CSV", "JSON"])
"""File types that a data service answers with too: files of these name the services that give access to them."""


class Profile:
    """One application profile, writing one catalogue; each subclass is one version of one standard.

    `base_url` is where the portal is served, without a final slash; files and pages are named under it.
    """

    def __init__(self, catalogue: meta.Catalogue, base_url: str) -> None:
        self.catalogue = catalogue
        self.base_url = base_url

    def listing(self, datasets: list[meta.Dataset], services: bool) -> Graph:
        """The catalogue's own node, which lists `datasets`, and the services if they are wanted."""
        graph = Graph()
        self._catalogue(graph, datasets, services)
        for service in self.catalogue.services if services else []:
            self._service(graph, service)
            self._contact(graph)
        return graph

    def dataset(self, dataset: meta.Dataset) -> Graph:
        """What is said of one dataset: itself, its files, its period, its origin and whom to ask.

        Nothing of it depends on the other datasets or on when the catalogue changed.
        """
        graph = Graph()
        self._dataset(graph, dataset)
        for distribution in dataset.distributions:
            self._distribution(graph, dataset, distribution)
        Subject(graph, iris.provenance(dataset.iri), "dct:ProvenanceStatement").text("rdfs:label", dataset.provenance)
        if dataset.temporal:
            period = Subject(graph, dataset.temporal.iri, "dct:PeriodOfTime")
            period.day("dcat:startDate", dataset.temporal.start)
            period.day("dcat:endDate", dataset.temporal.end)
        self._contact(graph)
        return graph

    def _catalogue(self, graph: Graph, datasets: list[meta.Dataset], services: bool) -> None:
        catalogue = self.catalogue
        node = Subject(graph, catalogue.iri, "dcat:Catalog")
        node.text("dct:title", catalogue.titles)
        node.text("dct:description", catalogue.descriptions)
        node.iri("dct:publisher", catalogue.publisher.iri)
        node.iri("dct:license", catalogue.licence)
        node.iri("foaf:homepage", catalogue.homepage)
        node.iri("dct:language", *(_coded(f"{EU}/language", code) for code in catalogue.languages))
        node.iri("dct:spatial", *map(_place, catalogue.spatial))
        node.iri("dcat:themeTaxonomy", SECTORS, f"{EU}/data-theme")
        node.day("dct:issued", catalogue.issued)
        node.moment("dct:modified", catalogue.modified)
        node.iri("dcat:dataset", *(dataset.iri for dataset in datasets))
        node.iri("dcat:service", *(service.iri for service in catalogue.services if services))

    def _contact(self, graph: Graph) -> None:
        # That of the catalogue, not of the release: whoever asks writes to the office that is there now.
        contact, publisher = self.catalogue.contact, self.catalogue.publisher
        node = Subject(graph, contact.iri, "vcard:Kind", "vcard:Organization")
        node.text("vcard:fn", contact.name)
        node.text("vcard:organization-name", publisher.name)
        node.iri("vcard:hasEmail", f"mailto:{quote(contact.email, safe='@+')}")
        node.iri("vcard:hasTelephone", contact.telephone and f"tel:{contact.telephone}")
        node.iri("vcard:hasURL", contact.url or publisher.homepage)
        node.iri("vcard:hasUID", publisher.iri)

    def _dataset(self, graph: Graph, dataset: meta.Dataset) -> Subject:
        node = Subject(graph, dataset.iri, "dcat:Dataset")
        node.text("dct:title", dataset.titles)
        node.text("dct:description", dataset.descriptions)
        node.literal("dct:identifier", dataset.identifier)
        self._about(node, dataset)
        node.words("dcat:keyword", dataset.keywords)
        node.iri("dcat:theme", *_themes(dataset))
        node.iri("dct:accessRights", _coded(f"{EU}/access-right", dataset.access_rights))
        node.iri("dct:language", *(_coded(f"{EU}/language", code) for code in dataset.languages))
        node.iri("dcat:landingPage", dataset_page(dataset, self.base_url))
        node.literal("dcat:version", dataset.version)
        node.text("adms:versionNotes", dataset.version_notes)
        node.iri("dct:provenance", iris.provenance(dataset.iri))
        node.iri("dcat:distribution", *(distribution.iri for distribution in dataset.distributions))
        return node

    def _about(self, node: Subject, dataset: meta.Dataset) -> None:
        """What is said of a dataset and of the series of its versions alike."""
        node.iri("dct:publisher", dataset.publisher.iri)
        node.iri("dcat:contactPoint", self.catalogue.contact.iri)
        node.iri("dct:accrualPeriodicity", _coded(f"{EU}/frequency", dataset.frequency))
        # RDF has no order, but ckanext-dcat 2.4 keeps the last place of a file and no other: the one that is declared
        # first, where the data are from, is written there.
        node.iri("dct:spatial", *map(_place, reversed(dataset.spatial)))
        node.iri("dct:temporal", dataset.temporal.iri if dataset.temporal else None)
        node.day("dct:issued", dataset.issued)
        node.moment("dct:modified", dataset.data_changed)
        node.iri("dcatap:applicableLegislation", *dataset.legislation)
        node.iri("dcatap:hvdCategory", *_categories([dataset]))

    def _distribution(self, graph: Graph, dataset: meta.Dataset, file: meta.Distribution) -> Subject:
        node = Subject(graph, file.iri, "dcat:Distribution")
        address = file_address(dataset, file.file, self.base_url)
        schema = file.conforms_to and file_address(dataset, file.conforms_to, self.base_url)
        served = self.catalogue.services if file.format in SERVED_FORMATS else []
        node.text("dct:title", file.titles)
        node.text("dct:description", file.descriptions)
        node.iri("dcat:accessURL", address)
        node.iri("dcat:downloadURL", address)
        node.iri("dcat:accessService", *(service.iri for service in served))
        node.iri("dct:format", _coded(f"{EU}/file-type", file.format))
        node.iri("dcat:mediaType", f"{IANA}/{file.media_type}" if file.media_type in IANA_MEDIA_TYPES else None)
        node.iri("dct:conformsTo", schema)
        node.iri("dct:license", file.licence)
        node.iri("dct:rights", _coded(f"{EU}/access-right", dataset.access_rights))
        node.iri("dct:language", *(_coded(f"{EU}/language", code) for code in file.languages))
        node.literal("dcat:byteSize", str(file.byte_size), "xsd:nonNegativeInteger")
        node.moment("dct:issued", file.issued)
        node.moment("dct:modified", file.modified)
        node.iri("dcatap:availability", f"{EU}/planned-availability/STABLE")
        node.iri("dcatap:applicableLegislation", *file.legislation)
        checksum, algorithm, value = self._checksum(file)
        node.iri("spdx:checksum", checksum)
        found = Subject(graph, checksum, "spdx:Checksum")
        found.iri("spdx:algorithm", algorithm)
        found.literal("spdx:checksumValue", value, "xsd:hexBinary")
        return node

    def _checksum(self, file: meta.Distribution) -> tuple[str, str, str]:
        """IRI, algorithm and hexadecimal value of the one checksum of a file that the profile takes."""
        raise NotImplementedError

    def _service(self, graph: Graph, service: meta.DataService) -> None:
        datasets = self.catalogue.datasets
        node = Subject(graph, service.iri, "dcat:DataService")
        node.text("dct:title", service.titles)
        node.text("dct:description", service.descriptions)
        node.iri("dct:publisher", self.catalogue.publisher.iri)
        node.words("dcat:keyword", service.keywords)
        node.iri("dcat:theme", *(theme for dataset in datasets for theme in _themes(dataset)))
        node.iri("dcat:endpointURL", service.endpoint_url)
        node.iri("dcat:endpointDescription", service.endpoint_description)
        node.iri("foaf:page", service.documentation)
        node.iri("dct:conformsTo", service.conforms_to)
        node.iri("dcat:contactPoint", self.catalogue.contact.iri)
        node.iri("dct:license", self.catalogue.licence)
        node.iri("dct:accessRights", f"{EU}/access-right/PUBLIC")
        node.iri("dcatap:applicableLegislation", *service.legislation)
        node.iri("dcatap:hvdCategory", *_categories(datasets))
        node.iri("dcat:servesDataset", *(dataset.iri for dataset in datasets))


def dataset_page(dataset: meta.Dataset, base_url: str) -> str:
    """The page about a dataset: its own if it declares one, else the portal's."""
    return dataset.landing_page or f"{base_url}/datasets/{dataset.id}/"


def file_address(dataset: meta.Dataset, file: str, base_url: str) -> str:
    """The permanent address of a file of this version."""
    return f"{base_url}/datasets/{dataset.id}/{dataset.version}/{file}"


def _themes(dataset: meta.Dataset) -> list[str]:
    return [
        *(_coded(f"{EU}/data-theme", code) for code in dataset.themes),
        *(_coded(SECTORS, code) for code in dataset.sectors),
    ]


def _categories(datasets: list[meta.Dataset]) -> list[str]:
    return [_coded(HVD_CATEGORIES, dataset.hvd_category) for dataset in datasets if dataset.hvd_category]


def _coded(table: str, code: str) -> str:
    # A code that people mistyped stays an IRI, and the gate says that it is not in the table.
    return f"{table}/{quote(code)}"


def _place(place: meta.Location) -> str:
    # The Spanish shapes list territories as they read: `España` passes and `Espa%C3%B1a` does not.
    return unquote(place.iri) if place.iri.startswith(TERRITORIES) else place.iri
