"""A sample of all calls and faults; `fault_matrix` runs all of them."""

import hashlib

import pytest

from tests.ckan.bench import KINDS, Bench
from tests.ckan.fault_matrix import PAIRS, cases, run_one, walk_of
from tests.ckan.poller import Answer, Poller
from tests.ckan.whole import Release, wrong_rows

pytestmark = pytest.mark.slow

EVERY = 97
"""One case of so many: no multiple of the number of faults, so that each of these has its turn."""
WALKS = 2


@pytest.mark.parametrize("pair", PAIRS)
def test_a_fault_at_a_call_leaves_a_whole_release_and_the_next_run_ends_it(pair: tuple[str, ...], bench: Bench) -> None:
    calls = {kind: bench.calls(kind) for kind in pair}
    chosen = cases(calls, EVERY)
    done = [run_one(bench, *one) for one in chosen]
    assert len(done) > 3
    assert [case for case in done if case.lacks or case.wrong] == []


@pytest.mark.parametrize("seed", range(WALKS))
def test_faults_one_upon_the_other_with_releases_in_between_come_to_an_end_too(seed: int, bench: Bench) -> None:
    case = run_one(bench, "walk", seed, "")
    assert (case.lacks, case.wrong) == ([], []), walk_of(seed)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "tombstone"])
def test_a_reader_who_polls_always_sees_one_whole_release(kind: str, bench: Bench) -> None:
    before, after = KINDS[kind]
    bench.reach(before)
    bench.due(after)
    known = [bench.releases[name] for name in (before, after) if name]
    with Poller(bench.ckan.url, bench.name, lambda answer: is_whole(answer, known)) as poller:
        outcome = bench.apply()
    bench.shows = after
    assert [r.result for r in outcome.results] == ["verified"]
    assert [(a.kind, a.value, a.package) for a in poller.broken] == [], poller.seen
    # Who read the list of resources just before one went does not find that one any more.
    there = {r["id"] for r in bench.town.shown("visits")["resources"]}
    assert [e for e in poller.errors if ": 404" not in e or any(i in e for i in there)] == []
    assert poller.counts["rows"] > (0 if kind == "first" else 2), poller.seen


def is_whole(answer: Answer, known: list[Release]) -> bool:
    """Whether an answer is one that a whole release gives, or a release on its way to the next.

    `total` is not looked at: CKAN counts and reads by two statements, between which rows may be written.
    """
    if answer.kind == "package":
        names = [r["name"] for r in answer.value["resources"]]
        tables = [r for r in answer.value["resources"] if r.get("datastore_active")]
        told = [r for r in known if (r.version, r.title) == (answer.value["version"], answer.value["title"])]
        return len(told) == 1 and len(set(names)) == len(names) and len(tables) == 1
    if answer.kind == "file":
        return is_file_of(answer.value, known)
    rows = {row["visit_id"]: {k: v for k, v in row.items() if k != "_id"} for row in answer.value["records"]}
    return any(not wrong_rows(rows, release, known) for release in known)


def is_file_of(content: bytes, known: list[Release]) -> bool:
    return hashlib.sha256(content).hexdigest() in {h for release in known for h in release.files.values()}
