"""What becomes of a publication when a service below CKAN goes away: Solr, Redis, PostgreSQL.

A CKAN of their own is brought up for these tests, beside the one of the others, which must not notice.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pipelines.publish.ckan.model import Outcome
from tests.ckan.bench import KINDS, Bench, Case
from tests.ckan.real import Ckan
from tests.ckan.whole import lacks, look

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "deploy" / "ckan"
PORTS = 20
"""How far its ports are from those of the CKAN of the other tests; each process of the tests has four of its own."""


@pytest.fixture(scope="module")
def own(ckan: Ckan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ckan]:
    """A CKAN whose services may be stopped."""
    folder = tmp_path_factory.mktemp("ckan")
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    port = port_of(ckan) + PORTS + 4 * worker
    try:
        up(folder, port)
        yield Ckan(f"http://127.0.0.1:{port}", (folder / "admin-token").read_text().strip(), folder)
    finally:
        subprocess.run([SCRIPTS / "down.sh"], env=named(folder, port), check=True, timeout=120, capture_output=True)


@pytest.fixture(scope="module")
def made(own: Ckan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(own, tmp_path_factory.mktemp("bench")) as bench:
        yield bench
        # What was left down must not keep the bench from cleaning up.
        up(own.folder, port_of(own))
        settled(own)


@pytest.fixture
def bench(made: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv(made.town.target.token_name, made.town.account.token)
    return made


def port_of(ckan: Ckan) -> int:
    return urlsplit(ckan.url).port or 0


def named(folder: Path, port: int) -> dict[str, str]:
    return os.environ | {"CKAN_DIR": str(folder), "CKAN_PORT": str(port)}


def up(folder: Path, port: int) -> None:
    done = subprocess.run([SCRIPTS / "up.sh"], env=named(folder, port), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def stop(ckan: Ckan, service: str) -> None:
    """End a service of this CKAN, by the id that up.sh wrote down, without a word."""
    os.kill(int((ckan.folder / f"{service}.pid").read_text().split()[0]), signal.SIGKILL)


def restart_postgres(ckan: Ckan) -> None:
    """As after a power cut: it ends at once, comes back, and recovers from its log."""
    options = '-o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" -l "$dir/pg/log"'
    restart = f'as_postgres "$(postgres_bin)/pg_ctl" -D "$dir/pg" -w -s -m immediate {options} restart'
    script = f'. "{SCRIPTS}/common.sh"; {restart} < /dev/null > /dev/null 2>&1'
    subprocess.run(["bash", "-c", script], env=named(ckan.folder, port_of(ckan)), check=True, timeout=60)


def settled(ckan: Ckan) -> None:
    """Wait until each process of CKAN has noticed that its connections to PostgreSQL are gone."""
    asked = ("package_search", "package_show?id=nothing", "datastore_search?resource_id=_table_metadata")
    good, end = 0, time.monotonic() + 60
    while good < 20:
        assert time.monotonic() < end, "CKAN does not recover"
        answers = [httpx.get(f"{ckan.url}/api/3/action/{action}", timeout=60).status_code for action in asked]
        good = good + 1 if max(answers) < 500 else 0


def before_call(bench: Bench, action: str, act: Callable[[], Any]) -> Outcome:
    """Apply, and let something happen before the first call of `action`."""
    acted: list[bool] = []

    def due(_: int, called: str) -> bool:
        if called == action and not acted:
            acted.append(True)
            act()
        return False

    bench.front.plan("error_500", due)
    outcome = bench.apply()
    assert acted, [name for name, _ in bench.front.calls]
    bench.front.plan()
    return outcome


def codes(outcome: Outcome) -> list[str]:
    return sorted({f.code for f in outcome.findings if f.blocks})


def begin(bench: Bench, kind: str) -> str:
    """What is shown before, and what is due."""
    before, after = KINDS[kind]
    bench.shows = bench.shows if kind != "first" else "?"
    bench.reach(before)
    bench.forget_staging(kind)
    bench.due(after)
    return after


def read(bench: Bench, kind: str) -> list[str]:
    """What a reader of the dataset misses now."""
    known = [bench.releases[name] for name in KINDS[kind] if name]
    return lacks(look(bench.ckan, bench.name), known, hidden=kind == "first")


def ended(bench: Bench, after: str) -> None:
    """The next run brings all to its end, and the search finds it."""
    out = Case("", 0, "")
    bench.converge(out, after)
    assert out.wrong == []
    bench.shows = after
    found = bench.ckan.reader.action.package_search(fq=f'name:"{bench.name}"')["results"]
    assert [p["version"] for p in found] == [bench.versions[after]]


@pytest.mark.parametrize(
    ("kind", "action"), [("first", "datastore_create"), ("change", "package_revise"), ("back", "package_search")]
)
def test_without_solr_nothing_of_a_dataset_changes_and_it_is_said(kind: str, action: str, bench: Bench) -> None:
    after = begin(bench, kind)
    outcome = before_call(bench, action, lambda: stop(bench.ckan, "solr"))
    assert codes(outcome) == ["target-failed"]
    assert any("Search" in str(f.params.get("reason")) for f in outcome.findings if f.blocks)
    assert read(bench, kind) == []
    assert bench.apply().failed
    assert read(bench, kind) == []
    up(bench.ckan.folder, port_of(bench.ckan))
    ended(bench, after)


@pytest.mark.parametrize(("kind", "action"), [("change", "datastore_upsert")])
def test_without_redis_rows_are_written_and_ckan_says_that_it_failed(kind: str, action: str, bench: Bench) -> None:
    after = begin(bench, kind)
    outcome = before_call(bench, action, lambda: stop(bench.ckan, "redis"))
    assert codes(outcome) == ["target-failed"]
    assert read(bench, kind) == []
    up(bench.ckan.folder, port_of(bench.ckan))
    ended(bench, after)


@pytest.mark.parametrize(("kind", "action"), [("change", "datastore_upsert"), ("major", "package_revise")])
def test_a_restart_of_postgresql_in_the_middle_is_waited_out_or_said(kind: str, action: str, bench: Bench) -> None:
    after = begin(bench, kind)
    outcome = before_call(bench, action, lambda: restart_postgres(bench.ckan))
    assert codes(outcome) in ([], ["target-failed"])
    settled(bench.ckan)
    assert read(bench, kind) == []
    ended(bench, after)
