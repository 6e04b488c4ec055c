"""Fetching the official shapes, and holding them against their pins.

What belongs here: where they come from, what has changed in them, and which of them are kept. What does
not: running them, which is `check`, and what a change means, which a person decides.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.contracts.files import hash_file, write_atomic
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project, is_address
from pipelines.contracts.source import source_at
from pipelines.contracts.standards import OfficialFile, official_files, write_official_files
from pipelines.contracts.text import Text
from pipelines.pull.web import Web

_SHACL = "http://www.w3.org/ns/shacl#"
_PROSE = frozenset(_SHACL + word for word in ("message", "name", "description", "order", "group", "prefixes"))


class NoPlaceError(Exception):
    """Raised when neither the setting `standards` nor the command says where the official files are."""


@dataclass(frozen=True)
class Change:
    """What became of one official file.

    `old` is its pin, `new` the SHA-256 of what is there now. `added` and `removed` count constraints, and
    are None where there is no kept copy of the old file to compare with.
    """

    file: str
    old: str
    new: str
    added: int | None = None
    removed: int | None = None

    @property
    def changed(self) -> bool:
        """Whether the file is not the one that was pinned."""
        return self.old != self.new


def update_standards(project: Project, place: str | None = None, accept: bool = False) -> list[Change]:
    """Fetch all official files from `place`, else from the setting, and keep in the store those that are pinned.

    With `accept` a changed file is kept too, and its new hash becomes the pin. Without it, the copy that was
    kept before stays. Nothing is kept unless all files could be had. Raises `NoPlaceError`, and
    `FindingError` for a file that cannot be had or is no Turtle.
    """
    if not (wanted := place or project.settings.standards):
        raise NoPlaceError
    vocab, kept = project.root / "vocab", project.kept_standards
    files = official_files(vocab)
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        # What somebody types is meant from where they are, a setting from the root of the project.
        _fetch(project, wanted, Path() if place else project.root, files, fresh)
        changes = [_change(one, fresh, kept) for one in files]
        for change in changes:
            if accept or not change.changed:
                write_atomic(kept / change.file, (fresh / change.file).read_bytes())
    if accept and any(c.changed for c in changes):
        write_official_files(vocab, [replace(f, sha256=c.new) for f, c in zip(files, changes, strict=True)])
    return changes


def _fetch(project: Project, place: str, here: Path, files: list[OfficialFile], into: Path) -> None:
    for one in files:
        (into / one.file).parent.mkdir(parents=True, exist_ok=True)
    if not is_address(place):
        folder = (here / place).resolve()
        missing = [one.file for one in files if not (folder / one.file).is_file()]
        if missing:
            params = {"count": len(missing)}
            raise FindingError(finding("standards-file-missing", part=place, value=missing[0], params=params))
        for one in files:
            shutil.copyfile(folder / one.file, into / one.file)
        return
    with Web(project, source_at("standards", Text(es="Formas oficiales", en="Official shapes"), place)) as web:
        for one in files:
            web.download(f"{place.rstrip('/')}/{one.file}", into / one.file)


def _change(one: OfficialFile, fresh: Path, kept: Path) -> Change:
    new, old = fresh / one.file, kept / one.file
    change = Change(one.file, one.sha256, hash_file(new))
    if not change.changed:
        return change
    try:
        after = _constraints(new)
        before = _constraints(old) if old.is_file() else None
    except (SyntaxError, ValueError) as error:
        raise FindingError(finding("shapes-unreadable", part=one.file, params={"reason": error})) from error
    if before is None:
        return change
    return replace(change, added=(after - before).total(), removed=(before - after).total())


def _constraints(path: Path) -> Counter[str]:
    """The constraints of a file: each use of a SHACL term that is no prose, with its value if that has a name."""
    from pyoxigraph import BlankNode, RdfFormat, parse

    found: Counter[str] = Counter()
    for triple in parse(path=path, format=RdfFormat.TURTLE):
        term = triple.predicate.value
        if term.startswith(_SHACL) and term not in _PROSE:
            found[f"{term} {'' if isinstance(triple.object, BlankNode) else triple.object}"] += 1
    return found
