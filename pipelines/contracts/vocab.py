"""The vocabularies in `vocab/`: which codes a scheme has and how they read.

What belongs here: reading `concept_schemes.csv` and `concepts.csv`, the only truth about codes. What
does not: publishing them, which is a dataset like any other.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts.text import Text

SCHEMES_FILE = "concept_schemes.csv"
CONCEPTS_FILE = "concepts.csv"


@dataclass(frozen=True)
class Vocabularies:
    """The labels of each code by scheme, in the order of the file."""

    labels: dict[str, dict[str, Text]]

    def codes(self, scheme: str) -> list[str]:
        """The codes of `scheme`. Raises `KeyError` if there is no such scheme."""
        return list(self.labels[scheme])


def load_vocabularies(folder: Path) -> Vocabularies:
    """The vocabularies in `folder`. Raises `FileNotFoundError`, or `KeyError` on a missing column."""
    labels: dict[str, dict[str, Text]] = {}
    with (folder / SCHEMES_FILE).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            labels[row["scheme_id"]] = {}
    with (folder / CONCEPTS_FILE).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            text = Text(es=row["pref_label_es"], en=row["pref_label_en"])
            labels.setdefault(row["scheme_id"], {})[row["concept_id"]] = text
    return Vocabularies(labels)
