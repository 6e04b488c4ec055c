"""The commands with which people decide: approve, waive, announce.

What belongs here: reading what is decided. What does not: what a decision does, which is in `release`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pipelines.cli.common import AsJson, Dataset, ProjectFolder, app, argument, known, option, refuse, session
from pipelines.contracts.files import read_json
from pipelines.contracts.findings import FindingError, catalogue
from pipelines.contracts.project import Project
from pipelines.contracts.records import Decision
from pipelines.contracts.store import CANDIDATE_FILE
from pipelines.contracts.words import word
from pipelines.operate.status import last_run
from pipelines.operate.undo import personal
from pipelines.release import writing
from pipelines.release.decisions import CATALOGUE, decide, new_id
from pipelines.terminal import Terminal

Role = Annotated[str, option("role", "--role")]
Reason = Annotated[str, option("reason", "--reason")]
Until = Annotated[str, option("until", "--until")]


@app.command(help=word("help.approve"))
def approve(
    dataset: Dataset,
    role: Role,
    reason: Reason,
    until: Until,
    fingerprint: Annotated[str, option("fingerprint", "--fingerprint")] = "",
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Let one held candidate through."""
    with session(project, as_json) as (here, terminal):
        known(terminal, "dataset", [dataset], list(here.datasets))
        held = _held(here, terminal, dataset, fingerprint or _last_held(here, dataset))
        forbidden = [c for c in held["codes"] if not catalogue()[c].approvable]
        if forbidden:
            refuse(terminal, "error.not_approvable", codes=", ".join(forbidden))
        told = {"fingerprint": held["fingerprint"][:12], "rows": held["rows"], "codes": ", ".join(held["codes"])}
        terminal.say("done.approves", **told)
        named = {"fingerprint": held["fingerprint"], "codes": held["codes"]}
        _record(here, terminal, _decision("approval", dataset, role, reason, _day(terminal, until), named))


def _last_held(project: Project, dataset: str) -> str:
    """The fingerprint of the candidate that the last run held; nothing if it held none."""
    run = last_run(project)
    results = [r for r in run.datasets if r.dataset == dataset and r.result == "held"] if run else []
    return results[0].fingerprint or "-" if results else "-"


def _held(project: Project, terminal: Terminal, dataset: str, beginning: str) -> dict[str, Any]:
    records = list((project.store.held / dataset).glob(f"{beginning}*/{CANDIDATE_FILE}"))
    if len(records) != 1:
        refuse(terminal, "error.no_held", dataset=dataset)
    record = read_json(records[0])
    rows = sum(record["rows"].values())
    return {"fingerprint": record["fingerprint"], "codes": record["codes"], "rows": rows}


@app.command(help=word("help.waive"))
def waive(
    dataset: Dataset,
    code: Annotated[str, argument("code")],
    role: Role,
    reason: Reason,
    until: Until,
    table: Annotated[str | None, option("table", "--table")] = None,
    field: Annotated[str | None, option("field", "--field")] = None,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Tolerate one kind of problem for a time."""
    with session(project, as_json) as (here, terminal):
        known(terminal, "dataset", [dataset], list(here.datasets))
        known(terminal, "code", [code], list(catalogue()))
        tables = {r.name: [f.name for f in r.fields] for r in here.datasets[dataset].resources}
        known(terminal, "table", [table] if table else [], list(tables))
        known(terminal, "field", [field] if field else [], sorted({f for t in tables.values() for f in t}))
        if not catalogue()[code].approvable:
            refuse(terminal, "error.not_approvable", codes=code)
        more = {"codes": [code], "table": table, "field": field}
        _record(here, terminal, _decision("waiver", dataset, role, reason, _day(terminal, until), more))


@app.command(help=word("help.announce"))
def announce(
    dataset: Dataset,
    change: Annotated[str, option("change", "--change")],
    role: Role,
    reason: Reason,
    until: Until,
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Announce a change that breaks what re-users expect."""
    with session(project, as_json) as (here, terminal):
        among = [CATALOGUE] if change == "identity" else list(here.datasets)
        known(terminal, "dataset", [dataset], among)
        known(terminal, "code", [change], ["schema-major", "identity"])
        _record(
            here, terminal, _decision("announcement", dataset, role, reason, _day(terminal, until), {"change": change})
        )


def _day(terminal: Terminal, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day < datetime.now(UTC).date():
        refuse(terminal, "error.date", value=text)
    return day


def _decision(
    kind: Literal["approval", "waiver", "announcement"],
    dataset: str,
    role: str,
    reason: str,
    until: date,
    more: Mapping[str, object],
) -> Decision:
    now = datetime.now(UTC)
    base = {"kind": kind, "id": new_id(kind, now), "dataset": dataset, "made": now, "role": role, "reason": reason}
    return Decision.model_validate({**base, "expires": until, **more})


def _record(project: Project, terminal: Terminal, decision: Decision) -> None:
    if decision.dataset in project.datasets:
        said = f"{decision.role}\n{decision.reason}"
        found = personal(project, project.datasets[decision.dataset], said)
        if found:
            raise FindingError(*found)
    with writing(project, decision.kind):
        decide(project.store, decision)
    if terminal.as_json:
        terminal.json(decision.model_dump(mode="json", exclude_none=True))
    else:
        terminal.say("done.decided", id=decision.id, until=decision.expires)
