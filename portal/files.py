"""The static tree under its own addresses.

What belongs here: from an address to a file of the tree, its tag and how long it may be kept. What does not: ranges and
compression, which are `send`, and what the tree holds, which is decided by `publish`.
"""

import base64
import errno
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.store import RELEASE_FILE, TOMBSTONE_FILE
from pipelines.contracts.views import VIEWS
from portal.answer import HTML, Answer, Cache, FilePart, Problem, media_type
from portal.site import Site

_STYLE = re.compile(rb"<style[^>]*>(.*?)</style>", re.DOTALL)
_LATEST = "latest"


def tree_file(site: Site, path: str) -> Answer:
    """The file of the tree at the address `path`; a folder answers with its page.

    Raises `Problem` 404, and 410 for what belongs to a withdrawn version. A path that would leave the tree, or that
    names a hidden file, is one that does not exist.
    """
    parts = path.removeprefix("/").split("/")
    if parts[-1] == "":
        parts[-1] = "index.html"
    if not all(_plain(part) for part in parts):
        raise unknown()
    in_version = len(parts) == 4 and parts[0] == "datasets" and parts[2] != VIEWS
    place = site.tree.joinpath(*parts)
    if in_version and parts[2] == _LATEST and not place.parent.exists():
        # A withdrawal takes it away with any version of the dataset; what it stands for is still there.
        place = site.tree.joinpath(parts[0], parts[1], site.version(parts[1], None), parts[3])
    try:
        opened = FilePart.opened(place)
    except IsADirectoryError:
        return Answer(b"", HTML, 301, cache="edition", headers={"Location": f"./{quote(parts[-1])}/"})
    except (FileNotFoundError, NotADirectoryError):
        if not site.tree.is_dir():
            raise
        raise _missing(site, parts) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise unknown() from error
    if in_version and parts[2] != _LATEST and parts[2] in site.shown(parts[1]).withdrawn:
        return _withdrawn(opened, parts[3])
    etag, cache = _tag(site, parts) if in_version else (_own_tag(site, parts), "edition")
    kind = media_type(parts[-1])
    headers = {"Content-Security-Policy": _policy(place)} if kind == HTML else {}
    return Answer(opened, kind, etag=etag, cache=cache, headers=headers)


def unknown() -> Problem:
    """There is nothing at an address."""
    return Problem(404, "not-found", "No hay nada en esta dirección.", "There is nothing at this address.")


def _plain(part: str) -> bool:
    return part == ".well-known" or (bool(part) and not part.startswith(".") and "\\" not in part and "\0" not in part)


def _missing(site: Site, parts: list[str]) -> Problem:
    if parts[0] != "datasets" or len(parts) < 3 or parts[2] == VIEWS:
        return unknown()
    try:
        version = site.version(parts[1], None if parts[2] == _LATEST else parts[2])
    except Problem as problem:
        return problem
    files = [f.file for f in site.release(parts[1], version).files]
    return Problem(
        404,
        "file-unknown",
        f"La versión {version} de {parts[1]} no tiene ese fichero.",
        f"Version {version} of {parts[1]} has no such file.",
        files=files,
    )


def _withdrawn(opened: FilePart, name: str) -> Answer:
    kind = media_type(name)
    headers = {"Content-Security-Policy": _policy(opened.path)} if kind == HTML else {}
    return Answer(opened, kind, 200 if name == TOMBSTONE_FILE else 410, cache="edition", headers=headers)


def _tag(site: Site, parts: list[str]) -> tuple[str, Cache]:
    """The hash of a file of a release, and whether its address is that of a version."""
    _, dataset, version, name = parts
    meant = site.version(dataset, version)
    cache: Cache = "edition" if version == _LATEST else "version"
    if name == RELEASE_FILE:
        return site.etag(dataset, meant, "-release"), cache
    known = {f.file: f.sha256 for f in site.release(dataset, meant).files}
    return known.get(name) or _own_tag(site, parts), cache


def _own_tag(site: Site, parts: list[str]) -> str:
    return sha256_bytes(f"{site.key}/{'/'.join(parts)}".encode())[:32]


@lru_cache(maxsize=256)
def _policy(path: Path) -> str:
    """What a page of the tree may do: it stands alone also without a server, so its style is inside it, by its hash."""
    styles = [base64.b64encode(hashlib.sha256(s).digest()).decode() for s in _STYLE.findall(path.read_bytes())]
    hashes = " ".join(f"'sha256-{s}'" for s in styles)
    return (
        f"default-src 'none'; style-src 'self' {hashes}; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
