"""The gates of one dataset in their order, and what of a finding may be shown.

What belongs here: schema and keys, rules, privacy, change, one after the other; the cap on findings; and
redaction. What does not: the gates that need more than the tables (keys across datasets, texts, metadata,
shapes), which are called on their own.
"""

from collections.abc import Iterable

from pipelines.check.change import check_change
from pipelines.check.patterns import personal_data, plain
from pipelines.check.places import Places, cap
from pipelines.check.privacy import check_cells, conceal, shown
from pipelines.check.rules import check_rules
from pipelines.check.schema import check_schema, missing_columns
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.contracts.tables import Tables


def check_tables(project: Project, dataset: DatasetFile, tables: Tables, former: Tables | None) -> list[Finding]:
    """All findings about the tables of a dataset, in the order schema, rules, privacy, change.

    `former` are the published tables of the last release, None if there is none. Every gate runs whatever
    the others say, so that everything is seen at once; only a table that lacks columns is left out of
    rules and change. Of one code and table at most `max_findings` of the settings are listed, the rest
    counted. Values of private columns are still there, for `redact` to take out; personal data never are.
    """
    limit = project.settings.max_findings
    there = [Places(dataset.name, r, tables[r.name], limit) for r in dataset.resources if r.name in tables]
    incomplete = {f.table for f in missing_columns(dataset, tables)}
    whole = [p for p in there if p.resource.name not in incomplete]
    found = check_schema(project, dataset, tables)
    for places in whole:
        found += check_rules(places, project.settings.small_group)
    found += check_cells(project, there)
    for places in whole:
        found += check_change(places, dataset.retired, former.get(places.resource.name) if former is not None else None)
    return conceal(project, dataset, cap(found, limit))


def redact(found: Iterable[Finding], dataset: DatasetFile) -> list[Finding]:
    """The findings as they may be shown: without values and keys of private columns and of the privacy gate.

    A column that the dataset does not declare counts as private, and so does a value of which no column is
    named. A value that looks like personal data is not shown, whoever found fault with it. Findings about
    other datasets or about no table are given back as they are, but for that.
    """
    return [_redacted(one, dataset) for one in found]


def _redacted(one: Finding, dataset: DatasetFile) -> Finding:
    if one.message.gate == "privacy":
        return one.hidden()
    if one.message.gate in ("metadata", "shacl"):
        return one  # it speaks of what is written to be read, not of a row
    if any(any(personal_data(plain(text), _no_mailbox)) for text in shown(one, dataset)):
        return one.hidden()
    resource = next((r for r in dataset.resources if r.name == one.table), None)
    if resource is None or one.dataset not in (None, dataset.name):
        return one
    public = {f.name for f in resource.public_fields}
    named = {one.field, *one.params.get("columns", "").split(", ")} - {None, ""}
    if not named <= public or (one.value is not None and not named):
        return one.hidden()
    return one if set(resource.primary_key) <= public else one.model_copy(update={"key": None})


def _no_mailbox(address: str) -> bool:
    """No mailbox needs to be shown in a finding."""
    return False
