"""The page about the API of a table: what it shows is what the API answers."""

import html
import json
import re
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

PAIR = re.compile(r'<a href="(/v1/[^"]+)">[^<]*</a></code></pre>\n<pre class="answer"[^>]*><code>(.*?)</code>', re.S)


@pytest.mark.parametrize("lang", ["es", "en"])
def test_each_example_is_what_its_address_answers(client: TestClient, lang: str) -> None:
    page = client.get(f"/{lang}/datasets/visits/visits/api")
    examples = [(html.unescape(a), json.loads(html.unescape(said))) for a, said in PAIR.findall(page.text)]
    assert len(examples) >= 5
    for address, said in examples:
        assert client.get(address).json() == said
    asked = [urlsplit(address) for address, _ in examples]
    assert any("__gte=" in a.query for a in asked)
    assert any(a.path.endswith("/groups") for a in asked)
    assert any("/rows/" in a.path for a in asked)


def test_every_column_is_there_as_a_parameter_with_its_operators(client: TestClient) -> None:
    page = client.get("/en/datasets/visits/visits/api").text
    schema = client.get("/v1/datasets/visits/tables/visits/schema").json()
    for field in schema["fields"]:
        assert f'<th scope="row"><code>{field["name"]}</code>' in page
    assert "eq ne lt lte gt gte in null" in page


def test_the_page_of_a_table_that_is_not_there_is_a_404(client: TestClient) -> None:
    assert client.get("/es/datasets/visits/nothing/api").status_code == 404
