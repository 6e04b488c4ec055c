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
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

MAX_WORDS = 10
"""Longest entry that is looked for, in words."""
MAX_NAME = 6
"""Longest name of a person that is looked for glued to the next word, or with the surname first, in words."""
_SHORTEST_WORD = 3

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
AROUND_VALUES = frozenset('"<>,|\t\n')
"""What stands directly before and after a whole value in the files of a release."""

Hit = tuple[str, int]
"""Kind of the entry, and where in the folded text it starts."""
Run = tuple[bytes, int, int]
"""Words as the list has them, and the numbers of the first and last in the text."""


@dataclass
class Names:
    """The list: kind by hash of the entries that must not appear, and of names of bodies, which may as such."""

    kinds: dict[bytes, str] = field(default_factory=dict)
    bodies: frozenset[bytes] = frozenset()
    publishable: frozenset[bytes] = frozenset()

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
            for digest, start, end in _hits(version, self.kinds):
                if not (digest in self.bodies and _is_whole(version, start, end, around)):
                    yield self.kinds[digest], start

    def allows(self, address: str) -> bool:
        """Whether the list says of a mailbox that it may be published."""
        return (
            bool(self.publishable)
            and sha256(" ".join(_WORD.findall(fold(address).lower())).encode()).digest() in self.publishable
        )


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


def _hits(text: str, wanted: Container[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """The entries in a text, each with its first and last place."""
    places = list(_WORD.finditer(text))
    words = [m.group() for m in places]
    lower = [w.lower().encode() for w in words]
    commas = [n for n in range(len(places) - 1) if "," in text[places[n].end() : places[n + 1].start()]]
    for runs in (_straight(lower), _glued(words, lower), _surname_first(lower, commas)):
        for run, first, last in runs:
            digest = sha256(run).digest()
            if digest in wanted:
                yield digest, places[first].start(), places[last].end()


def _straight(lower: list[bytes]) -> Iterator[Run]:
    """Every run of up to `MAX_WORDS` words."""
    for first, run in enumerate(lower):
        yield run, first, first
        for last, word in enumerate(lower[first + 1 : first + MAX_WORDS], start=first + 1):
            run += b" " + word
            yield run, first, last


def _glued(words: list[str], lower: list[bytes]) -> Iterator[Run]:
    """Runs of words that begin and end with a capital, the last word cut short."""
    capital = [w[0].isupper() for w in words]
    for first in (n for n, is_capital in enumerate(capital) if is_capital):
        run = lower[first]
        for last in range(first + 1, min(first + MAX_NAME, len(lower))):
            if capital[last]:
                yield from ((run + b" " + lower[last][:cut], first, last) for cut in _cuts(lower[last]))
            run += b" " + lower[last]


def _cuts(word: bytes) -> range:
    return range(_SHORTEST_WORD, len(word))


def _surname_first(lower: list[bytes], commas: list[int]) -> Iterator[Run]:
    """`Surname, Name` as `name surname`; `commas` are the words that have a comma after them."""
    for comma in commas:
        for before in range(1, min(MAX_NAME, comma + 2)):
            for after in range(1, min(MAX_NAME - before + 1, len(lower) - comma)):
                first, last = comma - before + 1, comma + after
                yield b" ".join([*lower[comma + 1 : last + 1], *lower[first : comma + 1]]), first, last


def _is_whole(text: str, start: int, end: int, around: frozenset[str]) -> bool:
    if not any(c.isspace() for c in text[start:end]):
        return True
    before, after = text[:start][-1:], text[end:][:1]
    return (not before or before in around) and (not after or after in around)
