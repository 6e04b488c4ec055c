"""What a handler answers with, the one kind of refusal, and the choice of a format and a language.

What belongs here: `Answer`, `FilePart`, `as_json`, `Problem`, `negotiate`. What does not: how an answer is sent, which is
`send`, and any address.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.text import Lang

JSON = "application/json"
HTML = "text/html"
JSONLD = "application/ld+json"
TURTLE = "text/turtle"
RDFXML = "application/rdf+xml"
JSONL = "application/jsonl"
PROBLEM = "application/problem+json"
TEXT = "text/plain"

MEDIA_TYPES = {
    "atom": "application/atom+xml",
    "bib": "application/x-bibtex",
    "css": "text/css",
    "csv": "text/csv",
    "html": HTML,
    "ico": "image/x-icon",
    "js": "text/javascript",
    "json": JSON,
    "jsonl": JSONL,
    "jsonld": JSONLD,
    "md": "text/markdown",
    "nq": "application/n-quads",
    "nt": "application/n-triples",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "rdf": RDFXML,
    "ris": "application/x-research-info-systems",
    "rq": "application/sparql-query",
    "sqlite": "application/vnd.sqlite3",
    "svg": "image/svg+xml",
    "trig": "application/trig",
    "ttl": TURTLE,
    "txt": TEXT,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}
"""Media type by the end of a name; anything else is `application/octet-stream`."""
_NAMED = {"feed.json": "application/feed+json", "void": TURTLE}
"""Names that a standard gives a type of their own."""

Cache = Literal["version", "edition", "none"]


@dataclass(frozen=True)
class FilePart:
    """A file as a body, or `length` bytes of it from `start`; `length` None is to its end.

    `file` is the open file where there must be no moment between finding and opening it; it is closed when sent.
    """

    path: Path
    start: int = 0
    length: int | None = None
    file: BinaryIO | None = None

    @classmethod
    def opened(cls, path: Path) -> "FilePart":
        """The whole of a file, open from now on. Raises `OSError`."""
        return cls(path, file=path.open("rb", buffering=0))


@dataclass(frozen=True)
class Answer:
    """What is answered. `etag` without quotes.

    `cache`: "version" for what never changes at this address, "edition" for what changes with an edition, "none" for
    what must not be kept. `filename` offers the body as a download under that name.
    """

    body: bytes | Iterator[bytes] | FilePart
    media_type: str
    status: int = 200
    etag: str | None = None
    cache: Cache = "edition"
    headers: dict[str, str] = field(default_factory=dict)
    filename: str | None = None


def tag_of(body: bytes) -> str:
    """The ETag of an answer that is made anew each time: the hash of what it says, so it changes when that does."""
    return sha256_bytes(body)[:32]


def as_json(content: Any, cache: Cache = "edition", headers: dict[str, str] | None = None) -> Answer:
    """`content` as JSON; its ETag is the hash of it, where it may be kept at all."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, JSON, etag=None if cache == "none" else tag_of(body), cache=cache, headers=headers or {})


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so, and it is raised to be answered
    """A refusal as RFC 9457 has it: a status, a stable code, and the words in both languages.

    `more` are further members of the document; a member `headers` (dict) goes into the headers instead.
    """

    def __init__(self, status: int, code: str, es: str, en: str, **more: Any) -> None:
        super().__init__(en)
        self.status = status
        self.code = code
        self.es = es
        self.en = en
        self.headers: dict[str, str] = more.pop("headers", {})
        self.more = more

    def words(self, lang: Lang) -> str:
        """What is wrong, in `lang`."""
        return self.es if lang == "es" else self.en


def media_type(name: str) -> str:
    """The media type of a file by its name, or by the end of it."""
    return _NAMED.get(name) or MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def negotiate(accept: str, offers: Sequence[str]) -> str:
    """The offer that `accept` wants most; among equals the first. Nothing accepted in words is everything.

    RFC 9110, 12.5.1: the most specific range decides the weight of an offer. Raises `Problem` 406 where none will do.
    """
    if not accept or accept == "*/*":
        return offers[0]
    ranges = [_weighted(part) for part in accept.split(",") if part.strip()]
    best, most = None, 0.0
    for offer in offers:
        weight = _weight(offer, ranges)
        if weight > most:
            best, most = offer, weight
    if best is None:
        raise Problem(
            406,
            "not-acceptable",
            f"Esta dirección no se ofrece en ese formato. Se ofrece en: {', '.join(offers)}.",
            f"This address is not offered in that format. It is offered in: {', '.join(offers)}.",
            offers=list(offers),
        )
    return best


def preferred_language(accept: str) -> Lang:
    """The language of `Accept-Language` in which we write; Spanish where it names neither."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, weight = _weighted(part)
        code = name.partition("-")[0]
        weights[code] = max(weight, weights.get(code, 0.0))
    return "en" if weights.get("en", 0.0) > weights.get("es", 0.0) else "es"


def _weighted(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";")
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                weight = min(max(float(value), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    return name.strip().lower(), weight


def _weight(offer: str, ranges: list[tuple[str, float]]) -> float:
    whole, family = offer.lower(), offer.partition("/")[0].lower() + "/*"
    for wanted in (whole, family, "*/*"):
        found = [weight for name, weight in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
