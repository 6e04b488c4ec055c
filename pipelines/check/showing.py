"""What of a finding may be shown.

What belongs here: taking values, keys and names out of the findings of every gate. What does not: making
findings, and what a reader is told in place of what is hidden, which is for `contracts.findings`.

A finding is written to records that are kept, sent and published. So it shows only what is public: the
cells of public columns in which nothing personal is found, and words of the project's own files.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from pipelines.check.names import Names
from pipelines.check.privacy import list_of_names, searcher
from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project

_RAW = frozenset({"source", "tidy"})
"""Gates that show raw text: what stands in a column of numbers may be anything."""

_ROWS = _RAW | {"schema", "keys", "rules", "change"}
"""Gates that speak of rows; the others speak of what is written to be read, or of files of the store."""

_OF_NO_ROW = (
    *("http-", "ckan-", "source-sheet-missing", "source-encoding-unknown"),
    *("rdf-prefix-", "rdf-term-", "rdf-template-", "rdf-column", "rdf-subject-", "rdf-not-back", "rdf-address-shared"),
)
"""Codes, or their beginnings, whose value is an address, a word of the source file or one of the dataset file."""

_NUMBERS = frozenset({"count", "limit"})
"""Parameters that are always a number that we counted or set."""

Guilty = Callable[[str], bool]


@dataclass(frozen=True)
class _Table:
    """What a finding may show of a table: `public` columns, in the words of the finding."""

    public: frozenset[str]
    open_key: bool
    typed: frozenset[str] = frozenset()
    """Columns whose values are numbers or dates, and cannot be text."""


def conceal(project: Project, dataset: DatasetFile | None, found: Iterable[Finding]) -> list[Finding]:
    """The findings of any gate as they may be shown, written and sent. Concealing twice changes nothing.

    Without value and key are findings of the privacy gate, about private or undeclared columns, about a
    value of which no column is named, and about a table that nobody has; a key with a private part is
    never shown. What looks like personal data, or stands in the list of names, is hidden wherever it
    stands, also where a row stands in place of a header. `dataset` is the one the findings are about;
    other tables are looked up in the project. While the list of names cannot be read, nothing of a row is
    shown.
    """
    listed = list(found)
    if not listed:
        return []
    names, unreadable = list_of_names(project)
    in_rows = _guilty(project, names)
    in_words = _guilty(project, Names(publishable=names.publishable))
    out = []
    for one in listed:
        of_row = one.message.gate in _ROWS
        safe = one.hidden() if of_row and unreadable else one
        out.append(_concealed(safe, _table(project, dataset, one), in_rows if of_row else in_words))
    return out


def _guilty(project: Project, names: Names) -> Guilty:
    search = searcher(project, names)
    return cache(lambda text: any(search(text, frozenset())))


def _concealed(one: Finding, table: _Table | None, guilty: Guilty) -> Finding:
    gate = one.message.gate
    if gate == "privacy":
        return one.hidden()
    if any(guilty(text) for text in _texts(one, table)):
        one = _cleared(one, guilty)
    if gate not in _ROWS or one.code.startswith(_OF_NO_ROW) or (one.table is None and gate not in _RAW):
        return one
    return _by_column(one, table)


def _by_column(one: Finding, table: _Table | None) -> Finding:
    """A finding about a row, without what it shows of columns that are not public."""
    if table is None:
        return one if one.value is None and one.key is None else one.hidden()
    named = {one.field, *one.params.get("columns", "").split(", ")} - {None, ""}
    if not named <= table.public or (one.value is not None and not named):
        return one.hidden()
    return one if table.open_key else one.model_copy(update={"key": None})


def _texts(one: Finding, table: _Table | None) -> list[str]:
    """All that a finding shows, as texts that could be personal data."""
    texts = [one.key, one.field, *(text for name, text in one.params.items() if name not in _NUMBERS)]
    if table is None or one.field not in table.typed:
        texts.append(one.value)
    return [text for text in texts if text]


def _cleared(one: Finding, guilty: Guilty) -> Finding:
    """The finding hidden, and without the field and the parameters that must not be shown either."""
    bare = one.hidden()
    params = {name: text for name, text in bare.params.items() if name in _NUMBERS or not guilty(text)}
    field = None if bare.field and guilty(bare.field) else bare.field
    return bare.model_copy(update={"params": params, "field": field})


def _table(project: Project, dataset: DatasetFile | None, one: Finding) -> _Table | None:
    """The table that a finding is about; None if it is about none, or one that nobody has."""
    if one.table is None:
        return None
    if dataset and one.dataset in (None, dataset.name) and one.table in {r.name for r in dataset.resources}:
        resource = dataset.resource(one.table)
    else:
        try:
            _, resource = project.owner_of(one.table)
        except KeyError:
            return None
    table = _of_resource(one, resource)
    if one.message.gate == "source":
        return _Table(_in_their_words(project, resource, one), table.open_key)
    return table


def _of_resource(one: Finding, resource: Resource) -> _Table:
    public = frozenset(f.name for f in resource.public_fields)
    typed = (
        frozenset() if one.message.gate in _RAW else frozenset(f.name for f in resource.fields if f.type != "string")
    )
    return _Table(public, set(resource.primary_key) <= public, typed)


def _in_their_words(project: Project, resource: Resource, one: Finding) -> frozenset[str]:
    """The columns of a source that give public columns only; a source that nobody has gives none."""
    source = project.sources.get(one.source or "")
    feeds = [feed for feed in source.feeds if feed.table == one.table] if source else []
    theirs: dict[bool, set[str]] = {True: set(), False: set()}
    for feed in feeds:
        for field in resource.table_schema.fields:
            if field.name not in feed.constants:
                theirs[field.privacy == "public"].add(feed.columns.get(field.name, field.name))
    return frozenset(theirs[True] - theirs[False])
