"""A publication that dies at any write: the link always names a whole tree, and the next run converges."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from publish_town import Town, listing
from webhook_builders import secret_file

from pipelines.contracts.records import Edition, Notice
from pipelines.publish import layout, portal, publish_portal, take_down, verify_portal, webhooks
from pipelines.publish.portal import served_tree

WRITES = ["rename", "replace", "symlink", "link", "unlink", "rmdir", "mkdir"]


class Killed(BaseException):
    """Stands for a kill: nothing catches it, and after it the process writes no more."""


@contextmanager
def killed_at(fatal: int, counted: list[str]) -> Iterator[None]:
    """Let the writes before number `fatal` happen, and none from then on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in WRITES:
            patch.setattr(os, name, _counting(getattr(os, name), name, fatal, counted))
        yield


def _counting(real: Callable[..., Any], name: str, fatal: int, counted: list[str]) -> Callable[..., Any]:
    def write(*args: Any, **kwargs: Any) -> Any:
        counted.append(name)
        if len(counted) >= fatal:
            raise Killed
        return real(*args, **kwargs)

    return write


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what is slow to do a hundred times and changes nothing here: RDF, and waiting for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(layout, "catalogue_files", lambda _, content: {"catalog.ttl": content.edition.edition.encode()})
    monkeypatch.setattr(portal, "check_feed", lambda *_: [])


def served(town: Town) -> dict[str, bytes]:
    return {name: data for name, (_, data) in listing(town.tree).items()}


def assert_tidy(town: Town) -> None:
    assert verify_portal(town.project) == []
    assert {p.name for p in town.store.root.iterdir()} == {"releases", "editions", "reading", "work", "portal"}
    assert list(town.store.work.iterdir()) == []
    assert sorted(town.store.editions.glob("*/*tree-*")) == [town.tree]


def publish_killed(town: Town, edition: Edition, fatal: int) -> bool:
    """Publish and die at write number `fatal`; False if there were fewer."""
    counted: list[str] = []
    try:
        with killed_at(fatal, counted):
            publish_portal(town.project, edition)
    except Killed:
        return True
    assert {"rename", "replace", "symlink", "link", "mkdir"} <= set(counted)
    return False


def test_killed_at_every_write_the_portal_serves_a_whole_tree(
    town: Callable[..., Town], tmp_path_factory: pytest.TempPathFactory
) -> None:
    fatal, died, seen = 0, True, []
    while died:
        fatal += 1
        out = town(root=tmp_path_factory.mktemp("kill"))
        out.release("alfa", "2026-01-10.1")
        publish_portal(out.project, out.edition("2026-01-10.1"))
        old = served(out)
        out.release("alfa", "2026-02-10.1")
        edition = out.edition("2026-02-10.1")
        died = publish_killed(out, edition, fatal)
        switched = served(out) != old
        if switched:
            assert verify_portal(out.project) == []
        seen.append(switched)
        assert publish_portal(out.project, edition).result == ("unchanged" if switched else "applied")
        assert_tidy(out)
    assert seen == sorted(seen), "once the new tree is served it stays"
    assert 20 < seen.count(False) < len(seen) - 5


def test_killed_at_the_first_publication_there_is_no_portal_or_a_whole_one(
    town: Callable[..., Town], tmp_path_factory: pytest.TempPathFactory
) -> None:
    fatal, died, seen = 0, True, []
    while died:
        fatal += 1
        out = town(root=tmp_path_factory.mktemp("first"))
        out.release("alfa", "2026-01-10.1")
        edition = out.edition("2026-01-10.1")
        died = publish_killed(out, edition, fatal)
        seen.append(out.store.portal.is_symlink())
        assert not out.store.portal.is_symlink() or verify_portal(out.project) == []
        publish_portal(out.project, edition)
        assert_tidy(out)
    assert (seen[0], seen[-1]) == (False, True)


@pytest.mark.slow
def test_killed_at_every_write_webhooks_are_told_of_an_edition_once_it_is_shown_and_not_before(
    town: Callable[..., Town], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []

    def take(_: object, __: int, ___: str, notice: Notice) -> None:
        told.append((notice.id, json.loads(notice.body)["data"]["edition"]))

    monkeypatch.setattr(webhooks._Sender, "send", take)
    fatal, died, twice = 0, True, 0
    while died:
        fatal += 1
        out = town(root=tmp_path_factory.mktemp("told"))
        out.release("alfa", "2026-01-10.1")
        publish_portal(out.project, out.edition("2026-01-10.1"))
        old = served(out)
        secret = secret_file(out.project.root, b"k" * 32)
        heard = {"webhooks": ["https://recibe.example/"], "webhook_secret_file": secret}
        out.project = replace(out.project, settings=out.project.settings.model_copy(update=heard))
        out.release("alfa", "2026-02-10.1")
        edition = out.edition("2026-02-10.1")
        told.clear()
        died = publish_killed(out, edition, fatal)
        assert not told or served(out) != old
        publish_portal(out.project, edition)
        assert {name for _, name in told} == {"2026-02-10.1"}
        assert len({identity for identity, _ in told}) == 1
        assert not out.store.outbox.exists()
        twice += len(told) == 2
    # Only who dies after sending and before striking it out sends again.
    assert 0 < twice < 6


def test_what_a_killed_withdrawal_took_down_the_next_publication_makes_again(full: Town) -> None:
    edition = full.edition("2026-03-10.1")
    assert publish_portal(full.project, edition).result == "applied"
    take_down(full.store, "alfa", ["2026-03-10.1", "2026-02-10.1"])
    served = served_tree(full.store)
    assert served is not None
    assert (served / "datasets/alfa/2026-02-10.1/tombstone.json").is_file()
    assert not (served / "datasets/alfa/2026-03-10.1").exists()
    assert publish_portal(full.project, edition).result == "applied"
    assert verify_portal(full.project) == []
    assert [p.name for p in served.parent.iterdir() if "tree" in p.name] == [served.name]
    assert publish_portal(full.project, edition).result == "unchanged"
