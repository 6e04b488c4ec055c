"""How a description is written into a page."""

from starlette.testclient import TestClient

from portal.app import make_app
from portal.pages.home import OWN_IDS
from portal.pages.render import bare, code
from tests.portal.conftest import BASE_URL, publish
from tests.portal.portal_html import get
from tests.tiny import Tiny, text, visits_file

TOLD = "The column `place_id` is that of `places`; <b>`a & b`</b>, and one ` alone"


def test_a_description_is_escaped_before_its_backticks_become_code() -> None:
    assert str(code(TOLD)) == (
        "The column <code>place_id</code> is that of <code>places</code>; "
        "&lt;b&gt;<code>a &amp; b</code>&lt;/b&gt;, and one ` alone"
    )
    assert bare(TOLD) == "The column place_id is that of places; <b>a & b</b>, and one ` alone"


def test_pages_show_names_in_descriptions_as_code_and_no_backtick(own_project: Tiny) -> None:
    file = visits_file()
    [one] = file["resources"]
    one["descriptions"] = text("La columna `place_id`.", "The column `place_id`.")
    one["schema"]["fields"][1]["descriptions"] = text("Como en `places`.", "As in `places`.")
    own_project.schema({**file, "descriptions": text("Visitas, con `place_id`.", "Visits, with `place_id`.")})
    publish(own_project)
    with TestClient(make_app(own_project.load().store, BASE_URL), base_url=BASE_URL) as client:
        for address in ("/en/", "/en/datasets/visits", "/en/datasets/visits/visits"):
            page = get(client, address)
            assert "`" not in client.get(address, headers={"accept": "text/html"}).text
            assert page.all("code"), address
        titles = [a.get("title") for a in get(client, "/en/datasets/visits/visits").all("th")]
        assert "As in places." in titles


def test_a_link_to_a_dataset_of_the_static_page_lands_on_the_first_page(client: TestClient) -> None:
    ids = [str(attrs["id"]) for _, attrs in get(client, "/es/").elements if "id" in attrs]
    assert {"places", "visits"} <= set(ids)
    # An id of the page that a dataset could have too would be there twice.
    assert {i for i in ids if not i.startswith("view-")} - {"places", "visits"} <= OWN_IDS
