"""What the tests of SPARQL ask, and short ways to ask it."""

import httpx
from starlette.testclient import TestClient

URI = "https://datos.ciudad.example"
PLACES = "SELECT ?place WHERE { ?place a <https://schema.org/Place> } ORDER BY ?place"
LABELS = "SELECT ?l { </recurso/ciudad/place/centro> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } ORDER BY ?l"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BOMB = "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l ?a"
SAVED = """# title_es: Qué sitios hay
# title_en: Which places there are
# description_es: Una línea por sitio,
#   en orden.
# description_en: One line a place.
SELECT ?place ?label WHERE {
  VALUES ?lang { "es" }
  ?place <http://www.w3.org/2004/02/skos/core#prefLabel> ?label FILTER(LANG(?label) = ?lang)
} ORDER BY ?label
"""
JSON_RESULTS = "application/sparql-results+json"


def ask(web: TestClient, query: str, accept: str = "", **more: str) -> httpx.Response:
    """The answer to a query by GET."""
    return web.get("/sparql", params={"query": query, **more}, headers={"accept": accept} if accept else {})


def places(response: httpx.Response) -> list[str]:
    """The places that an answer to `PLACES` names."""
    return [row["place"]["value"] for row in response.json()["results"]["bindings"]]


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.json()["code"]
