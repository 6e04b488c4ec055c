"""The page about the API: which addresses there are and what they answer, with one to try of each.

What belongs here: that page, and the same list as data. What does not: the description of every parameter, which is the
OpenAPI document.
"""

from pipelines.contracts.text import Lang, Text
from portal.answer import Answer, as_json
from portal.pages.render import Here, page, render
from portal.site import Site

_D, _T = "/v1/datasets/{dataset}", "/v1/datasets/{dataset}/tables/{table}"
ADDRESSES: dict[str, Text] = {
    "/v1/catalogue": Text(
        es="El catálogo; con .jsonld, .ttl o .rdf, en DCAT-AP-ES.",
        en="The catalogue; with .jsonld, .ttl or .rdf in DCAT-AP-ES.",
    ),
    "/v1/datasets": Text(es="Los conjuntos de datos.", en="The datasets."),
    _D: Text(es="Todo lo que se sabe de un conjunto.", en="All that is known about a dataset."),
    f"{_D}/versions": Text(es="Sus versiones y qué cambió en cada una.", en="Its versions and what each changed."),
    f"{_D}/findings": Text(es="Los avisos de su última comprobación.", en="What its last check found."),
    f"{_D}/quality": Text(es="Lo que se ha medido de su calidad.", en="What was measured of its quality."),
    f"{_D}/views": Text(es="Sus gráficos y matrices, con sus datos.", en="Its charts and matrices, with their data."),
    _T: Text(
        es="Las filas de una tabla, con filtros, orden y búsqueda.",
        en="The rows of a table, with filters, order and search.",
    ),
    f"{_T}/schema": Text(es="Qué es cada columna.", en="What each column is."),
    f"{_T}.csv": Text(
        es="La tabla, o lo que deje un filtro, como CSV; también .jsonl, .xlsx y .parquet.",
        en="The table, or what a filter leaves, as CSV; also .jsonl, .xlsx and .parquet.",
    ),
    "/v1/editions": Text(
        es="Las ediciones; cada una se descarga entera en un ZIP.", en="The editions; each is a ZIP to download."
    ),
    "/v1/search?q=madrid": Text(es="Búsqueda en todo.", en="Search in everything."),
    "/v1/entities": Text(es="Las fichas, por clase.", en="The records, by class."),
    "/v1/queries": Text(
        es="Las consultas SPARQL guardadas y su respuesta; las propias se preguntan en /sparql.",
        en="The saved SPARQL queries and their answers; your own are asked at /sparql.",
    ),
    "/v1/reconcile": Text(
        es="Cotejo de nombres con las fichas, como lo pide OpenRefine.",
        en="Matching of names with the records, as OpenRefine asks for it.",
    ),
    "/v1/runs": Text(es="Lo que hicieron las últimas ejecuciones.", en="What the last runs did."),
    "/v1/findings": Text(
        es="Qué significa cada aviso de las comprobaciones y dónde está ahora.",
        en="What each finding of the checks means, and where it is now.",
    ),
    "/v1/openapi.json": Text(es="La descripción completa, para programas.", en="The full description, for programs."),
}
"""What each address answers; `{dataset}` and `{table}` stand for names."""


def api_page(site: Site, lang: Lang) -> Answer:
    """The page in `lang`."""
    return page(render(site, lang, "api.html", Here.both("/api"), rows=_rows(site)), lang)


def entry(site: Site) -> Answer:
    """The same list as JSON, at `/v1`."""
    told = [{"address": address, "es": words.es, "en": words.en} for address, words in ADDRESSES.items()]
    links = {"documentation": f"{site.base_url}/v1/docs", "openapi": f"{site.base_url}/v1/openapi.json"}
    return as_json({"edition": site.edition.edition, **links, "addresses": told})


def _rows(site: Site) -> list[tuple[str, str, Text]]:
    """Each address, one of it to try, and its words."""
    first = next((d for d in site.catalogue.datasets if d.tables), None)
    names = {"{dataset}": first.id, "{table}": first.tables[0].name} if first else {}
    out = []
    for address, words in ADDRESSES.items():
        tried = address
        for name, value in names.items():
            tried = tried.replace(name, value)
        if "{" not in tried:
            out.append((address, tried, words))
    return out
