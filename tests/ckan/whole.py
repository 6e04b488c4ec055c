"""What a reader without an account is shown of a dataset, held against its releases.

What belongs here: one look, and what of it no whole release has. What does not: what brought the portal there.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipelines.contracts.files import hash_file
from pipelines.contracts.store import METADATA_FILE, PACKAGE_FILE, table_file
from pipelines.publish.ckan.datastore import records
from pipelines.publish.ckan.rows import read_parquet
from pipelines.release.index import read_release
from tests.ckan.real import Ckan
from tests.ckan.town import Town

Rows = dict[str, dict[str, Any]]
INDEX = "index.json"
"""The list of versions: it grows with every release and is of none."""
WITHDRAWN = hashlib.sha256(b"Retirado. / Withdrawn.\n").hexdigest()


@dataclass(frozen=True)
class Release:
    """A release: its rows by key, the hashes of its files by name in small letters, and what is told of it."""

    version: str
    title: str
    rows: Rows
    files: dict[str, str]


@dataclass
class Seen:
    """A look: rows by resource and key, hashes by the name of the file. `names`: of all resources, in their order."""

    version: str
    title: str
    names: list[str] = field(default_factory=list)
    tables: dict[str, Rows] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)


def released(town: Town, dataset: str, version: str) -> Release:
    """A release as its folder has it; its table is called like the dataset, and its key is the first column."""
    store = town.project.store
    release = read_release(store, dataset, version)
    folder = store.release(dataset, version)
    package = json.loads((folder / PACKAGE_FILE).read_bytes())
    (schema,) = [r["schema"] for r in package["resources"] if r["name"] == dataset]
    names = [f["name"] for f in schema["fields"]]
    rows = records(read_parquet(folder / table_file(dataset, "parquet"), names))
    title = json.loads((folder / METADATA_FILE).read_bytes())["titles"]["es"]
    return Release(
        version=version,
        title=title,
        rows={row[names[0]]: row for row in rows},
        files={f.file.lower(): f.sha256 for f in release.files},
    )


def look(ckan: Ckan, name: str) -> Seen | None:
    """What anybody sees now of the dataset `name`; None if it is not to be seen.

    Who had just asked for the list of resources as one of them went asks again. The bytes of files are taken from
    CKAN's disk, at the place from which it serves them.
    """
    seen = _look(ckan, name)
    return _look(ckan, name) if seen and seen.trouble else seen


def _look(ckan: Ckan, name: str) -> Seen | None:
    with httpx.Client(base_url=ckan.url, timeout=60, follow_redirects=True) as client:
        answer = _get(client, "/api/3/action/package_show", id=name)
        if answer.status_code in (403, 404):
            return None
        package = answer.json()["result"]
        seen = Seen(package.get("version") or "", package["title"], [r["name"] for r in package["resources"]])
        for resource in package["resources"]:
            if resource.get("url_type") == "datastore":
                seen.tables[resource["id"]] = _rows(client, resource, seen)
            elif resource.get("url_type") == "upload":
                identity = resource["id"]
                file = ckan.folder / "files" / "resources" / identity[:3] / identity[3:6] / identity[6:]
                if file.exists():
                    seen.files[resource["url"].rsplit("/", 1)[-1]] = hash_file(file)
                else:
                    seen.trouble.append(f"no file {resource['url']}")
        return seen


def _rows(client: httpx.Client, resource: dict[str, Any], seen: Seen) -> Rows:
    answer = _get(client, "/api/3/action/datastore_search", resource_id=resource["id"], limit=1000)
    if not answer.is_success:
        seen.trouble.append(f"rows: {answer.status_code}")
        return {}
    result = answer.json()["result"]
    rows = [{k: v for k, v in row.items() if k != "_id"} for row in result["records"]]
    key = next(f["id"] for f in result["fields"] if f["id"] != "_id")
    by_key = {row[key]: row for row in rows}
    if not len(by_key) == len(rows) == result["total"]:
        seen.trouble.append(f"rows: {len(by_key)} keys, {len(rows)} rows, total {result['total']}")
    if not resource.get("datastore_active"):
        seen.trouble.append("rows: not said to be in the DataStore")
    return by_key


def _get(client: httpx.Client, path: str, **params: Any) -> httpx.Response:
    for wait in (0.2, 1, 3, 0):
        answer = client.get(path, params=params or None)
        # CKAN itself fails now and then when many ask at once; a reader asks again.
        if answer.status_code < 500 or not wait:
            break
        time.sleep(wait)
    return answer


def lacks(seen: Seen | None, releases: list[Release], hidden: bool = False, gone: bool = False) -> list[str]:
    """What a reader in the middle of a publication misses, or sees that is of none of `releases`; empty if nothing.

    `releases`: the one shown before, and those that were due since. While rows are changed those of several may be
    there, never fewer than of the one that is told of. `hidden`: nobody saw the dataset before; `gone`: it becomes a
    tombstone, whose rows and files go first.
    """
    if seen is None:
        return [] if hidden else ["gone"]
    if not seen.version and gone:
        return [f"a tombstone with {n}" for n in seen.names]
    told = {r.version: r for r in releases}.get(seen.version)
    if told is None:
        return [f"version {seen.version!r}"]
    out = [] if gone else list(seen.trouble)
    if seen.title != told.title:
        out.append(f"title {seen.title!r}")
    if len(seen.tables) != 1 or len(set(seen.names)) != len(seen.names):
        out.append(f"{len(seen.tables)} tables, resources {seen.names}")
    out += _wrong_files(seen, releases, gone)
    return out if gone else out + [w for rows in seen.tables.values() for w in wrong_rows(rows, told, releases)]


def _wrong_files(seen: Seen, releases: list[Release], gone: bool) -> list[str]:
    erased = {WITHDRAWN} if gone else set()
    fine = {name: {r.files.get(name) for r in releases} | erased for name in seen.files}
    return [f"file {name}" for name, found in seen.files.items() if found not in fine[name] and name != INDEX]


def wrong_rows(rows: Rows, told: Release, releases: list[Release]) -> list[str]:
    """What of `rows` is less than `told` has, or is of none of `releases`."""
    columns = set(next(iter(told.rows.values())))
    fewer = [f"no row {key}" for key in told.rows.keys() - rows.keys()]
    known: dict[str, list[dict[str, Any]]] = {}
    for release in releases:
        for key, row in release.rows.items():
            known.setdefault(key, []).append({c: v for c, v in row.items() if c in columns})
    strange = [f"row {row}" for key, row in rows.items() if row not in known.get(key, [])]
    return fewer + strange


def differs(seen: Seen | None, wanted: Release | None, names: list[str] | None = None) -> list[str]:
    """What differs from exactly `wanted` (None: a tombstone), once all is done; `names`: its resources."""
    if seen is None:
        return ["gone"]
    if wanted is None:
        return [] if (seen.version, seen.names) == ("", []) else [f"{seen.version} {seen.names}"]
    out = lacks(seen, [wanted])
    out += [f"rows {sorted(rows)}" for rows in seen.tables.values() if rows != wanted.rows]
    if names is not None and seen.names != names:
        out.append(f"resources {seen.names}")
    return out
