"""Gates: functions of what they are given, which say in findings what is wrong, and fetch nothing.

What belongs here: schema and keys, keys across datasets, rules, privacy, change against the last release,
and what of a finding may be shown. What does not: deciding what follows from a finding, which is `release`.
"""

from pipelines.check.catalogue import judge, load_rulebook, score_lower
from pipelines.check.gate import check_tables
from pipelines.check.identity import check_identity
from pipelines.check.keys import check_keys_across
from pipelines.check.metadata import check_metadata
from pipelines.check.privacy import check_texts
from pipelines.check.schema_change import classify_schema
from pipelines.check.showing import conceal

__all__ = [
    "check_identity",
    "check_keys_across",
    "check_metadata",
    "check_tables",
    "check_texts",
    "classify_schema",
    "conceal",
    "judge",
    "load_rulebook",
    "score_lower",
]
