"""Which encoding a text file is in.

What belongs here: finding the encoding of bytes, and the first line that an encoding cannot read. What
does not: separators, quotes and cells.

Statistical detectors guess from the frequency of letters and are confidently wrong about tables with a
dozen accents. Here an encoding is taken only if nearly every accented letter and mark then stands where
Spanish and its neighbours put it, and no other encoding does as well; otherwise the file is refused.
"""

import codecs
import re
from pathlib import Path

_CHUNK = 1 << 20
_SAMPLE_LINES = 2000
_SAMPLE_BYTES = 1 << 20
_CLEAR = 0.9
_WRONG = 0.6
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, the longer ones first where one begins like another."""

_LEGACY = ("cp1252", "iso8859-15", "cp850", "mac_roman")
_UPPER = "ÁÉÍÓÚÜÑÇÀÈÌÒÙÏ"
_LOWER = _UPPER.lower()
_LETTER = r"[^\W\d_]"
_AT_HOME = re.compile(
    # A capital begins a word or stands among capitals; a small letter stands in a word, or is "o" or "a" alone.
    rf"(?<![a-z{_LOWER}\d])[{_UPPER}](?={_LETTER})|(?<=[A-Z{_UPPER}])[{_UPPER}](?!\d)"
    rf"|(?<={_LETTER})[{_LOWER}](?!\d)|(?<!\d)[{_LOWER}](?={_LETTER})|(?<!\w)[áéóúàòÁÓ](?!\w)"
    # What opens is closed in the same line and stands before a word; what closes stands after one.
    r"|(?<!\w)(?:¡(?=\S[^\n]*!)|¿(?=\S[^\n]*\?)|«(?=[^\n]*»)|“(?=\S[^\n]*”)|‘(?=\S[^\n]*’))"
    r"|(?<=[\w.,;:!?)%€…'\u00a0 ])[»”](?!\w)"
    # Apostrophes, ordinals, dashes that do not join two words, money, the Catalan double l, bullets.
    r"|(?<=\w)’(?!\w)|(?<=\b[A-Za-z])’(?=\w)|(?<=\w)’(?=[a-z]{1,2}\b)"
    rf"|(?<=[\w.)])[…²³½®™©](?!\w)|(?<=[\dNnaoºrsd.])[ªº°](?!{_LETTER})|(?<=\d )[ªº°](?!\w)"
    rf"|(?<!{_LETTER})[–—€£](?!{_LETTER})|(?<=[A-Z])[–—](?=[A-Z])|(?<=[lL])·(?=[lL])|(?<!\w)[·•§©](?!\w)|\u00a0"
)
_CONTROLS = re.compile(r"[\x80-\x9f]")
"""Control characters of ISO 8859, which no text has: there the other encodings have letters and marks."""
_FOREIGN = re.compile(r"[^\x00-\x7f]")


def find_encoding(path: Path) -> str | None:
    """The encoding of the file at `path`; None if it is not clear.

    It is the one of its mark, else UTF-8 if all of it is, else the only old encoding in which it reads as
    written words.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    for mark, name in BOMS:
        if start.startswith(mark):
            return name
    return "utf-8" if undecodable(path, "utf-8") is None else _legacy(_sample(path))


def undecodable(path: Path, encoding: str) -> int | None:
    """The first line (1 the first) of the file at `path` that is not in `encoding`; None if all of it is.

    Raises `LookupError` if there is no such encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if not chunk:
                return None


def looks_like_utf8(path: Path) -> bool:
    """Whether the file has letters beyond ASCII and all of it is UTF-8, which no old encoding is by chance."""
    return bool(_sample(path)) and undecodable(path, "utf-8") is None


def _sample(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, some of them."""
    kept: list[bytes] = []
    size = 0
    with path.open("rb") as stream:
        while len(kept) < _SAMPLE_LINES and size < _SAMPLE_BYTES and (line := stream.readline(_SAMPLE_BYTES)):
            if not line.isascii():
                kept.append(line)
                size += len(line)
    return b"\n".join(kept)


def _legacy(sample: bytes) -> str | None:
    """The only encoding in which `sample` reads well, or None."""
    texts: dict[str, str] = {}
    for name in _LEGACY:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        if text not in texts.values() and not _CONTROLS.search(text):
            texts[name] = text
    shares = sorted(((_at_home(text), name) for name, text in texts.items()), reverse=True)
    if not shares or shares[0][0] < _CLEAR or (len(shares) > 1 and shares[1][0] > _WRONG):
        return None
    return shares[0][1]


def _at_home(text: str) -> float:
    """The share of the marks and letters beyond ASCII that stand where they may, 0 to 1."""
    return len(_AT_HOME.findall(text)) / max(1, len(_FOREIGN.findall(text)))
