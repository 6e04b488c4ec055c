"""The gates of one dataset in their order.

What belongs here: schema and keys, rules, privacy, change, one after the other, and the cap on findings.
What does not: the gates that need more than the tables (keys across datasets, texts, metadata, shapes),
which are called on their own, and what of a finding may be shown (`showing`).
"""

from pipelines.check.change import check_change
from pipelines.check.places import Places, cap
from pipelines.check.privacy import check_cells
from pipelines.check.rules import check_rules
from pipelines.check.schema import check_schema, missing_columns
from pipelines.check.showing import conceal
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project
from pipelines.contracts.tables import Tables


def check_tables(project: Project, dataset: DatasetFile, tables: Tables, former: Tables | None) -> list[Finding]:
    """All findings about the tables of a dataset, in the order schema, rules, privacy, change.

    `former` are the published tables of the last release, None if there is none. Every gate runs whatever
    the others say, so that everything is seen at once; only a table that lacks columns is left out of
    rules and change. Of one code and table at most `max_findings` of the settings are listed, the rest
    counted. They are concealed: nothing of a private column is in them.
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
