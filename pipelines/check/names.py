"""Names that must not be published, known only by their hashes.

What belongs here: the list, and finding its entries in texts. What does not: which texts are searched.

An entry is the SHA-256 of a name in lower case, without accents, its words separated by single spaces;
punctuation separates words. Every run of up to `MAX_WORDS` words of a text is hashed once and looked up,
also with the surname first (`Surname, Name`), also where words are joined by hyphens or capitals, and also
where the last word of a name is glued to the one after it. A name of which all words are glued in small
letters is not found.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

MAX_WORDS = 10
"""Longest entry that is looked for, in words."""
MAX_NAME = 6
"""Longest name of a person that is looked for glued to the next word, or with the surname first, in words."""
_SHORTEST_WORD = 3
_REMEMBERED = 2_000_000
"""Runs of words that are remembered as looked up; about 200 MB."""

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
AROUND_VALUES = frozenset('"<>,|\t\n')
"""What stands directly before and after a whole value in the files of a release."""

Hit = tuple[str, int]
"""Kind of the entry, and where in the folded text it starts."""
Word = tuple[str, int, int]


@dataclass
class Names:
    """The list: kind by hash of the entries that must not appear, and of names of bodies, which may as such."""

    kinds: dict[bytes, str] = field(default_factory=dict)
    bodies: frozenset[bytes] = frozenset()
    publishable: frozenset[bytes] = frozenset()
    _seen: dict[str, bytes | None] = field(default_factory=dict, repr=False)

    def find(self, text: str, around: frozenset[str] = frozenset()) -> Iterator[Hit]:
        """Entries in `text`, each where it starts.

        The name of a body is no finding where it is the whole text, stands whole between two characters of
        `around`, or is part of an id (words joined by hyphens).
        """
        if not self.kinds:
            return
        folded = fold(text)
        spaced = _JOINT.sub(" ", folded)
        for version in dict.fromkeys((folded, spaced)):
            for run, start, end in _runs(version):
                digest = self._look_up(run)
                if digest and not (digest in self.bodies and _is_whole(version, start, end, around)):
                    yield self.kinds[digest], start

    def allows(self, address: str) -> bool:
        """Whether the list says of a mailbox that it may be published."""
        return bool(self.publishable) and _digest(" ".join(_WORD.findall(fold(address).lower()))) in self.publishable

    def _look_up(self, run: str) -> bytes | None:
        if run not in self._seen:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            digest = _digest(run)
            self._seen[run] = digest if digest in self.kinds else None
        return self._seen[run]


def load_names(path: Path) -> Names:
    """The list at `path`: a CSV with `kind`, `sha256_normalised` and `publishable` (yes, no or body-name).

    Raises `OSError`, `UnicodeDecodeError`, `KeyError` for a column that is not there, and `ValueError` for a
    hash that is none or a fourth word in `publishable`.
    """
    kinds: dict[bytes, str] = {}
    groups: dict[str, set[bytes]] = {"yes": set(), "no": set(), "body-name": set()}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            digest = bytes.fromhex(row["sha256_normalised"])
            if len(digest) != sha256().digest_size or row["publishable"] not in groups:
                raise ValueError("sha256_normalised, publishable")
            groups[row["publishable"]].add(digest)
            kinds[digest] = row["kind"]
    blocked = {d: k for d, k in kinds.items() if d not in groups["yes"]}
    return Names(blocked, frozenset(groups["body-name"]), frozenset(groups["yes"]))


def fold(text: str) -> str:
    """A text without accents; letters keep their case."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))


def _runs(text: str) -> Iterator[Word]:
    """Runs of words as the list has them, with their place in the text."""
    words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]
    lower = [w[0].lower() for w in words]
    for first in range(len(words)):
        start = words[first][1]
        run = ""
        for size in range(1, min(MAX_WORDS, len(words) - first) + 1):
            last, _, end = words[first + size - 1]
            if 1 < size <= MAX_NAME and last[0].isupper():
                yield from ((f"{run} {lower[first + size - 1][:cut]}", start, end) for cut in _cuts(last))
            run = f"{run} {lower[first + size - 1]}" if run else lower[first]
            yield run, start, end
        if "," in text[words[first][2] : words[first + 1][1] if first + 1 < len(words) else None]:
            yield from _reversed(words, lower, first)


def _cuts(word: str) -> range:
    return range(_SHORTEST_WORD, len(word))


def _reversed(words: list[Word], lower: list[str], comma: int) -> Iterator[Word]:
    """`Surname, Name` as `name surname`, for a comma after word `comma`."""
    for before in range(1, MAX_NAME):
        for after in range(1, MAX_NAME - before + 1):
            first, last = comma - before + 1, comma + after
            if first >= 0 and last < len(words):
                run = " ".join([*lower[comma + 1 : last + 1], *lower[first : comma + 1]])
                yield run, words[first][1], words[last][2]


def _is_whole(text: str, start: int, end: int, around: frozenset[str]) -> bool:
    if not any(c.isspace() for c in text[start:end]):
        return True
    before, after = text[:start][-1:], text[end:][:1]
    return (not before or before in around) and (not after or after in around)


def _digest(run: str) -> bytes:
    return sha256(run.encode()).digest()
