"""The commands about CKAN portals: plan, apply, compare; and applying as other commands ask for it.

What belongs here: choosing a portal and showing what is, would be and was done there. What does not: the work, which
is in `publish.ckan`. It is loaded only when one of these commands runs: `opendata publish` alone needs no CKAN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.common import AsJson, ProjectFolder, app, argument, gravest, known, option, refuse, session
from pipelines.contracts import exits
from pipelines.contracts.findings import Finding, FindingError, blocking
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.contracts.words import word
from pipelines.operate.undo import elsewhere
from pipelines.release import StoreBusyError
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from pipelines.contracts.text import Lang
    from pipelines.publish.ckan.losses import Lost
    from pipelines.publish.ckan.model import Outcome, Plan

DRIFT = "target-drift"
"""The finding that waits for a decision and is no fault."""

Target = Annotated[str, argument("target")]
Datasets = Annotated[list[str] | None, argument("datasets")]


def ckan_target(project: Project, terminal: Terminal, name: str) -> TargetFile:
    """The CKAN of that id. Ends the command where there is none, or where it is the embedded portal."""
    target = project.targets.get(name)
    if target and target.kind == "portal":
        refuse(terminal, "error.target_portal", name=name)
    portals = [t.id for t in project.targets.values() if t.kind == "ckan"]
    if not portals:
        refuse(terminal, "error.no_target")
    known(terminal, "target", [name], portals)
    return project.targets[name]


def _with_token(project: Project, terminal: Terminal, name: str) -> TargetFile:
    """The same, with an API token at hand. Raises `FindingError` where there is none."""
    from pipelines.publish.ckan.wire import read_token

    target = ckan_target(project, terminal, name)
    read_token(target)
    return target


@app.command(help=word("help.plan"))
def plan(target: Target, project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Say what would change on a CKAN."""
    with session(project, as_json) as (here, terminal):
        portal = _with_token(here, terminal, target)
        from pipelines.operate.plan_report import plan_lines
        from pipelines.publish.ckan import plan_target

        with terminal.following() as tell:
            done = plan_target(here, portal, tell)
        if as_json:
            terminal.json(done.model_dump(mode="json"))
        terminal.findings(done.unmet)
        if not as_json:
            terminal.lines(plan_lines(done, portal, terminal.lang))
        terminal.findings(f for d in done.datasets for f in d.findings if f not in done.unmet)
        raise typer.Exit(_verdict(done))


def _verdict(plan: Plan) -> int:
    """Drift waits for a decision; anything else that blocks must be mended first."""
    waiting = [d for d in plan.datasets if d.action == "wait"]
    if any(f.code != DRIFT for d in waiting for f in blocking(d.findings)) or blocking(plan.unmet):
        return exits.FAILED
    if waiting:
        return exits.HELD
    return exits.DUE if plan.due else exits.OK


@app.command(help=word("help.apply"))
def apply(
    target: Target,
    datasets: Datasets = None,
    overwrite_drift: Annotated[bool, option("overwrite_drift", "--overwrite-drift")] = False,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Put onto a CKAN what is released."""
    with session(project, as_json) as (here, terminal):
        portal = _with_token(here, terminal, target)
        named = _named(here, terminal, portal, datasets)
        done = attempt(here, terminal, portal, named, overwrite_drift)
        if as_json:
            terminal.json(done.model_dump(mode="json"))
        show_outcome(terminal, done)
        raise typer.Exit(outcome_code(done))


@app.command(help=word("help.compare"))
def compare(target: Target, datasets: Datasets = None, project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """List what the portal's own DCAT does not say as our catalogue does."""
    with session(project, as_json) as (here, terminal):
        portal = _with_token(here, terminal, target)
        from pipelines.publish.ckan import losses
        from pipelines.publish.ckan.wire import Wire

        there = _shown_on(here, portal)
        if not there:
            refuse(terminal, "error.nothing_shown", target=target)
        names = known(terminal, "dataset", datasets or [], there)
        rows: list[tuple[str, Lost]] = []
        try:
            with terminal.following() as tell, Wire(here, portal) as wire:
                for name in names:
                    tell(name, "DCAT")
                    rows += [(name, lost) for lost in losses.compare(here, portal, wire, name)]
        except FindingError as error:
            # A portal that does not answer, or has no DCAT, is a target that failed, and no mistake of who asked.
            terminal.findings(error.findings)
            raise typer.Exit(exits.FAILED) from None
        if as_json:
            terminal.json([{"dataset": name, **lost.model_dump()} for name, lost in rows])
        elif rows:
            columns = ["dataset", "subject", "property", "how", "ours", "theirs"]
            terminal.table(columns, [[name, *_cells(lost, terminal.lang)] for name, lost in rows])
        else:
            terminal.say("done.dcat_same")


def _cells(lost: Lost, lang: Lang) -> list[str]:
    """A property in the cells of a table, each on its line."""
    ours, theirs = (" ".join(", ".join(values).split()) or "-" for values in (lost.ours, lost.theirs))
    return [word(f"lost.{lost.subject}", lang), lost.property, word(f"lost.{lost.how}", lang), ours, theirs]


def _shown_on(project: Project, target: TargetFile) -> list[str]:
    """The datasets that a portal shows a version of, by our record."""
    from pipelines.publish.ckan.journal import projections

    return [p.dataset for p in projections(project.store, target.id) if p.version]


def _named(project: Project, terminal: Terminal, target: TargetFile, datasets: list[str] | None) -> list[str] | None:
    """The datasets that were named, None for all; also one whose file is gone and that the portal still shows."""
    if not datasets:
        return None
    return known(terminal, "dataset", datasets, list({**project.datasets, **dict.fromkeys(_shown_on(project, target))}))


def attempt(
    project: Project,
    terminal: Terminal,
    target: TargetFile,
    datasets: list[str] | None = None,
    overwrite_drift: bool = False,
) -> Outcome:
    """Apply, with progress. What goes wrong on the portal is told in the outcome, and raises nothing.

    Raises `StoreBusyError` when another run holds the store.
    """
    from pipelines.publish.ckan import apply_target

    with terminal.following() as tell:
        return apply_target(project, target, overwrite_drift=overwrite_drift, datasets=datasets, tell=tell)


def read_back(project: Project, terminal: Terminal, name: str, datasets: list[str]) -> list[Finding]:
    """What differs between a CKAN and what was released, all of it read back; for `verify`."""
    target = _with_token(project, terminal, name)
    from pipelines.publish.ckan import verify_target

    named = _named(project, terminal, target, datasets)
    with terminal.following() as tell:
        return verify_target(project, target, datasets=named, tell=tell)


def outcome_code(outcome: Outcome) -> int:
    """What cron is told: a dataset that waits for a decision is held, whatever else blocks has failed."""
    other = [f for f in blocking(outcome.findings) if f.code != DRIFT]
    if other or any(r.result == "failed" for r in outcome.results):
        return exits.FAILED
    return exits.HELD if outcome.waiting else exits.OK


def show_outcome(terminal: Terminal, outcome: Outcome) -> None:
    """Tell what became of each dataset, and what it took."""
    from pipelines.operate.plan_report import outcome_line, outcome_rows

    terminal.findings(outcome.findings)
    if terminal.as_json:
        return
    if outcome.writes or any(r.result != "unchanged" for r in outcome.results):
        terminal.table(["dataset", "result", "version", "written"], outcome_rows(outcome, terminal.lang))
    elif not outcome.failed:
        terminal.say("done.target_same", target=outcome.target)
    terminal.lines([outcome_line(outcome, terminal.lang)])


@dataclass
class Undone:
    """What became of a dataset on the CKANs that were named: what is left to do there, and the exit code."""

    outcomes: list[Outcome] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    not_erased: dict[str, list[str]] = field(default_factory=dict)
    code: int = exits.OK


def take_off(project: Project, terminal: Terminal, dataset: str, targets: list[TargetFile], purge: bool) -> Undone:
    """Withdraw a dataset, already withdrawn in the store, from these CKANs too; `purge`: erase the tombstone.

    What goes wrong on one is told, and raises nothing: it is left, as are the CKANs that were not named.
    """
    done = Undone()
    for target in targets:
        code = _take_off(project, terminal, dataset, target, purge, done)
        done.code = gravest(done.code, code)
    reached = {o.target for o in done.outcomes if outcome_code(o) == exits.OK}
    done.left = [name for name in elsewhere(project, dataset) if name not in reached]
    return done


def _take_off(project: Project, terminal: Terminal, dataset: str, target: TargetFile, purge: bool, done: Undone) -> int:
    try:
        outcome = attempt(project, terminal, target, [dataset])
        done.outcomes.append(outcome)
        show_outcome(terminal, outcome)
        if outcome_code(outcome) != exits.OK or not purge:
            return outcome_code(outcome)
        from pipelines.publish.ckan import purge_dataset

        kept = [text.get(terminal.lang) for text in purge_dataset(project, target, dataset)]
    except StoreBusyError as error:
        terminal.problem("error.busy", holder=error)
        return exits.BUSY
    except FindingError as error:
        terminal.findings(error.findings)
        return exits.FAILED
    done.not_erased[target.id] = kept
    if not terminal.as_json:
        terminal.say("done.purged", dataset=dataset, target=target.id)
        terminal.say("done.not_erased", target=target.id)
        terminal.lines(f"  - {text}" for text in kept)
    return exits.OK


def show_left(terminal: Terminal, key: str, dataset: str, targets: list[str]) -> None:
    """Tell which CKANs are left to be brought up to date, and by which command."""
    if targets and not terminal.as_json:
        terminal.say(key)
        terminal.lines(f"  opendata apply {name} {dataset}" for name in targets)
