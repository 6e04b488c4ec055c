"""What Dagster is told about findings: how many, where and why they matter, and never a value.

What belongs here: findings as metadata and as results of asset checks. What does not: making findings.

Dagster keeps what it is told for as long as its history, out of reach of `opendata withdraw`. So only
words from our own files pass: codes, texts of the catalogue without parameters, tables and columns that
are declared. No value, key, parameter, name of a dropped file or text of an exception does.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import dagster as dg

from pipelines.contracts.findings import Finding, blocking, catalogue, counts

UNDECLARED = "(undeclared)"
SHOWN = 50
"""Most lines of one table of findings; the counts beside it are complete."""


def finding_counts(found: Collection[Finding]) -> dict[str, Any]:
    """Counts by severity and by code."""
    severity = Counter("waived" if f.waiver else f.severity for f in found)
    by_code = {"findings": dg.MetadataValue.json(counts(found))} if found else {}
    return {"errors": severity["error"], "warnings": severity["warning"], "waived": severity["waived"], **by_code}


def finding_table(found: Collection[Finding], columns: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """A Markdown table of findings, one line for each code, table and column.

    `columns`: the declared columns of each declared table. Any other name comes from a file that
    somebody sent, where a row may stand in place of the header, and is not shown.
    """
    if not found:
        return {}
    lines = Counter((f.severity, f.code, *_place(f, columns), "yes" if f.waiver else "") for f in found)
    rows = [
        f"| {severity} | `{code}` | {table} | {column} | {number} | {waived} | {catalogue()[code].owner} "
        f"| {catalogue()[code].why.en} |"
        for (severity, code, table, column, waived), number in sorted(lines.items())
    ]
    head = ["| severity | code | table | column | count | waived | who acts | why it matters |", "|---" * 8 + "|"]
    return {"what_was_found": dg.MetadataValue.md("\n".join([*head, *rows[:SHOWN]]))}


def _place(found: Finding, columns: Mapping[str, Collection[str]]) -> tuple[str, str]:
    table = found.table or ""
    if table not in columns:
        return (UNDECLARED if table else ""), (UNDECLARED if found.field else "")
    known = not found.field or found.field in columns[table]
    return table, (found.field or "") if known else UNDECLARED


def check_result(
    key: dg.AssetKey, name: str, found: Collection[Finding], columns: Mapping[str, Collection[str]]
) -> dg.AssetCheckResult:
    """The result of one gate: red for an error that nobody waived, yellow for warnings, green else."""
    errors, open_ones = blocking(found), [f for f in found if not f.waiver]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not open_ones,
        severity=dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN,
        description=_sentence(found),
        metadata={**finding_counts(found), **finding_table(found, columns)},
    )


def _sentence(found: Iterable[Finding]) -> str:
    by_code = counts(found)
    return ", ".join(f"{code} ({number})" for code, number in by_code.items()) or "Nothing was found."
