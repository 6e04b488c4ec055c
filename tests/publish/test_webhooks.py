"""Webhooks: who is told what of a publication, signed so that anybody can verify it."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from publish_town import BASE, Town
from pytest_httpserver import HTTPServer
from webhook_builders import FIRST, SECOND, Receiver, publish, secret_file

from pipelines.contracts.records import Notice
from pipelines.publish import publish_portal
from pipelines.publish.signing import signed

SERVED = "https://www.ciudad.example/datos/"


def test_a_publication_tells_each_receiver_what_was_released(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    one, other = Receiver(httpserver), Receiver(httpserver, "/other")
    town = listening(one.url, other.url)
    done = publish(town, FIRST)
    assert (done.result, done.findings) == ("applied", [])
    assert one.types == other.types == ["version.withdrawn", "edition.published"]
    assert one.ids == other.ids
    assert [(s.id, s.type, s.to) for s in done.sent[:2]] == [
        (i, t, "localhost") for i, t in zip(one.ids, one.types, strict=True)
    ]
    told = one.told[1]["data"]
    assert (told["edition"], told["previous"], told["stage"], told["portal"]) == (FIRST, None, "official", SERVED)
    assert told["pins"] == f"{SERVED}editions/{FIRST}/edition.json"
    assert [(d["id"], d["version"], d["previous"], d["released"]) for d in told["datasets"]] == [
        ("alfa", "2026-03-10.1", None, ["2026-01-10.1", "2026-03-10.1"]),
        ("beta", "2026-01-10.1", None, ["2026-01-10.1"]),
        ("gamma", None, None, ["2026-01-05.1"]),
    ]
    place = f"{SERVED}datasets/alfa/2026-03-10.1/"
    assert told["datasets"][0] | {"released": []} == {
        "id": "alfa",
        "iri": f"{BASE}/catalogo/dataset/alfa",
        "version": "2026-03-10.1",
        "previous": None,
        "released": [],
        "feed": f"{SERVED}datasets/alfa/feed.json",
        "version_iri": f"{BASE}/catalogo/dataset/alfa/2026-03-10.1",
        "page": place,
        "package": f"{place}datapackage.json",
    }
    assert not town.store.outbox.exists()


def test_the_next_publication_tells_only_what_it_changes(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    publish(town, FIRST)
    town.release("beta", SECOND)
    publish(town, SECOND)
    assert receiver.types[2:] == ["edition.published"]
    told = receiver.told[2]
    assert datetime.fromisoformat(told["timestamp"]).tzinfo
    assert (told["data"]["edition"], told["data"]["previous"]) == (SECOND, FIRST)
    [change] = told["data"]["datasets"]
    assert (change["id"], change["version"], change["previous"], change["released"]) == (
        "beta",
        SECOND,
        "2026-01-10.1",
        [SECOND],
    )


def test_going_back_to_an_older_version_is_told_and_releases_nothing(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    publish(town, FIRST)
    town.pins["alfa"] = "2026-01-10.1"
    publish(town, SECOND)
    [change] = receiver.told[2]["data"]["datasets"]
    assert (change["id"], change["version"], change["previous"], change["released"]) == (
        "alfa",
        "2026-01-10.1",
        "2026-03-10.1",
        [],
    )


def test_a_withdrawal_is_told_with_its_reason(listening: Callable[..., Town], httpserver: HTTPServer) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    publish(town, FIRST)
    town.withdraw("beta", "2026-01-10.1", "Contenía un dato personal.")
    del town.pins["beta"]
    publish(town, SECOND)
    assert receiver.types[2:] == ["version.withdrawn", "edition.published"]
    gone, left = (t["data"] for t in receiver.told[2:])
    assert gone["versions"] == [
        {
            "id": "beta",
            "version": "2026-01-10.1",
            "version_iri": f"{BASE}/catalogo/dataset/beta/2026-01-10.1",
            "page": f"{SERVED}datasets/beta/2026-01-10.1/",
            "withdrawn": "2026-05-01T09:00:00Z",
            "reason": "Contenía un dato personal.",
        }
    ]
    assert [(d["id"], d["version"], d["previous"]) for d in left["datasets"]] == [("beta", None, "2026-01-10.1")]


def test_nothing_is_told_where_nothing_changed_for_a_reader_of_the_data(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    publish(town, FIRST)
    assert publish_portal(town.project, town.edition(FIRST)).result == "unchanged"
    moved = town.project.settings.model_copy(update={"base_url": "https://nuevo.example"})
    town.project = replace(town.project, settings=moved)
    assert publish_portal(town.project, town.edition(FIRST)).result == "applied"
    assert len(receiver.taken) == 2


def test_anybody_can_verify_the_signature(
    listening: Callable[..., Town], httpserver: HTTPServer, webhook_key: bytes
) -> None:
    receiver = Receiver(httpserver)
    before = int(time.time())
    publish(listening(receiver.url), FIRST)
    for request in receiver.taken:
        headers = request.headers
        assert before <= int(headers["webhook-timestamp"]) <= time.time()
        assert headers["content-type"] == "application/json"
        content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request.get_data()])
        wanted = base64.b64encode(hmac.new(webhook_key, content, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"


def test_while_one_secret_replaces_another_both_sign(
    listening: Callable[..., Town], httpserver: HTTPServer, tmp_path: Path, webhook_key: bytes
) -> None:
    receiver, new = Receiver(httpserver), secrets.token_bytes(24)
    town = listening(receiver.url)
    secret_file(tmp_path, new, webhook_key)
    publish(town, FIRST)
    request = receiver.taken[0]
    content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.get_data()
    signatures = [base64.b64encode(hmac.digest(k, content, "sha256")).decode() for k in (new, webhook_key)]
    assert request.headers["webhook-signature"] == " ".join(f"v1,{s}" for s in signatures)


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the Standard Webhooks libraries: secret, id, time, body, and what they make of it.
    known = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    notice = Notice(
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        type="test",
        made=datetime(2021, 2, 25, tzinfo=UTC),
        tree="",
        body='{"test": 2432232314}',
        to=[],
    )
    found = signed(notice, [known], 1614265330)["webhook-signature"]
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
