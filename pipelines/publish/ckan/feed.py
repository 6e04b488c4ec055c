"""Our own feed about one dataset, to read single values off it.

What belongs here: asking a graph for the values of a property. What does not: what the feed says, which is
`describe.dcat`, and what becomes of the values.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.text import Text
from pipelines.describe import dataset_graph, describe_catalogue
from pipelines.describe.rdf import expand

if TYPE_CHECKING:
    from pyoxigraph import Triple


class About:
    """What is said of one thing; properties are written `prefix:local`."""

    def __init__(self) -> None:
        self._said: dict[str, list[Any]] = {}

    def add(self, predicate: str, value: Any) -> None:
        """Note one value (a term of pyoxigraph) of a property given by its IRI."""
        self._said.setdefault(predicate, []).append(value)

    def all(self, name: str) -> list[str]:
        """The values in the order of the feed."""
        return [value.value for value in self._said.get(expand(name), [])]

    def one(self, name: str) -> str | None:
        """The first value; None if there is none."""
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> Text | None:
        """The value in both languages; None if there is none."""
        by_lang = {value.language: value.value for value in self._said.get(expand(name), [])}
        return Text(es=by_lang["es"], en=by_lang["en"]) if by_lang else None


class Said:
    """What is said of each thing, by its IRI; of others nothing is."""

    def __init__(self, triples: "Iterable[Triple]") -> None:
        self._things: dict[str, About] = {}
        for subject, predicate, value in triples:
            self._things.setdefault(subject.value, About()).add(predicate.value, value)

    def __getitem__(self, iri: str) -> About:
        return self._things.get(iri) or About()


def feed_about(project: Project, meta: Dataset) -> Said:
    """What the Spanish feed says of a dataset."""
    return Said(feed_graph(project, meta))


def feed_graph(project: Project, meta: Dataset) -> "Iterable[Triple]":
    """The part of the Spanish feed that is about a dataset. Its edition and date are not told in it."""
    catalogue = describe_catalogue(project, [meta], edition="", modified=datetime.min)
    return dataset_graph(catalogue, meta, project.settings.base_url, "es")
