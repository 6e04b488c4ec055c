"""What real clients get from a CKAN: the values and types that were released."""

import io
import json
import subprocess

import pandas as pd
import pyarrow.parquet as pq
import pytest
from frictionless import Catalog
from frictionless.portals import CkanControl

from pipelines.contracts.store import table_file
from pipelines.publish.ckan import apply_target
from tests.ckan.town import Town

pytestmark = [pytest.mark.slow, pytest.mark.main_path]


def released(town: Town) -> pd.DataFrame:
    version = town.shown("visits")["version"]
    path = town.project.store.release("visits", version) / table_file("visits", "parquet")
    return pq.read_table(path).to_pandas(types_mapper=pd.ArrowDtype)


def table_id(town: Town) -> str:
    (found,) = [r["id"] for r in town.shown("visits")["resources"] if r["url_type"] == "datastore"]
    return str(found)


@pytest.fixture
def published(town: Town) -> Town:
    assert not apply_target(town.project, town.target).failed
    return town


def test_ckanapi_and_curl_get_values_with_their_types(published: Town) -> None:
    want = json.loads(released(published).to_json(orient="records", date_format="iso"))
    days = {"date_from", "date_to"}
    want = [{k: v[:10] if k in days and v else v for k, v in row.items()} for row in want]
    asked = {"resource_id": table_id(published), "sort": "visit_id"}
    by_client = published.ckan.reader.action.datastore_search(**asked)
    url = f"{published.ckan.url}/api/3/action/datastore_search?resource_id={asked['resource_id']}&sort=visit_id"
    by_curl = json.loads(subprocess.run(["curl", "-sf", url], capture_output=True, check=True).stdout)["result"]
    for answer in (by_client, by_curl):
        assert [{k: v for k, v in row.items() if k != "_id"} for row in answer["records"]] == want
    types = {f["id"]: f["type"] for f in by_client["fields"]}
    assert (types["people"], types["date_from"], types["place_id"]) == ("int8", "date", "text")
    labels = {f["id"]: f.get("info", {}).get("label") for f in by_client["fields"]}
    assert labels["people"] == "Título people"


def test_a_filter_and_a_page_give_the_rows_asked_for(published: Town) -> None:
    search = published.ckan.reader.action.datastore_search
    found = search(resource_id=table_id(published), filters={"place_id": "centro"}, sort="visit_id", limit=1, offset=1)
    assert (found["total"], [r["visit_id"] for r in found["records"]]) == (2, ["v-3"])


def test_pandas_reads_the_dump_as_released(published: Town) -> None:
    text = subprocess.run(
        ["curl", "-sf", f"{published.ckan.url}/datastore/dump/{table_id(published)}"], capture_output=True, check=True
    ).stdout
    read = pd.read_csv(io.BytesIO(text), dtype_backend="pyarrow", parse_dates=["date_from", "date_to"])
    want = released(published)
    read = read.drop(columns="_id").sort_values("visit_id", ignore_index=True)
    assert list(read.columns) == list(want.columns)
    assert read["people"].tolist() == want["people"].tolist()
    assert read["date_from"].dt.date.tolist() == want["date_from"].tolist()
    assert read["date"].tolist() == want["date"].tolist()


def test_frictionless_finds_the_dataset_and_reads_its_csv_as_released(published: Town) -> None:
    name = published.name("visits")
    catalog = Catalog(control=CkanControl(baseurl=published.ckan.url, dataset=name))
    package = catalog.datasets[0].package
    (csv,) = [r for r in package.resources if (r.path or "").endswith("/visits.csv")]
    rows = csv.read_rows()
    assert [r["visit_id"] for r in rows] == released(published)["visit_id"].tolist()
    assert csv.hash.removeprefix("sha256:") == next(
        r["hash"] for r in published.shown("visits")["resources"] if r["url"].endswith("/visits.csv")
    )
