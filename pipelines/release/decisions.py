"""What people decided: approvals, waivers and announcements; all of them end by themselves.

What belongs here: writing a decision, reading those in force, and marking the findings they let
through. What does not: judging findings.
"""

import secrets
from collections.abc import Iterable
from datetime import date, datetime

from pipelines.contracts.files import append_json_line, read_json_lines
from pipelines.contracts.findings import Finding
from pipelines.contracts.records import Decision
from pipelines.contracts.store import Store

SCHEMA_MAJOR, IDENTITY = "schema-major", "identity"
CATALOGUE = "catalogue"
"""Under this name stand the decisions about the catalogue as a whole."""


def decide(store: Store, decision: Decision) -> None:
    """Record a decision; it counts from the next run on."""
    append_json_line(store.decision_file(decision.dataset), decision.model_dump(mode="json", exclude_none=True))


def new_id(kind: str, now: datetime) -> str:
    """An id for a decision: kind, day, and four random digits."""
    return f"{kind}-{now.date().isoformat()}-{secrets.token_hex(2)}"


def decisions_of(store: Store, dataset: str, today: date) -> list[Decision]:
    """The decisions about a dataset that are in force on `today` (the day of expiry included)."""
    path = store.decision_file(dataset)
    if not path.exists():
        return []
    every = [Decision.model_validate(row) for row in read_json_lines(path)]
    return [d for d in every if d.expires >= today]


def apply(found: Iterable[Finding], decisions: list[Decision], fingerprint: str) -> list[Finding]:
    """The findings, those marked that an approval of this very candidate or a waiver lets through.

    What the catalogue calls not approvable stays blocking whatever was decided.
    """
    return [_mark(f, decisions, fingerprint) for f in found]


def _mark(one: Finding, decisions: list[Decision], fingerprint: str) -> Finding:
    if one.severity != "error" or not one.message.approvable:
        return one
    # What was only counted is let through with what was listed.
    code = one.params.get("code") if one.code == "more-findings" else one.code
    for decision in decisions:
        if code in decision.codes and _covers(decision, one, fingerprint):
            return one.model_copy(update={"waiver": decision.id})
    return one


def _covers(decision: Decision, one: Finding, fingerprint: str) -> bool:
    if decision.kind == "approval":
        return decision.fingerprint == fingerprint
    named = ((decision.table, one.table), (decision.field, one.field))
    return decision.kind == "waiver" and all(wanted is None or wanted == here for wanted, here in named)


def announced(decisions: list[Decision], change: str, since: datetime | None = None) -> bool:
    """Whether that change was announced, after `since` if it is given: one announcement is for one change."""
    return any(d.kind == "announcement" and d.change == change and (not since or d.made > since) for d in decisions)


def used(found: Iterable[Finding], decisions: list[Decision], schema_change: str) -> list[Decision]:
    """The decisions without which the candidate would be held: what the release keeps."""
    marks = {f.waiver for f in found}
    return [d for d in decisions if d.id in marks or (schema_change == "major" and d.change == SCHEMA_MAJOR)]
