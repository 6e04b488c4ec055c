"""Keys across datasets, and keys by kind, against the tables of one edition.

What belongs here: whether the rows that a table names in other datasets are there. What does not:
foreign keys inside a dataset, which are part of its schema, and finding the other tables: the caller
gives them.

A key of which no column is filled names nothing and is passed over; whether it may be empty is said by
the constraints of its columns.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from pipelines.check.places import LIMIT, Places, among, at, joined_keys, present
from pipelines.contracts.dataset import DatasetFile, Key, Reference, Resource
from pipelines.contracts.findings import Finding
from pipelines.contracts.tables import Tables, as_text

Lookup = Callable[[str, str], pd.DataFrame | None]


def check_keys_across(dataset: DatasetFile, tables: Tables, lookup: Lookup) -> list[Finding]:
    """Findings about the keys that `Resource.keys` of the dataset declare.

    `lookup(dataset, table)` gives the published table of this run's edition, or None where the edition
    has none. Tables of the dataset itself are taken from `tables`. A key with a column that `tables` does
    not have (a private one, in a release) is not checked. A finding about a row that is not there names
    the dataset that lacks it in the param `datasets`.
    """
    found: list[Finding] = []
    for resource in dataset.resources:
        table = tables.get(resource.name)
        for key in resource.keys if table is not None else []:
            needed = [*key.fields, *([key.kind] if key.kind else [])]
            if table is not None and set(needed) <= set(table.columns):
                found += _check_key(dataset, resource, key, tables, lookup)
    return found


def _check_key(dataset: DatasetFile, resource: Resource, key: Key, tables: Tables, lookup: Lookup) -> Iterator[Finding]:
    places = Places(dataset.name, resource, tables[resource.name], LIMIT)
    mine = _keys(places.table, key.fields)
    if key.reference:
        yield from _follow(places, key, key.reference, mine, tables, lookup)
        return
    kind = places.text(str(key.kind))
    yield from places.of_rows(
        "key-kind-missing", at(mine.notna() & kind.isna()), key.fields, params={"column": key.kind}
    )
    strange = at(kind.notna() & ~kind.isin(list(key.references)))
    expected = {"expected": ", ".join(key.references)}
    yield from places.of_rows("key-kind-unknown", strange, [str(key.kind)], params=expected)
    for word, reference in key.references.items():
        yield from _follow(places, key, reference, mine.where(kind.eq(word).fillna(False).astype(bool)), tables, lookup)


def _follow(
    places: Places, key: Key, reference: Reference, mine: pd.Series, tables: Tables, lookup: Lookup
) -> list[Finding]:
    """Findings about the rows of `mine` (a key each, `pd.NA` for none) that the referenced table does not have."""
    if mine.isna().all():
        return []
    owner = reference.dataset or places.dataset
    other = tables.get(reference.resource) if owner == places.dataset else lookup(owner, reference.resource)
    params = {"reference": f"{owner}/{reference.resource}", "datasets": owner}
    if other is None:
        return [places.of_column("key-dataset-absent", key.fields[0], params=params)]
    absent = [name for name in reference.fields if name not in other]
    if absent:
        params["column"] = ", ".join(absent)
        return [places.of_column("key-column-absent", key.fields[0], params=params)]
    lacking = at(mine.notna() & ~among(mine, _keys(other, reference.fields)))
    return places.of_rows("key-missing", lacking, key.fields, params=params)


def _keys(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """The key of each row as one text that no other key has; `pd.NA` where none of the columns is filled."""
    parts = pd.DataFrame({name: present(as_text(table[name])) for name in columns})
    return joined_keys(parts)
