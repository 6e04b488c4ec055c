"""The saved queries and the page of SPARQL."""

from starlette.testclient import TestClient

from tests.portal.portal_graph import LABELS, URI, code


def test_saved_queries_have_words_text_and_result(graph_web: TestClient) -> None:
    listed = graph_web.get("/v1/queries").json()["queries"]
    assert [q["name"] for q in listed] == ["places"]
    told = graph_web.get("/v1/queries/places").json()
    assert told["titles"] == {"es": "Qué sitios hay", "en": "Which places there are"}
    assert told["descriptions"]["es"] == "Una línea por sitio, en orden."
    assert told["query"].startswith(f"BASE <{URI}/>\n")
    labels = [row["label"]["value"] for row in graph_web.get(f"{told['result']}").json()["results"]["bindings"]]
    assert "Distrito Centro" in labels
    english = graph_web.get(f"{told['result']}?lang=en&format=csv").text
    assert "Centre District" in english
    assert "Distrito" not in english
    assert code(graph_web.get("/v1/queries/nothing")) == (404, "query-unknown")
    assert code(graph_web.get("/v1/queries/nothing/result")) == (404, "query-unknown")


def test_the_page_asks_without_script(graph_web: TestClient) -> None:
    first = graph_web.get("/en/sparql")
    assert "Which places there are" in first.text
    chosen = graph_web.get("/en/sparql?name=places").text
    assert "VALUES ?lang { &#34;en&#34; }" in chosen
    answered = graph_web.get("/es/sparql", params={"query": LABELS}).text
    assert '<td lang="es">Distrito Centro</td>' in answered
    assert "true" in graph_web.get("/es/sparql", params={"query": "ASK {}"}).text
    refused = graph_web.get("/es/sparql", params={"query": "SELECT * { SERVICE <http://x/> {} }"})
    assert refused.status_code == 400
    assert "no se admite SERVICE" in refused.text
    hostile = graph_web.get("/es/sparql", params={"query": 'SELECT ("<script>alert(1)</script>" AS ?x) {}'}).text
    assert "<script" not in hostile
    graph = graph_web.get("/es/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"})
    assert "es un grafo" in graph.text
    assert "CSV" in graph_web.get("/en/sparql").text
