"""Whether a file is what it says it is, before anything reads it.

What belongs here: sizes, first bytes, and the archive that a workbook is. What does not: what the
workbook or the text holds.
"""

import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from pipelines.pull.reading import Reading

_START = 4096
_CHUNK = 1 << 20
_MOST_MEMBERS = 5000
"""Files in a workbook; a real one has some dozens."""
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"{\\rtf", "rtf"),
    (b"PAR1", "parquet"),
)
_HTML = re.compile(
    rb"^(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body|script|meta|title)\b", re.I | re.S
)
_XML = re.compile(rb"^\s*<\?xml|^\s*<[A-Za-z][\w:.-]*[\s>]")
_JSON = re.compile(rb'^\s*(?:\{\s*["}]|\[\s*[\[{\]])')
_NAMES = {
    "csv": "CSV",
    "xlsx": "Excel (.xlsx)",
    "ods": "OpenDocument (.ods)",
    "json": "JSON",
    "jsonl": "JSON Lines",
}
_MEMBERS = {"xlsx": "xl/workbook.xml", "ods": "content.xml"}


def check_kind(reading: Reading) -> None:
    """Refuse a file that is empty, too large, an HTML page or of another format than it should be.

    Raises `FindingError`. A workbook is also refused if its archive is not safe to unpack.
    """
    limit = reading.settings.max_file_bytes
    size = reading.path.stat().st_size
    if size == 0:
        raise reading.refused("source-empty")
    if size > limit:
        raise reading.refused("source-too-large", params={"count": size, "limit": limit})
    with reading.path.open("rb") as stream:
        start = stream.read(_START)
    found = _kind(start.removeprefix(b"\xef\xbb\xbf"))
    if found == "html":
        raise reading.refused("source-html")
    if found == "xls":
        raise reading.refused("source-old-workbook")
    if reading.format in ("xlsx", "ods"):
        if found != "zip":
            raise _wrong(reading, found or "text")
        check_archive(reading)
    elif found not in (None, "json") or (found == "json" and reading.format == "csv"):
        raise _wrong(reading, found or "")


def _wrong(reading: Reading, found: str) -> Exception:
    return reading.refused("source-format-wrong", params={"expected": _NAMES[reading.format], "kind": found})


def _kind(start: bytes) -> str | None:
    """What the first bytes of a file say it is; None if they say nothing, as text does."""
    for magic, name in _MAGIC:
        if start.startswith(magic):
            return name
    for pattern, name in ((_HTML, "html"), (_XML, "xml"), (_JSON, "json")):
        if pattern.search(start):
            return name
    return None


def check_archive(reading: Reading) -> None:
    """Refuse an archive that is broken, of the wrong kind, has hostile names, or unpacks to too much.

    What members say of their size is not believed: each is unpacked to its end, and nothing of it kept.
    """
    limit = reading.settings.max_file_bytes
    try:
        with zipfile.ZipFile(reading.path) as archive:
            members = archive.infolist()
            _check_names(reading, members)
            left = limit
            if sum(m.file_size for m in members) > limit:
                raise reading.refused("source-zip-bomb", params={"limit": limit})
            for member in members:
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise reading.refused("source-broken")
                left -= _unpacked(archive, member, left)
                if left < 0:
                    raise reading.refused("source-zip-bomb", params={"limit": limit})
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        # RuntimeError is what zipfile raises for a member under a password.
        raise reading.refused("source-broken") from None


def _check_names(reading: Reading, members: list[zipfile.ZipInfo]) -> None:
    names = [m.filename for m in members]
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        link = stat.S_ISLNK(member.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or link:
            raise reading.refused("source-zip-names", value=member.filename[:80])
    if len(set(names)) < len(names) or len(names) > _MOST_MEMBERS:
        raise reading.refused("source-zip-names", value=str(len(names)))
    for kind, needed in _MEMBERS.items():
        if needed in names and kind != reading.format:
            raise _wrong(reading, kind)
    if _MEMBERS[reading.format] not in names:
        raise _wrong(reading, "zip")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    """Bytes that `member` unpacks to, counted no further than a little over `left`."""
    # zipfile stops at the size that the member declares; with this it goes on to the true end or to ours.
    member.file_size = left + 2 * _CHUNK
    size = 0
    with archive.open(member) as stream:
        while size <= left and (chunk := stream.read(_CHUNK)):
            size += len(chunk)
    return size
