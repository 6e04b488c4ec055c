"""Webhooks that fail: a publication stands, nothing is lost, nothing is told that was not shown, nothing secret is said."""

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from publish_town import Town
from pytest_httpserver import HTTPServer
from webhook_builders import FIRST, SECOND, Receiver, at_name, codes, outbox, publish

from pipelines.contracts.records import Outbox
from pipelines.publish import portal
from pipelines.publish.outbox import KEEP


def test_what_is_refused_waits_and_comes_again_with_the_same_id_and_bytes_before_what_is_newer(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [204, 500]
    town = listening(receiver.url)
    done = publish(town, FIRST)
    assert (done.result, codes(done)) == ("applied", ["webhook-refused"])
    assert [f.severity for f in done.findings] == ["warning"]
    town.release("beta", SECOND)
    again = publish(town, SECOND)
    assert again.findings == []
    assert receiver.types == ["version.withdrawn", "edition.published", "edition.published", "edition.published"]
    assert receiver.ids[1] == receiver.ids[2] != receiver.ids[3]
    assert receiver.taken[1].get_data() == receiver.taken[2].get_data()
    assert [t["data"]["edition"] for t in receiver.told] == [FIRST, FIRST, FIRST, SECOND]
    assert not town.store.outbox.exists()


def test_what_waits_is_sent_also_by_a_publication_that_changes_nothing(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver, other = Receiver(httpserver), Receiver(httpserver, "/other")
    receiver.answers = [503]
    town = listening(receiver.url, other.url)
    publish(town, FIRST)
    assert [len(n.to) for n in outbox(town).notices] == [1, 1]
    again = publish(town, FIRST)
    assert (again.result, len(again.sent)) == ("unchanged", 2)
    assert receiver.ids == [receiver.ids[0], *other.ids]


def test_a_failure_that_may_pass_is_tried_again_in_the_same_run(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [503, 429]
    done = publish(listening(receiver.url, http_retries=2), FIRST)
    assert done.findings == []
    assert receiver.ids[0] == receiver.ids[1] == receiver.ids[2] != receiver.ids[3]


@pytest.mark.parametrize("status", [400, 401, 404, 304])
def test_a_refusal_for_good_is_not_tried_again_in_the_same_run(
    listening: Callable[..., Town], httpserver: HTTPServer, status: int
) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [status]
    [found] = publish(listening(receiver.url, http_retries=2), FIRST).findings
    assert (found.code, found.params["status"], len(receiver.taken)) == ("webhook-refused", str(status), 1)


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_redirect_is_not_followed(listening: Callable[..., Town], httpserver: HTTPServer, status: int) -> None:
    other = Receiver(httpserver, "/other")
    httpserver.expect_request("/hook").respond_with_data(status=status, headers={"Location": other.url})
    done = publish(listening(at_name(httpserver.url_for("/hook")), http_retries=2), FIRST)
    assert codes(done) == ["webhook-refused"]
    assert other.taken == []


def test_who_answers_410_is_sent_nothing_more_of_what_waits(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [410]
    town = listening(receiver.url)
    assert codes(publish(town, FIRST)) == ["webhook-gone"]
    assert publish(town, FIRST).findings == []
    assert len(receiver.taken) == 1
    assert not town.store.outbox.exists()


@contextmanager
def slow(seconds: float) -> Iterator[str]:
    """A server that answers a byte of its headers at a time, for so long."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            line, _ = listener.accept()
            until = time.monotonic() + seconds
            try:
                while time.monotonic() < until:
                    line.sendall(b"H")
                    time.sleep(0.05)
            except OSError:
                pass
            finally:
                line.close()

        thread = Thread(target=trickle, daemon=True)
        thread.start()
        yield f"http://localhost:{listener.getsockname()[1]}/"
        thread.join(seconds)


def test_a_receiver_that_answers_too_slowly_is_left(listening: Callable[..., Town]) -> None:
    with slow(10) as url:
        town = listening(url, http_timeout_seconds=0.4)
        began = time.monotonic()
        done = publish(town, FIRST)
        assert time.monotonic() - began < 8
    assert (done.result, codes(done)) == ("applied", ["webhook-unreachable"])
    assert len(outbox(town).notices) == 2


def test_nobody_there_delays_neither_the_publication_nor_the_others(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    receiver = Receiver(httpserver)
    done = publish(listening(f"http://localhost:{port}/", receiver.url), FIRST)
    assert (done.result, codes(done)) == ("applied", ["webhook-unreachable"])
    assert len(receiver.taken) == 2


def test_who_does_not_answer_leaves_the_others_their_time(
    listening: Callable[..., Town], httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver)
    with slow(3) as url:
        done = publish(listening(url, receiver.url, http_timeout_seconds=30, http_total_seconds=2), FIRST)
    assert codes(done) == ["webhook-unreachable"]
    assert len(receiver.taken) == 2


def test_who_took_all_so_far_comes_before_who_did_not(listening: Callable[..., Town], httpserver: HTTPServer) -> None:
    first, second = Receiver(httpserver), Receiver(httpserver, "/other")
    first.answers = [500]
    town = listening(first.url, second.url)
    publish(town, FIRST)
    town.release("beta", SECOND)
    done = publish(town, SECOND)
    assert [s.id for s in done.sent] == [second.ids[-1], *first.ids[1:]]


@pytest.mark.parametrize("after", ["\u00b2", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "9" * 400])
def test_a_pause_that_is_none_harms_nobody(listening: Callable[..., Town], httpserver: HTTPServer, after: str) -> None:
    httpserver.expect_request("/busy").respond_with_data(status=503, headers={"Retry-After": after})
    done = publish(listening(at_name(httpserver.url_for("/busy"))), FIRST)
    assert (done.result, codes(done)) == ("applied", ["webhook-refused"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "http://[::1]:9/"])
def test_a_private_address_is_not_called_unless_it_is_allowed(listening: Callable[..., Town], url: str) -> None:
    assert codes(publish(listening(url), FIRST)) == ["webhook-address-refused"]


@pytest.mark.parametrize(
    "url", ["ftp://localhost/", "no address", "http://", "http://[", "http://xn--/", "file:///etc/passwd"]
)
def test_an_address_that_is_none_is_said(listening: Callable[..., Town], url: str) -> None:
    done = publish(listening(url), FIRST)
    assert (done.result, codes(done)) == ("applied", ["webhook-unreachable"])


def test_no_finding_and_no_file_holds_what_may_be_secret(listening: Callable[..., Town], webhook_key: bytes) -> None:
    town = listening("http://maria:contrasena@localhost:9/cGF0aA/clave?token=ficha")
    done = publish(town, FIRST)
    said = repr(done.findings) + "".join(f.what("es") + f.do("es") for f in done.findings)
    kept = town.store.outbox.read_text()
    for secret in ("contrasena", "maria", "cGF0aA", "clave", "ficha", base64.b64encode(webhook_key).decode()):
        assert secret not in said
        assert secret not in kept
    assert "localhost" in said


def test_killed_before_the_switch_nothing_is_told_of_what_was_never_shown(
    listening: Callable[..., Town], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    publish(town, FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(portal, "replace_link", _killed)
        town.release("beta", SECOND)
        with pytest.raises(KeyboardInterrupt):
            publish(town, SECOND)
    assert [n.shown for n in outbox(town).notices] == [False]
    town.release("beta", "2026-05-10.1")
    publish(town, "2026-05-10.1")
    [told] = receiver.told[2:]
    assert (told["data"]["edition"], told["data"]["previous"]) == ("2026-05-10.1", FIRST)
    assert told["data"]["datasets"][0]["released"] == [SECOND, "2026-05-10.1"]


def test_killed_between_switch_and_sending_the_next_run_sends(
    listening: Callable[..., Town], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    _killed_before_sending(town, monkeypatch)
    assert receiver.taken == []
    kept = outbox(town)
    assert publish(town, FIRST).result == "unchanged"
    assert receiver.ids == [n.id for n in kept.notices]
    assert not town.store.outbox.exists()


def test_killed_between_switch_and_sending_another_edition_does_not_lose_it(
    listening: Callable[..., Town], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(httpserver)
    town = listening(receiver.url)
    _killed_before_sending(town, monkeypatch)
    town.release("beta", SECOND)
    publish(town, SECOND)
    assert [t["data"]["edition"] for t in receiver.told] == [FIRST, FIRST, SECOND]


def _killed_before_sending(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish the first edition, and die once it is shown and before anybody was told."""
    with monkeypatch.context() as patch:
        patch.setattr(portal, "deliver", _killed)
        with pytest.raises(KeyboardInterrupt):
            publish(town, FIRST)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_message_is_given_up_after_its_days(listening: Callable[..., Town], httpserver: HTTPServer) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [500]
    town = listening(receiver.url)
    publish(town, FIRST)
    first, second = outbox(town).notices
    old = first.model_copy(update={"made": datetime.now(UTC) - KEEP - timedelta(minutes=1)})
    town.store.outbox.write_text(Outbox(notices=[old, second]).model_dump_json())
    again = publish(town, FIRST)
    assert [(f.code, f.params["id"]) for f in again.findings] == [("webhook-given-up", old.id)]
    assert receiver.ids[1:] == [second.id]


def test_who_is_no_longer_named_is_no_longer_told(listening: Callable[..., Town], httpserver: HTTPServer) -> None:
    receiver = Receiver(httpserver)
    receiver.answers = [500]
    town = listening(receiver.url)
    publish(town, FIRST)
    listening()
    assert publish(town, FIRST).findings == []
    assert not town.store.outbox.exists()
    assert len(receiver.taken) == 1


def test_without_receivers_nothing_is_written(listening: Callable[..., Town]) -> None:
    town = listening(webhook_secret_file=None)
    assert publish(town, FIRST).findings == []
    assert not town.store.journal.exists()


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        (None, 0, "webhook-secret-missing"),
        ("whsec_" + base64.b64encode(b"k" * 32).decode(), 0o604, "webhook-secret-open"),
        ("whsec_" + base64.b64encode(b"k" * 32).decode(), 0o602, "webhook-secret-open"),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), 0o600, "webhook-secret-invalid"),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), 0o600, "webhook-secret-invalid"),
        (base64.b64encode(b"k" * 32).decode(), 0o600, "webhook-secret-invalid"),
        ("whsec_!!", 0o600, "webhook-secret-invalid"),
        ("whsec_ñ", 0o600, "webhook-secret-invalid"),
        ("", 0o600, "webhook-secret-invalid"),
    ],
)
def test_without_a_sound_secret_the_messages_wait(
    listening: Callable[..., Town], httpserver: HTTPServer, tmp_path: Path, text: str | None, mode: int, code: str
) -> None:
    receiver = Receiver(httpserver)
    path = tmp_path / "own.secret"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    town = listening(receiver.url, webhook_secret_file=path)
    done = publish(town, FIRST)
    assert (done.result, codes(done)) == ("applied", [code])
    assert receiver.taken == []
    assert not text or text[6:] not in repr(done.findings)
    listening(receiver.url)
    assert publish(town, FIRST).findings == []
    assert len(receiver.taken) == 2


def test_a_secret_that_the_settings_do_not_name_is_said(listening: Callable[..., Town]) -> None:
    town = listening("http://localhost:9/", webhook_secret_file=None)
    assert codes(publish(town, FIRST)) == ["webhook-secret-missing"]


STRANGE = {"id": "msg_" + "0" * 32, "type": "x", "made": "2026-03-10T08:00:00Z", "tree": "x", "body": "", "to": []}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        json.dumps({"notices": [{**STRANGE, "made": "2026-03-10T08:00:00"}]}),
        json.dumps({"notices": [{**STRANGE, "id": "msg_\r\nhost: elsewhere"}]}),
        json.dumps({"notices": [{**STRANGE, "id": "msg_\u00f1"}]}),
    ],
    ids=["cut", "no zone", "header", "letter"],
)
def test_an_outbox_that_cannot_be_read_is_said_and_never_overwritten(listening: Callable[..., Town], text: str) -> None:
    town = listening("http://localhost:9/")
    town.store.outbox.parent.mkdir(parents=True)
    town.store.outbox.write_text(text)
    assert "portal-store-unreadable" in codes(publish(town, FIRST))
    assert town.store.outbox.read_text() == text
