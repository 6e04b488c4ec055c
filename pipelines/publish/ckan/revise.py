"""The one way in which a dataset on the portal is changed: `package_revise` against a view that must still hold.

What belongs here: that call, and finding out what became of it. What does not: what is written.

`match` names the dataset, the moment of its last change and what is written over, so that a writer with a stale view
is refused. That moment also moves by itself: a job of the DataStore touches it some seconds after rows were written
(15 s in CKAN 2.12, `RESOURCE_LAST_MODIFIED_SETTLE_TIME`). A refusal is therefore followed by a reading: where nothing
of ours was changed, the call is made again over the dataset as it then is. What others added to it stays.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.contracts.findings import FindingError, finding
from pipelines.publish.ckan.wire import LostError, RefusedError, Wire

_TRIES = 6
"""The moment moves once for each table; more refusals than that are somebody who writes all the time."""
_LOSSES = 2
"""Answers that may get lost; the reading in between has waited for the portal already."""
Package = dict[str, Any]
"""A dataset as `package_show` gives it."""


@dataclass(frozen=True)
class Revision:
    """A change of one dataset: `update` makes what `package_revise` takes of it, its lists whole.

    `content`: what of the dataset must not have been changed by somebody else meanwhile. `landed`: whether a dataset
    shows that this change was carried out. `files`: resource id and the file to upload. `remove`: resource ids.
    """

    update: Callable[[Package], dict[str, Any]]
    content: Callable[[Package], Any]
    landed: Callable[[Package], bool]
    files: Mapping[str, Path] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)

    def call(self, package: Package) -> dict[str, Any]:
        """The call over `package` as it was read."""
        update = self.update(package)
        # Without the filter CKAN merges lists place by place, and an empty one changes nothing (`update_merge_list`).
        drop = [f"-{key}" for key, value in update.items() if isinstance(value, list | dict)]
        drop += [f"-resources__{identity}" for identity in self.remove]
        call: dict[str, Any] = {"match": _match(package, update), "filter": drop, "update": update}
        # A call with files is a form, whose values are texts.
        return {key: json.dumps(value) for key, value in call.items()} if self.files else call

    @property
    def uploads(self) -> dict[str, Path] | None:
        """The files of the call by the name of their field."""
        return {f"update__resources__{name}__upload": path for name, path in self.files.items()} or None


def _match(package: Package, update: dict[str, Any]) -> dict[str, Any]:
    """What must still hold: the moment, which resources there are, and every plain value that is written over.

    The moment alone does not tell. `package_delete` leaves it as it was, and so do `resource_delete` and a
    `package_update` of a dataset as it was shown, if a sysadmin calls them (CKAN 2.12).
    """
    written = {r["id"]: r for r in update.get("resources", []) if "id" in r}
    resources = [_plain(r, ["id", *written.get(r["id"], [])]) for r in package["resources"]]
    whole = ["id", "metadata_modified", "state", "num_resources", *update]
    return {**_plain(package, whole), "resources": resources}


def _plain(fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Values that are no lists or objects: portals add to these as they show them."""
    return {name: fields[name] for name in names if name in fields and not isinstance(fields[name], list | dict)}


def revise(wire: Wire, package: Package, revision: Revision) -> Package:
    """Make the change over `package` as it was read, and return the dataset as it then is.

    Raises `FindingError`: `target-changed-meanwhile` when somebody else changed what must not have changed, and
    `LostError` where the dataset shows time after time that the call was not carried out.
    """
    losses = 0
    for _ in range(_TRIES):
        lost = None
        try:
            return dict(wire.do("package_revise", revision.call(package), revision.uploads)["package"])
        except LostError as error:
            # Carried out or not: the dataset tells.
            lost, losses = error, losses + 1
        except RefusedError as error:
            if "match" not in error.reasons:
                raise
        now: Package = wire.ask("package_show", id=package["id"])
        # Every change moves the moment, an upload of the same file too.
        if now["metadata_modified"] != package["metadata_modified"] and revision.landed(now):
            return now
        if revision.content(now) != revision.content(package):
            break
        if lost and losses == _LOSSES:
            raise lost
        package = now
    raise FindingError(finding("target-changed-meanwhile", value=package["name"]))
