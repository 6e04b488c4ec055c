"""The SHACL gate: what the shapes found, as findings in plain words.

What belongs here: how a result becomes a finding. What does not: the shapes and running them, which is
`standards`.
"""

from pipelines.check.catalogue.standards import Result
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.text import LANGS, Lang
from pipelines.contracts.words import word

LIMIT = 100
"""Most results of one run that are listed; the rest is counted."""
VALUE_CHARS = 200

_CODES = {
    "MinCountConstraintComponent": "shapes-property-missing",
    "QualifiedMinCountConstraintComponent": "shapes-property-missing",
    "HasValueConstraintComponent": "shapes-property-missing",
    "SPARQLConstraintComponent": "shapes-property-missing",
    "MaxCountConstraintComponent": "shapes-property-many",
    "UniqueLangConstraintComponent": "shapes-property-many",
}
"""The code of a result that has no value at fault."""


def shape_findings(results: list[Result], dataset: str) -> list[Finding]:
    """Findings of `results` about the dataset (or catalogue) with the id `dataset`, at most `LIMIT` and one.

    What a rule wants is said in both languages, in the words of our own table where it has the rule.
    """
    out = [_finding(result, dataset) for result in results[:LIMIT]]
    if len(results) > LIMIT:
        out.append(finding("shapes-more", dataset=dataset, params={"count": len(results) - LIMIT, "limit": LIMIT}))
    return out


def _finding(result: Result, dataset: str) -> Finding:
    code = _CODES.get(result.component, "shapes-value") if result.path else "shapes-entity"
    if code != "shapes-property-many" and result.value is not None and result.path:
        code = "shapes-value"
    wanted = {f"rule_{lang}": _wanted(result, lang) for lang in LANGS}
    return finding(
        code,
        severity=result.severity,
        dataset=dataset,
        key=result.focus,
        field=result.path,
        value=result.value[:VALUE_CHARS] if result.value else None,
        params={"constraint": result.component.removesuffix("ConstraintComponent"), **wanted},
    )


def _wanted(result: Result, lang: Lang) -> str:
    return result.message.get(lang) if result.message else word(f"rules.{result.set}", lang)
