"""The commands about what was released: releases, diff, rollback, withdraw, prune, verify.

What belongs here: choosing versions and showing them. What does not: what is done with them, which is in
`release`.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines.cli.common import (
    AsJson,
    Dataset,
    ProjectFolder,
    Version,
    app,
    argument,
    gravest,
    known,
    option,
    refuse,
    session,
)
from pipelines.cli.targets import ckan_target, read_back, show_left, take_off
from pipelines.contracts import exits
from pipelines.contracts.cells import cell_text
from pipelines.contracts.findings import Finding, blocking
from pipelines.contracts.project import Project
from pipelines.contracts.tables import empty_table
from pipelines.contracts.words import word
from pipelines.operate.undo import clear, elsewhere, personal, roll_back, take_back
from pipelines.publish import Published, verify_portal
from pipelines.release import doomed_versions, read_index, release_tables
from pipelines.release.delta import count, delta
from pipelines.release.verify import verify_store
from pipelines.terminal import Terminal


@app.command(help=word("help.releases"))
def releases(
    dataset: Annotated[str | None, argument("dataset")] = None, project: ProjectFolder = None, as_json: AsJson = False
) -> None:
    """List versions."""
    with session(project, as_json) as (here, terminal):
        names = known(terminal, "dataset", [dataset] if dataset else [], list(here.datasets))
        indexes = [read_index(here.store, name) for name in names]
        if as_json:
            terminal.json([i.model_dump(mode="json") for i in indexes])
            return
        rows = []
        for index in indexes:
            for v in reversed(index.versions):
                state = word(f"state.{'current' if v.version == index.current else v.status}", terminal.lang)
                rows.append(
                    [index.dataset, v.version, state, v.schema_version, str(v.rows), terminal.moment(v.published)]
                )
        terminal.table(["dataset", "version", "state", "schema", "rows", "published"], rows)


@app.command(help=word("help.diff"))
def diff(
    dataset: Dataset,
    older: Annotated[str, argument("from")],
    newer: Annotated[str, argument("to")],
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Tell which rows differ between two versions."""
    with session(project, as_json) as (here, terminal):
        known(terminal, "dataset", [dataset], list(here.datasets))
        _versions(here, terminal, dataset, [older, newer])
        dataset_file = here.datasets[dataset]
        former, later = (release_tables(here.store, dataset, v) for v in (older, newer))
        every = {r.name: later.get(r.name, empty_table(r)) for r in dataset_file.resources}
        lines = list(delta(dataset_file, former, every))
        if as_json:
            terminal.json({"count": count(lines), "rows": lines})
            return
        marks = {"added": "+", "changed": "~", "removed": "-"}
        terminal.lines(
            f"{marks[x['change']]} {x['table']} {'/'.join(map(cell_text, x['key'].values()))}" for x in lines
        )
        terminal.lines([" ".join(f"{marks[k]}{n}" for k, n in count(lines).items())])


def _versions(project: Project, terminal: Terminal, dataset: str, named: list[str]) -> None:
    shown = [v.version for v in read_index(project.store, dataset).versions if v.status == "published"]
    known(terminal, "version", named, shown)


@app.command(help=word("help.rollback"))
def rollback(dataset: Dataset, version: Version, project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """Show an older version again."""
    with session(project, as_json) as (here, terminal):
        known(terminal, "dataset", [dataset], list(here.datasets))
        _versions(here, terminal, dataset, [version])
        done = roll_back(here, dataset, version, datetime.now(UTC))
        behind = elsewhere(here, dataset)
        _say(terminal, {"dataset": dataset, "current": version, "targets": behind}, [])
        code = _shown(terminal, done)
        show_left(terminal, "done.targets_behind", dataset, behind)
        raise typer.Exit(code)


def _say(terminal: Terminal, told: dict[str, object], lines: list[str]) -> None:
    """Tell what was done: as JSON, or as lines."""
    if terminal.as_json:
        terminal.json(told)
    else:
        terminal.lines(lines)


def _shown(terminal: Terminal, done: Published | None) -> int:
    """Tell what became of the portal; the exit code."""
    if done is None:
        return exits.OK
    terminal.findings(done.findings)
    terminal.say("done.portal", path=done.tree)
    terminal.sent(done.sent)
    return exits.FAILED if done.result == "failed" else exits.OK


@app.command(help=word("help.withdraw"))
def withdraw(
    dataset: Dataset,
    reason: Annotated[str, option("reason", "--reason")],
    version: Annotated[str | None, argument("version")] = None,
    every: Annotated[bool, option("all", "--all")] = False,
    yes: Annotated[bool, option("yes", "--yes")] = False,
    to: Annotated[list[str] | None, option("withdraw_to", "--to")] = None,
    purge: Annotated[str | None, option("purge", "--purge")] = None,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Remove what must not be public."""
    with session(project, as_json) as (here, terminal):
        _can_withdraw(here, terminal, dataset, version, every)
        targets = [ckan_target(here, terminal, name) for name in dict.fromkeys(to or [])]
        _can_purge(terminal, dataset, purge, bool(every and targets))
        if dataset in here.datasets and (found := personal(here, here.datasets[dataset], reason)):
            terminal.findings(found)
            raise typer.Exit(exits.CONFIG)
        named = ", ".join(doomed_versions(here.store, dataset, version))
        if not yes and not terminal.agrees("ask.withdraw", what=f"{dataset} {named}"):
            raise typer.Exit(exits.FAULT)
        done, published = take_back(here, dataset, version, reason, datetime.now(UTC))
        kept = [text.get(terminal.lang) for text in done.kept]
        lines = [word("done.withdrawn", terminal.lang, versions=", ".join(done.versions))]
        lines += [f"  - {name}" for name in done.removed]
        lines += [word("done.out_of_reach", terminal.lang), *(f"  - {text}" for text in kept)]
        if not as_json:
            terminal.lines(lines)
        code = _shown(terminal, published)
        undone = take_off(here, terminal, dataset, targets, purge is not None)
        if as_json:
            told = {"versions": done.versions, "removed": done.removed, "out_of_reach": kept}
            outcomes = [o.model_dump(mode="json") for o in undone.outcomes]
            terminal.json({**told, "targets": outcomes, "left": undone.left, "not_erased": undone.not_erased})
        show_left(terminal, "done.targets_withdrawn", dataset, undone.left)
        raise typer.Exit(gravest(code, undone.code))


def _can_withdraw(project: Project, terminal: Terminal, dataset: str, version: str | None, every: bool) -> None:
    """End the command where there is no such dataset or version, or neither a version nor all was said."""
    among = [v.version for v in read_index(project.store, dataset).versions]
    if not among:
        kind, names = word("kind.dataset", terminal.lang), ", ".join(project.datasets)
        refuse(terminal, "error.unknown", kind=kind, name=dataset, known=names)
    known(terminal, "version", [version] if version else [] if every else ["?"], among)


def _can_purge(terminal: Terminal, dataset: str, purge: str | None, whole: bool) -> None:
    """End the command where a purge was not meant: the name typed out is another, or not all of it is withdrawn."""
    if purge is None:
        return
    if purge != dataset:
        refuse(terminal, "error.purge_name", dataset=dataset, name=purge)
    if not whole:
        refuse(terminal, "error.purge_alone")


@app.command(help=word("help.prune"))
def prune(
    dry_run: Annotated[bool, option("dry", "--dry-run")] = False,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Remove what retention no longer keeps."""
    with session(project, as_json) as (here, terminal):
        done, published = clear(here, datetime.now(UTC), dry_run)
        folders = [str(folder) for folder in done.folders]
        said = word("done.would_prune" if dry_run else "done.pruned", terminal.lang, count=len(folders))
        _say(terminal, {"dry_run": dry_run, "folders": folders}, [*folders, said])
        raise typer.Exit(_shown(terminal, published))


@app.command(help=word("help.verify"))
def verify(
    what: Annotated[str | None, argument("what")] = None,
    datasets: Annotated[list[str] | None, argument("verify_datasets")] = None,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Hash everything again; or read a CKAN back."""
    with session(project, as_json) as (here, terminal):
        if what not in (None, "store", "portal"):
            found = read_back(here, terminal, what, datasets or [])
        else:
            if datasets:
                refuse(terminal, "error.datasets_of_store", names=", ".join(datasets))
            found = _hash_again(here, terminal, what)
        if as_json:
            terminal.json([f.as_row() for f in found])
        terminal.findings(found)
        if blocking(found):
            raise typer.Exit(exits.FAILED)
        if not as_json:
            terminal.say("done.clean")


def _hash_again(project: Project, terminal: Terminal, what: str | None) -> list[Finding]:
    found: list[Finding] = []
    with terminal.busy() as tell:
        if what != "portal":
            found += verify_store(project.store, tell)
        if what != "store":
            found += verify_portal(project)
    return found
