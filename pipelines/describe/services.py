"""The data services of the catalogue, each once a setting says where it is.

What belongs here: what the portal's API and a CKAN DataStore are, in the typed model. What does not: running them,
and how they are written as RDF.
"""

from pipelines.contracts import metadata as meta
from pipelines.contracts.project import Project
from pipelines.contracts.text import Text, Words
from pipelines.describe import iris

OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
CKAN_API = "https://docs.ckan.org/en/latest/api/"


def describe_services(project: Project, legislation: list[str]) -> list[meta.DataService]:
    """The services whose address is in the settings; `legislation` is what applies to them."""
    settings = project.settings
    named = [(_api, settings.api_url), (_datastore, settings.datastore_url)]
    base = project.catalogue.uri_base
    return [describe(base, url.rstrip("/"), legislation) for describe, url in named if url]


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
