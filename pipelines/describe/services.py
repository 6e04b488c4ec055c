"""The data services of the catalogue, each once a setting says where it is.

What belongs here: what the portal's API and its SPARQL endpoint and a CKAN DataStore are, in the typed model. What does
not: running them, and how they are written as RDF.
"""

from pipelines.contracts import metadata as meta
from pipelines.contracts.project import Project
from pipelines.contracts.settings import Settings
from pipelines.contracts.text import Text, Words
from pipelines.describe import iris

OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
CKAN_API = "https://docs.ckan.org/en/latest/api/"
SPARQL_PROTOCOL = "http://www.w3.org/TR/sparql11-protocol/"
_VERSION = "/v1"
"""The end of the address of the portal's API; what else the portal answers stands beside it."""
_GRAPHS = frozenset(["RDF_TURTLE", "RDF_N_TRIPLES"])


def describe_services(project: Project, datasets: list[meta.Dataset], legislation: list[str]) -> list[meta.DataService]:
    """The services of `datasets` whose address is in the settings; `legislation` is what applies to them.

    Each serves every dataset: so SPARQL is one only where all tables of all of them are linked data.
    """
    settings = project.settings
    linked = sparql_endpoint(settings) if all(map(_is_linked, datasets)) else None
    named = [(_api, settings.api_url), (_sparql, linked), (_datastore, settings.datastore_url)]
    base = project.catalogue.uri_base
    return [describe(base, url.rstrip("/"), legislation) for describe, url in named if url]


def sparql_endpoint(settings: Settings) -> str | None:
    """The address of the portal's SPARQL endpoint, beside its API; None if no setting says where that is."""
    portal, version, rest = (settings.api_url or "").rstrip("/").rpartition(_VERSION)
    return f"{portal}/sparql" if version and not rest else None


def _is_linked(dataset: meta.Dataset) -> bool:
    """Whether each table of a release has a graph; the portal answers SPARQL over those."""
    return {t.name for t in dataset.tables} <= {d.table for d in dataset.distributions if d.format in _GRAPHS}


def _api(base: str, url: str, legislation: list[str]) -> meta.DataService:
    return meta.DataService(
        iri=iris.service(base, "api"),
        id="api",
        titles=Text(es="API de datos abiertos", en="Open data API"),
        descriptions=Text(
            es="API REST de lectura: buscar, filtrar y descargar las tablas y cada ficha.",
            en="Read-only REST API: search, filter and download the tables and each record.",
        ),
        keywords=Words(es=["API", "datos abiertos"], en=["API", "open data"]),
        endpoint_url=url,
        endpoint_description=f"{url}/openapi.json",
        documentation=f"{url}/docs",
        conforms_to=OPENAPI,
        legislation=legislation,
    )


def _sparql(base: str, url: str, legislation: list[str]) -> meta.DataService:
    return meta.DataService(
        iri=iris.service(base, "sparql"),
        id="sparql",
        titles=Text(es="Consultas SPARQL", en="SPARQL queries"),
        descriptions=Text(
            es="Consulta de los datos enlazados de la edición en vigor con SPARQL 1.1, solo de lectura.",
            en="Read-only queries in SPARQL 1.1 on the linked data of the current edition.",
        ),
        keywords=Words(es=["API", "datos enlazados", "SPARQL"], en=["API", "linked data", "SPARQL"]),
        endpoint_url=url,
        # Without a query the endpoint answers with its description (SPARQL 1.1 Service Description).
        endpoint_description=url,
        documentation=f"{url.removesuffix('/sparql')}/es/sparql",
        conforms_to=SPARQL_PROTOCOL,
        legislation=legislation,
    )


def _datastore(base: str, url: str, legislation: list[str]) -> meta.DataService:
    # What CKAN answers about an action is both its description and its documentation.
    told = f"{url}/help_show?name=datastore_search"
    return meta.DataService(
        iri=iris.service(base, "datastore"),
        id="datastore",
        titles=Text(es="DataStore de CKAN", en="CKAN DataStore"),
        descriptions=Text(
            es="Consulta de las tablas con la API de acciones de CKAN: filtros, orden y búsqueda de texto.",
            en="Queries on the tables by the action API of CKAN: filters, order and text search.",
        ),
        keywords=Words(es=["API", "CKAN", "DataStore"], en=["API", "CKAN", "DataStore"]),
        endpoint_url=url,
        endpoint_description=told,
        documentation=told,
        conforms_to=CKAN_API,
        legislation=legislation,
    )
