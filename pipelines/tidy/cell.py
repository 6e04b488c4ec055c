"""The text of one cell, before anything is read from it.

What belongs here: how a text is made clean, and the exception by which every reader of this room says
that it cannot read one. What does not: what a text means (`numbers`, `dates`, `values`).
"""

import re
import unicodedata

_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_BROKEN = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffd\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


class Unreadable(Exception):  # noqa: N818  (it is an answer of a reader, not a fault of the program)
    """A reader's answer that a text is not what the column holds; `code` is a finding code."""

    def __init__(self, code: str) -> None:
        """Keep the finding code."""
        super().__init__(code)
        self.code = code


def clean(text: str) -> str:
    """`text` in Unicode NFC, trimmed, each run of white space one space, without zero-width characters.

    Every space of Unicode (no-break, narrow, thin) and every line break counts as white space. Raises
    `Unreadable` for what only a wrong encoding or a damaged file leaves behind: control characters,
    U+FFFD, lone surrogates. No release format can hold them all, and the letter they stand for is lost.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    if _BROKEN.search(text):
        raise Unreadable("text-broken")
    visible = _ZERO_WIDTH.sub("", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", visible).strip())
