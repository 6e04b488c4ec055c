"""What the CKAN that deploy/ckan/up.sh brings up is able to do, and what the fixtures of these tests promise."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from ckanapi import NotAuthorized, NotFound

from tests.ckan.poller import Answer, Poller
from tests.ckan.real import Account, Ckan, unique
from tests.ckan.town import Town
from tests.tiny import VISITS

UP = Path(__file__).parents[2] / "deploy" / "ckan" / "up.sh"
FIELDS = [{"id": "id", "type": "int"}, {"id": "día", "type": "date"}]


def up(ckan: Ckan) -> subprocess.CompletedProcess[str]:
    version = ".".join(ckan.reader.action.status_show()["ckan_version"].split(".")[:2])
    named = {"CKAN_DIR": str(ckan.folder), "CKAN_PORT": str(urlsplit(ckan.url).port), "CKAN_VERSION": version}
    return subprocess.run([UP], env=os.environ | named, capture_output=True, text=True, timeout=300)


def make_table(account: Account, rows: int, **more: Any) -> dict[str, Any]:
    """A public dataset with one table of the DataStore; the resource."""
    dataset = account.api.action.package_create(
        name=unique("d"), title="Prueba", notes="Prueba", owner_org=account.organization, **more
    )
    records = [{"id": n, "día": f"2026-01-{n % 28 + 1:02}"} for n in range(rows)]
    table = account.api.action.datastore_create(
        resource={"package_id": dataset["id"], "name": "t", "format": "csv"},
        fields=FIELDS,
        primary_key=["id"],
        records=records,
    )
    resource: dict[str, Any] = account.api.action.resource_show(id=table["resource_id"])
    return resource


@pytest.mark.main_path
def test_it_has_the_extensions_that_the_pipeline_meets(ckan: Ckan) -> None:
    status = ckan.reader.action.status_show()
    wanted = {"dcat", "scheming_datasets", "datastore", "activity", "harvest", "dcat_rdf_harvester", "datatables_view"}
    assert wanted - set(status["extensions"]) == set()
    assert httpx.get(f"{ckan.url}/catalog.ttl", timeout=60).is_success


def test_what_is_running_is_left_alone_and_said(ckan: Ckan) -> None:
    before = {path.name: path.read_text() for path in ckan.folder.glob("*.pid")}
    done = up(ckan)
    assert done.returncode == 0, done.stderr
    assert "was running already" in done.stdout
    assert {path.name: path.read_text() for path in ckan.folder.glob("*.pid")} == before
    assert set(before) == {"redis.pid", "solr.pid", "web.pid", "worker.pid"}


def test_nothing_of_it_can_be_reached_from_another_machine(ckan: Ckan) -> None:
    first = urlsplit(ckan.url).port or 0
    for port in range(first, first + 4):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        # Another address of this machine, as any other machine would see one: loopback is the whole of 127/8.
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=5).close()


def test_tokens_and_configuration_are_for_their_owner_alone(ckan: Ckan) -> None:
    for name in ("token", "admin-token", "admin-password", "ckan.ini"):
        assert (ckan.folder / name).stat().st_mode & 0o077 == 0, name


def test_no_token_and_no_password_is_in_a_log(ckan: Ckan) -> None:
    secrets = [(ckan.folder / name).read_text().strip() for name in ("token", "admin-token", "admin-password")]
    logs = list(ckan.folder.glob("*.log"))
    assert logs
    assert [log.name for log in logs if any(secret in log.read_text() for secret in secrets)] == []


def test_the_token_for_the_pipeline_is_that_of_an_editor_and_no_more(ckan: Ckan) -> None:
    token = (ckan.folder / "token").read_text().strip()
    pipeline = Account(ckan.url, "economia", "pipeline", token)
    mine = pipeline.api.action.organization_list_for_user(permission="create_dataset")
    assert [(o["name"], o["title"], o["capacity"]) for o in mine] == [("economia", "Economía", "editor")]
    assert ckan.admin.action.user_show(id="pipeline")["sysadmin"] is False
    with pytest.raises(NotAuthorized):
        pipeline.api.action.organization_patch(id="economia", title="Otra")


@pytest.mark.main_path
def test_an_account_of_a_test_writes_in_its_own_organisation_alone(ckan: Ckan, account: Account) -> None:
    make_table(account, 1)
    with pytest.raises(NotAuthorized):
        account.api.action.package_create(name=unique("d"), title="x", notes="x", owner_org="economia")


def test_the_worker_does_what_the_datastore_leaves_to_it(account: Account) -> None:
    resource = make_table(account, 1)
    before = account.api.action.resource_show(id=resource["id"])["last_modified"]
    account.api.action.datastore_upsert(
        resource_id=resource["id"], records=[{"id": 1, "día": "2026-02-01"}], force=True
    )
    deadline = time.monotonic() + 60
    while account.api.action.resource_show(id=resource["id"])["last_modified"] == before:
        assert time.monotonic() < deadline, "the job that moves last_modified was not done"
        time.sleep(0.2)


def test_a_slow_call_does_not_keep_others_waiting(ckan: Ckan, account: Account) -> None:
    resource = make_table(account, 1)
    rows = [{"id": n, "día": "2026-03-01"} for n in range(2, 8_000)]
    call = {"resource_id": resource["id"], "records": rows, "force": True}
    writing = threading.Thread(target=account.api.call_action, args=("datastore_upsert", call))
    began = time.monotonic()
    writing.start()
    waits = []
    while writing.is_alive():
        asked = time.monotonic()
        assert ckan.reader.action.datastore_search(resource_id=resource["id"], limit=1)["total"] in (1, 7_999)
        waits.append(time.monotonic() - asked)
    took = time.monotonic() - began
    assert len(waits) > 3, "the call was not slow"
    assert max(waits) < took / 2


def test_a_table_of_the_datastore_can_be_looked_at_as_a_page(ckan: Ckan, account: Account) -> None:
    resource = make_table(account, 3)
    view = account.api.action.resource_view_create(
        resource_id=resource["id"], title="Tabla", view_type="datatables_view"
    )
    shown = httpx.get(
        f"{ckan.url}/dataset/{resource['package_id']}/resource/{resource['id']}/view/{view['id']}", timeout=60
    )
    assert shown.is_success
    assert "datatablesview.js" in shown.text
    assert "día" in shown.text


def test_the_town_has_releases_and_nothing_is_published_yet(town: Town) -> None:
    assert town.target.ckan is not None
    assert town.target.ckan.organization == town.account.organization
    with pytest.raises(NotFound):
        town.shown("visits")
    first = town.project.store.index("visits").read_text()
    versions = town.release_again(visits=VISITS + "v-4,sur,2023,1,internal: d\n")
    assert versions["visits"] != versions["places"]
    assert town.project.store.index("visits").read_text() != first


def test_the_poller_tells_what_is_not_whole_from_what_is(ckan: Ckan, account: Account) -> None:
    resource = make_table(account, 10)
    dataset = ckan.reader.action.package_show(id=resource["package_id"])["name"]

    def whole(answer: Answer) -> bool:
        return answer.kind != "rows" or answer.value["total"] == len(answer.value["records"]) == 10

    with Poller(ckan.url, dataset, whole) as poller:
        poller.another_round()
        assert poller.broken == []
        account.api.action.datastore_delete(resource_id=resource["id"], filters={"id": 3}, force=True)
    assert poller.counts["rows"] >= 3
    assert {(a.kind, a.resource, a.value["total"]) for a in poller.broken} == {("rows", resource["id"], 9)}
    assert (poller.errors, poller.absent) == ([], 0), poller.seen


def test_the_poller_tells_what_was_never_there_from_what_went_away(ckan: Ckan, account: Account) -> None:
    with Poller(ckan.url, unique("d"), lambda _: True) as poller:
        poller.another_round()
    assert poller.absent >= 3
    assert poller.errors == []
    resource = make_table(account, 1)
    with Poller(ckan.url, resource["package_id"], lambda _: True) as poller:
        account.api.action.package_patch(id=resource["package_id"], private=True)
    assert any(" package " in error and ": 40" in error for error in poller.errors), poller.errors
