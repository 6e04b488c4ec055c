"""The static tree under its own addresses."""

import errno
import hashlib
from http import HTTPStatus
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.contracts.store import Store
from portal.files import tree_file
from portal.site import Sites
from tests.portal.conftest import BASE_URL

LATEST = "/datasets/visits/latest/visits.csv"


def newest(store: Store) -> str:
    """The pinned version of `visits`."""
    return Sites(store, BASE_URL).current().version("visits", None)


def test_every_file_of_the_tree_is_served_as_it_is(client: TestClient, portal_store: Store) -> None:
    tree = portal_store.portal.resolve()
    # Of datasets and versions the portal has pages of its own.
    paths = [p for p in tree.rglob("*") if p.is_file() and (p.name != "index.html" or p.parent == tree)]
    assert len(paths) > 40
    for path in paths:
        answer = client.get("/" + path.relative_to(tree).as_posix())
        assert answer.status_code == HTTPStatus.OK, path
        assert answer.content == path.read_bytes(), path


def test_a_file_of_a_release_has_its_hash_for_a_tag(client: TestClient, portal_store: Store) -> None:
    version = newest(portal_store)
    answer = client.get(LATEST)
    fixed = client.get(f"/datasets/visits/{version}/visits.csv")
    assert answer.headers["etag"].strip('"').removesuffix("-gzip") == hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == fixed.headers["etag"]
    assert answer.headers["cache-control"] == "public, max-age=60, must-revalidate"
    assert fixed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("path", [LATEST, "/catalog.ttl", "/index.html", "/robots.txt", "/sitemap.xml"])
def test_what_is_known_is_not_sent_again(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    for header in (tag, f'"x", W/{tag}', "*"):
        answer = client.get(path, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b""), header
        assert answer.headers["etag"] == (tag if header != "*" else tag.replace("-gzip", ""))
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "begin", "end"), [("bytes=0-9", 0, 10), ("bytes=5-", 5, None), ("bytes=-7", -7, None)]
)
def test_a_range_is_a_part_of_the_file(client: TestClient, asked: str, begin: int, end: int | None) -> None:
    whole = client.get(LATEST, headers={"Accept-Encoding": "identity"}).content
    answer = client.get(LATEST, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, whole[begin:end])
    first = begin % len(whole)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


def test_a_range_beyond_the_end_is_refused_and_a_strange_one_is_not_heard(client: TestClient) -> None:
    size = len(client.get(LATEST).content)
    answer = client.get(LATEST, headers={"Range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    for strange in ("bytes=0-1,3-4", "bytes=a-b", "lines=1-2", "bytes=-", "bytes=²-3", f"bytes={'9' * 5000}-"):
        assert client.get(LATEST, headers={"Range": strange.encode()}).status_code == 200, strange
    assert client.get(LATEST, headers={"Range": "bytes=0-3", "If-Range": '"old"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../store.json",
        "/datasets/../../../store.json",
        "/datasets/%2e%2e/%2e%2e/%2e%2e/store.json",
        "/datasets/..%2f..%2f..%2fstore.json",
        "/datasets/visits/latest/..%5c..%5cx",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/datasets/visits/.hidden",
        "/datasets/" + "a" * 400,
        "/nada",
    ],
)
def test_a_path_that_would_leave_the_tree_is_none(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "store" not in answer.text


def test_a_handler_refuses_dots_that_no_client_would_send(portal_store: Store) -> None:
    site = Sites(portal_store, BASE_URL).current()
    for path in ("/../edition.json", "/datasets/../../edition.json", "/./index.html", "/a\0b"):
        with pytest.raises(Exception, match="nothing at this address"):
            tree_file(site, path)


def test_a_folder_leads_to_its_page_and_a_missing_file_says_what_there_is(client: TestClient) -> None:
    answer = client.get("/datasets/visits")
    assert (answer.status_code, answer.headers["location"]) == (301, "./visits/")
    assert client.get("/datasets/visits/").headers["content-type"] == "text/html; charset=utf-8"
    told = client.get("/datasets/visits/latest/nada.csv").json()
    assert told["code"] == "file-unknown"
    assert "visits.csv" in told["files"]
    assert client.get("/datasets/visits/2020-01-01.1/visits.csv").json()["code"] == "version-unknown"
    assert client.get("/datasets/nada/latest/x.csv").json()["code"] == "dataset-unknown"


def test_the_style_inside_a_page_is_allowed_by_its_hash_alone(client: TestClient) -> None:
    policy = client.get("/index.html").headers["content-security-policy"]
    assert "'sha256-" in policy
    assert "unsafe" not in policy


def test_what_cannot_be_opened_now_is_not_said_to_be_missing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", full)
    answer = client.get(LATEST)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0
