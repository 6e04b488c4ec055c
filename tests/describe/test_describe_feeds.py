"""The Spanish and the European feed: one truth, each in the words of its profile."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from describe_builders import BASE, PUBLISHED, dataset_file, project
from feed_builders import COMPANIES, EU, HVD, LAW, SERVED, SERVICES, about, describe, of_type, triples, values
from pyoxigraph import NamedNode, RdfFormat, parse

from pipelines.contracts.metadata import Catalogue, Location
from pipelines.contracts.settings import Settings
from pipelines.contracts.text import Text
from pipelines.describe import dataset_graph, dcat_graph, describe_catalogue, listing_graph, serialize
from pipelines.describe.dcat import PROFILES, ProfileName
from pipelines.describe.dcat.europe import CLASSES
from pipelines.describe.formats import FORMATS
from pipelines.describe.rdf import RDF_FORMATS, expand

MAY_DIFFER = {
    "dcat:inSeries": "DCAT-AP-ES 1.0.0 has no series",
    "dcat:hasCurrentVersion": "DCAT-AP-ES wants every version that is linked to be a listed dataset",
    "dcat:previousVersion": "the same",
    "adms:status": "ckanext-dcat refuses a dataset for the codes that DCAT-AP-ES wants; it is optional there",
    "spdx:checksum": "DCAT-AP-ES takes SHA-1 only, and a file has one checksum: the European one is SHA-256",
}
"""Properties that the feeds say differently of the same thing, and why. Everything else is equal."""

ONLY_EUROPE = {
    "foaf:Agent": "the federator describes bodies itself and removes what a feed says of them",
    "dcat:DatasetSeries": "DCAT-AP-ES 1.0.0 has no series",
    "spdx:Checksum": "SHA-256",
    **dict.fromkeys(CLASSES.values(), "a typed territory must have a geometry in DCAT-AP-ES"),
}
"""Types of what only the European feed describes, and why."""


def test_both_feeds_say_the_same_but_for_what_the_table_names(catalogue: Catalogue) -> None:
    spanish, european = (about(dcat_graph(catalogue, SERVED, p)) for p in PROFILES)
    excused = {expand(name) for name in MAY_DIFFER}
    shared = spanish.keys() & european.keys()
    differ = {(s, p) for s in shared for p, _ in spanish[s] ^ european[s] if p not in excused}
    assert differ == set()
    assert {p for s in shared for p, _ in spanish[s] ^ european[s]} == excused
    assert len(shared) == 28, "the catalogue, the office, two services, and each dataset with its parts and nine files"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_place_that_is_declared_first_is_written_last_for_harvesters_that_keep_one(
    catalogue: Catalogue, profile: ProfileName
) -> None:
    places = [
        Location(iri=f"http://datos.gob.es/recurso/sector-publico/territorio/Provincia/{p}")
        for p in ("Madrid", "Toledo")
    ]
    dataset = catalogue.datasets[0].model_copy(update={"spatial": places})
    written = values(dataset_graph(catalogue, dataset, SERVED, profile), dataset.iri, "dct:spatial")
    assert [place.rsplit("/", 1)[1] for place in written] == ["Toledo", "Madrid"]


def test_what_one_feed_alone_describes_is_what_the_table_names(catalogue: Catalogue) -> None:
    spanish, european = (dcat_graph(catalogue, SERVED, p) for p in PROFILES)
    allowed = {expand(name) for name in ONLY_EUROPE}
    kind = NamedNode(expand("rdf:type"))
    types: dict[str, set[str]] = {}
    for triple in european:
        if triple.predicate == kind:
            types.setdefault(triple.subject.value, set()).add(triple.object.value)
    own = about(european).keys() - about(spanish).keys()
    assert {t for subject in own for t in types[subject]} == allowed
    assert {s.rsplit("/", 1)[1] for s in about(spanish).keys() - about(european).keys()} == {"sha1"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_part_of_a_dataset_is_what_the_whole_says_of_it(catalogue: Catalogue, profile: ProfileName) -> None:
    whole = about(dcat_graph(catalogue, SERVED, profile))
    for dataset in catalogue.datasets:
        part = about(dataset_graph(catalogue, dataset, SERVED, profile))
        assert {subject: whole[subject] for subject in part} == part
        own = {s for s in whole if s.startswith((dataset.iri, f"{BASE}/catalogo/distribucion/{dataset.id}/"))}
        assert own < part.keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_whole_is_the_listing_and_the_part_of_each_dataset(catalogue: Catalogue, profile: ProfileName) -> None:
    made = triples(listing_graph(catalogue, catalogue.datasets, SERVED, profile, services=True))
    for dataset in catalogue.datasets:
        made |= triples(dataset_graph(catalogue, dataset, SERVED, profile))
    assert made == triples(dcat_graph(catalogue, SERVED, profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_an_unchanged_dataset_has_an_unchanged_part(catalogue: Catalogue, profile: ProfileName) -> None:
    first, second = catalogue.datasets
    later = catalogue.model_copy(
        update={
            "modified": PUBLISHED + timedelta(days=30),
            "edition": "2026-12-22.1",
            "titles": Text(es="Otro título", en="Another title"),
            "datasets": [first, second.model_copy(update={"titles": Text(es="Otras", en="Others")})],
        }
    )
    for fmt in RDF_FORMATS:
        before, after = (serialize(dataset_graph(c, first, SERVED, profile), fmt) for c in (catalogue, later))
        assert before == after
    whole = [serialize(dcat_graph(c, SERVED, profile), "ttl") for c in (catalogue, later)]
    assert whole[0] != whole[1]


def test_the_federator_finds_nothing_to_remove(catalogue: Catalogue) -> None:
    graph = dcat_graph(catalogue, SERVED, "es")
    subjects = {t.subject.value for t in graph}
    assert subjects - {t.object.value for t in graph} == {catalogue.iri}
    assert of_type(graph, "dcat:Catalog") == {catalogue.iri}
    assert of_type(graph, "dcat:Dataset") == set(values(graph, catalogue.iri, "dcat:dataset"))
    assert of_type(graph, "dcat:DataService") == set(values(graph, catalogue.iri, "dcat:service"))
    assert catalogue.publisher.iri not in subjects
    assert (
        not of_type(graph, "foaf:Agent") | of_type(graph, "dcat:DatasetSeries") | of_type(graph, "dcat:CatalogRecord")
    )


@pytest.mark.parametrize(
    ("profile", "checksum", "algorithm"),
    [("es", "sha1", "http://spdx.org/rdf/terms#"), ("eu", "sha256", "https://spdx.org/rdf/terms#")],
)
def test_each_profile_has_the_one_checksum_that_it_takes(
    plain: Catalogue, profile: ProfileName, checksum: str, algorithm: str
) -> None:
    graph = dcat_graph(plain, SERVED, profile)
    file = plain.datasets[0].distributions[0]
    node = f"{file.iri}/{checksum}"
    assert values(graph, file.iri, "spdx:checksum") == [node]
    assert values(graph, node, "spdx:algorithm") == [f"{algorithm}checksumAlgorithm_{checksum}"]
    assert values(graph, node, "spdx:checksumValue") == [getattr(file.checksum, checksum)]


def test_the_european_feed_tells_the_series_the_former_version_and_the_publisher(plain: Catalogue) -> None:
    graph = dcat_graph(plain, SERVED, "eu")
    dataset, agent = plain.datasets[0], plain.publisher.iri
    assert values(graph, dataset.iri, "dcat:hasCurrentVersion") == [f"{dataset.iri}/2026-11-22.1"]
    assert values(graph, dataset.iri, "dcat:previousVersion") == [f"{dataset.iri}/2026-11-21.1"]
    assert values(graph, dataset.iri, "dcat:inSeries") == [f"{BASE}/catalogo/serie/workshops"]
    assert values(graph, agent, "foaf:name") == ["Ayuntamiento", "Town council"]
    assert values(graph, agent, "dct:identifier") == ["L01999999"]
    assert values(graph, agent, "dct:type") == ["http://purl.org/adms/publishertype/LocalAuthority"]


def test_the_european_feed_types_names_and_places_its_values(plain: Catalogue) -> None:
    graph = dcat_graph(plain, SERVED, "eu")
    theme = f"{EU}/data-theme/EDUC"
    assert theme in of_type(graph, "skos:Concept")
    assert values(graph, theme, "skos:inScheme") == [f"{EU}/data-theme"]
    assert values(graph, theme, "skos:prefLabel") == ["Educación, cultura y deportes", "Education, culture and sport"]
    assert f"{EU}/language/SPA" in of_type(graph, "dct:LinguisticSystem")
    assert values(graph, f"{EU}/licence/CC_BY_4_0", "dct:type") == ["http://purl.org/adms/licencetype/Attribution"]


def test_a_concept_without_a_known_name_is_named_by_its_iri_alone(plain: Catalogue) -> None:
    odd = plain.datasets[0].model_copy(update={"themes": ["XYZZY"]})
    graph = dcat_graph(plain.model_copy(update={"datasets": [odd]}), SERVED, "eu")
    assert f"{EU}/data-theme/XYZZY" in values(graph, odd.iri, "dcat:theme")
    assert f"{EU}/data-theme/XYZZY" not in {t.subject.value for t in graph}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_table_leads_to_its_schema_and_a_graph_does_not(plain: Catalogue, profile: ProfileName) -> None:
    graph = dcat_graph(plain, SERVED, profile)
    dataset = plain.datasets[0]
    schemas = {d.file: values(graph, d.iri, "dct:conformsTo") for d in dataset.distributions}
    place = f"{SERVED}/datasets/workshops/2026-11-22.1"
    assert schemas["rooms.csv"] == schemas["rooms.parquet"] == [f"{place}/rooms.schema.json"]
    assert schemas["workshops.ttl"] == []


def test_a_release_without_schema_files_says_nothing_of_them(described: Any) -> None:
    assert {d.conforms_to for d in described.meta.distributions} == {None}
    graph = dcat_graph(described.catalogue, SERVED)
    assert NamedNode(expand("dct:conformsTo")) not in {t.predicate for t in graph}


def test_a_table_as_rdf_is_a_distribution(plain: Catalogue) -> None:
    graph = dcat_graph(plain, SERVED)
    (turtle,) = (d for d in plain.datasets[0].distributions if d.file == "workshops.ttl")
    assert values(graph, turtle.iri, "dct:format") == [f"{EU}/file-type/RDF_TURTLE"]
    assert values(graph, turtle.iri, "dcat:mediaType") == ["http://www.iana.org/assignments/media-types/text/turtle"]
    assert (FORMATS["nt"].code, FORMATS["nt"].media_type) == ("RDF_N_TRIPLES", "application/n-triples")


def test_what_a_version_changed_is_said_where_there_is_a_text(plain: Catalogue) -> None:
    dataset = plain.datasets[0]
    noted = dataset.model_copy(update={"version_notes": Text(es="Una fila más.", en="One more row.")})
    for profile in PROFILES:
        graph = dataset_graph(plain, noted, SERVED, profile)
        assert values(graph, dataset.iri, "adms:versionNotes") == ["Una fila más.", "One more row."]
        assert values(dataset_graph(plain, dataset, SERVED, profile), dataset.iri, "adms:versionNotes") == []


@pytest.mark.parametrize("profile", PROFILES)
def test_a_category_brings_what_the_annex_on_high_value_asks(catalogue: Catalogue, profile: ProfileName) -> None:
    graph = dcat_graph(catalogue, SERVED, profile)
    ordinary, valuable = catalogue.datasets
    category = f"http://data.europa.eu/bna/{COMPANIES}"
    services = [s.iri for s in catalogue.services]
    for node in (valuable.iri, *services, *(d.iri for d in valuable.distributions)):
        assert values(graph, node, "dcatap:applicableLegislation") == [LAW, HVD]
    for node in (valuable.iri, *services):
        assert values(graph, node, "dcatap:hvdCategory") == [category]
    for node in (ordinary.iri, *(d.iri for d in ordinary.distributions)):
        assert values(graph, node, "dcatap:applicableLegislation") == [LAW]
    served = {d.file for d in valuable.distributions if values(graph, d.iri, "dcat:accessService") == services}
    assert served == {"rooms.csv", "rooms.jsonl", "workshops.csv", "workshops.jsonl"}


def test_without_a_category_nothing_is_of_high_value(plain: Catalogue) -> None:
    for profile in PROFILES:
        text = serialize(dcat_graph(plain, SERVED, profile), "ttl").decode()
        assert "hvdCategory" not in text
        assert "2023/138" not in text


def test_a_service_is_described_once_a_setting_says_where_it_is(catalogue: Catalogue, plain: Catalogue) -> None:
    graph = dcat_graph(catalogue, SERVED)
    api, datastore = (f"{BASE}/catalogo/servicio/{name}" for name in ("api", "datastore"))
    assert values(graph, catalogue.iri, "dcat:service") == [api, datastore]
    assert values(graph, api, "dcat:endpointURL") == ["https://api.pueblo.example/v1"]
    assert values(graph, api, "dcat:endpointDescription") == ["https://api.pueblo.example/v1/openapi.json"]
    assert values(graph, api, "foaf:page") == ["https://api.pueblo.example/v1/docs"]
    told = "https://ckan.example/api/3/action/help_show?name=datastore_search"
    assert values(graph, datastore, "dcat:endpointDescription") == values(graph, datastore, "foaf:page") == [told]
    for service in (api, datastore):
        assert values(graph, service, "dcat:servesDataset") == [d.iri for d in catalogue.datasets]
    assert of_type(dcat_graph(plain, SERVED), "dcat:DataService") == set()


@pytest.mark.parametrize(("linked", "there"), [(("workshops", "rooms"), True), (("workshops",), False)])
def test_sparql_is_a_service_where_all_that_it_would_serve_is_linked_data(
    tmp_path: Path, linked: tuple[str, ...], there: bool
) -> None:
    dataset = dataset_file(hvd_category=COMPANIES)
    whole = project(dataset)
    whole.settings = Settings(**SERVICES)
    described = [describe(tmp_path / "one", dataset, whole, linked)]
    catalogue = describe_catalogue(whole, described, edition="2026-11-22.1", modified=PUBLISHED)
    sparql = f"{BASE}/catalogo/servicio/sparql"
    for profile in PROFILES:
        graph = dcat_graph(catalogue, SERVED, profile)
        assert (sparql in values(graph, catalogue.iri, "dcat:service")) == there
        if there:
            api = about(graph)[f"{BASE}/catalogo/servicio/api"]
            # It says all that the other service says, and so all that the profiles ask of one.
            assert {p for p, _ in about(graph)[sparql]} == {p for p, _ in api}
            assert values(graph, sparql, "dcat:endpointURL") == ["https://api.pueblo.example/sparql"]
            assert values(graph, sparql, "dct:conformsTo") == ["http://www.w3.org/TR/sparql11-protocol/"]
            assert values(graph, sparql, "dcat:servesDataset") == [d.iri for d in described]


def test_a_catalogue_without_datasets_has_no_service_that_serves_nothing() -> None:
    whole = project()
    whole.settings = Settings(**SERVICES)
    assert describe_catalogue(whole, [], edition="2026-11-22.1", modified=PUBLISHED).services == []


def test_the_contact_has_a_page_and_is_that_of_the_catalogue_today(plain: Catalogue) -> None:
    moved = plain.contact.model_copy(update={"email": "otra@pueblo.example"})
    graph = dcat_graph(plain.model_copy(update={"contact": moved}), SERVED)
    assert values(graph, moved.iri, "vcard:hasEmail") == ["mailto:otra@pueblo.example"]
    assert values(graph, moved.iri, "vcard:hasURL") == [plain.publisher.homepage]
    assert values(graph, moved.iri, "vcard:hasTelephone") == ["tel:+34910000000"]


def test_the_parsers_of_others_read_every_format(catalogue: Catalogue) -> None:
    graph = dcat_graph(catalogue, SERVED, "eu")
    for fmt, name in {"ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}.items():
        read = {q.triple for q in parse(serialize(graph, fmt), format=name)}  # type: ignore[arg-type]
        assert read == triples(graph)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_mistyped_code_is_written_for_the_gate_to_find(plain: Catalogue, profile: ProfileName) -> None:
    odd = plain.datasets[0].model_copy(update={"themes": ["EDUC "], "hvd_category": "c <9>", "languages": ["sp a"]})
    graph = dataset_graph(plain, odd, SERVED, profile)
    assert f"{EU}/data-theme/EDUC%20" in values(graph, odd.iri, "dcat:theme")
    assert values(graph, odd.iri, "dcatap:hvdCategory") == ["http://data.europa.eu/bna/c%20%3C9%3E"]
