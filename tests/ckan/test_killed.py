"""Runs of the command that are killed, and what the next one makes of what they left."""

from typing import Any

import pytest

from pipelines.publish.ckan import apply as applying
from pipelines.publish.ckan import plan_target
from pipelines.publish.ckan.journal import begun, read_intention
from pipelines.publish.ckan.look import Look
from pipelines.publish.ckan.session import Visit
from tests.ckan.bench import DATASET, KILLS, Bench, Case, Step
from tests.ckan.town import TARGET

pytestmark = pytest.mark.slow

BEFORE, AFTER = KILLS
PLACES: dict[str, list[str]] = {
    "first": ["package_create", "package_revise", "datastore_create", "datastore_upsert"],
    "change": ["datastore_upsert", "package_revise", "datastore_delete"],
    "major": ["package_create", "datastore_create", "datastore_upsert", "package_delete"],
    "tombstone": ["datastore_delete", "resource_patch", "package_revise"],
}
"""Kind of publication, and actions that write, at the first of which it is killed."""


@pytest.mark.parametrize(("kind", "action"), [(kind, action) for kind, found in PLACES.items() for action in found])
def test_a_run_killed_as_it_writes_is_ended_by_the_next(kind: str, action: str, bench: Bench) -> None:
    calls = bench.calls(kind)
    case = bench.case(kind, calls.index(action) + 1, AFTER)
    # CKAN's own job may move a dataset meanwhile, and a call is then made twice: the place is about there.
    assert case.result == "killed"
    assert (case.lacks, case.wrong, case.runs) == ([], [], 1)


WALKS: dict[str, tuple[str, list[Step]]] = {
    "killed twice at different places": ("a", [("b", 7, AFTER), ("b", 12, BEFORE)]),
    "killed as it shows a first release, and again with another": ("", [("a", 10, AFTER), ("b", 7, BEFORE)]),
    "a new major version killed, and the former one released again": ("b", [("c", 20, AFTER), ("b", 6, BEFORE)]),
    "a new major version killed in a first publication": ("", [("c", 15, AFTER), ("a", 7, BEFORE), ("a", 9, AFTER)]),
    "a new major version killed in its private dataset, and all withdrawn": (
        "a",
        [("c", 14, AFTER), ("gone", 3, BEFORE)],
    ),
    "a change killed with rows of both there, and gone back": ("a", [("b", 10, AFTER), ("a", 5, BEFORE)]),
}


@pytest.mark.parametrize("name", WALKS)
def test_what_a_dead_run_wrote_is_no_drift(name: str, bench: Bench) -> None:
    begin, steps = WALKS[name]
    bench.reach(begin)
    case = bench.walk(Case(name, 0, ""), steps)
    assert (case.lacks, case.wrong, case.runs) == ([], [], 1)


def test_a_run_that_dies_between_the_record_and_the_end_of_its_journal_is_read_back_once_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.reach("a")
    bench.due("b")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(applying, "end_intention", die)
        bench.apply()
    assert read_intention(bench.project.store, TARGET, DATASET) is not None
    plan = plan_target(bench.project, bench.project.targets[TARGET])
    assert [(d.action, d.drift) for d in plan.datasets if d.dataset == DATASET] == [("change", [])]
    out = Case("change", 0, "")
    bench.converge(out, "b")
    bench.shows = "b"
    assert out.wrong == []
    assert begun(bench.project.store, TARGET) == []


def test_a_call_of_a_dead_run_that_is_carried_out_after_the_next_one_has_looked_does_not_stop_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.reach("c")
    bench.due("b")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(applying, "stage", die)
        bench.apply()
    look_at_all, looked = applying.planned, []

    def late(here: Visit, *of: Any) -> Look:
        looked.append(look_at_all(here, *of))
        if len(looked) == 1:
            # What the dead run had sent.
            applying._dataset(here, look_at_all(here, *of))
        return looked[-1]

    monkeypatch.setattr(applying, "planned", late)
    outcome = bench.apply()
    assert ([r.result for r in outcome.results], len(looked)) == (["verified"], 2), outcome.findings
    monkeypatch.undo()
    out = Case("major back", 0, "")
    bench.converge(out, "b")
    bench.shows = "b"
    assert (out.wrong, out.runs) == ([], 1)
