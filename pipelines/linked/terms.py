"""IRIs, literals and small graphs as text: what may stand in Turtle and N-Triples, and how it is escaped.

What belongs here: the form of one term, and a small graph as Turtle or N-Triples. What does not: which triples there
are, and the large graphs of tables, which `write` makes column by column.

A term is text in N-Triples (`<iri>`, `"text"@es`); a triple is three of them.
"""

import re
from collections.abc import Iterable, Mapping

from pipelines.contracts.text import LANGS, WEB_ADDRESS, Text

Triple = tuple[str, str, str]

_WEB = re.compile(WEB_ADDRESS)
SCHEMES = ("info", "mailto", "tel", "urn")
"""Schemes of IRIs beside those of the web. No other: a reader may follow what a cell says."""
_OTHER = re.compile(rf"^(?:{'|'.join(SCHEMES)}):(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{{2}})+$")
_ODD = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_LOCAL = re.compile(r"^[A-Za-z][A-Za-z0-9_-]*$")


def is_iri(value: str) -> bool:
    """Whether `value` is an absolute IRI that every RDF reader takes (RFC 3987; http without passwords)."""
    return bool(_WEB.match(value) or _OTHER.match(value))


def escape(value: str) -> str:
    """`value` as it stands between the quotes of a literal (N-Triples, 2.4)."""
    return _ODD.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), value)


def iri(value: str) -> str:
    """An IRI as a term."""
    return f"<{value}>"


def literal(value: str, datatype: str | None = None, lang: str | None = None) -> str:
    """A literal as a term; `datatype` is an absolute IRI."""
    kind = f"@{lang}" if lang else f"^^<{datatype}>" if datatype else ""
    return f'"{escape(value)}"{kind}'


def texts(value: Text) -> list[str]:
    """A text as one literal in each language."""
    return [literal(value.get(lang), lang=lang) for lang in LANGS]


class Names:
    """Short names for terms, and the prefixes that were used."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self.namespaces = dict(namespaces)
        self.used: set[str] = set()

    def expand(self, name: str) -> str:
        """The term of `prefix:name`. Raises `KeyError` for an unknown prefix."""
        prefix, local = name.split(":", 1)
        return iri(self.namespaces[prefix] + local)

    def short(self, term: str) -> str:
        """A term as `prefix:name` where a prefix fits; the datatype of a literal too."""
        if term.startswith('"'):
            text, mark, datatype = term.rpartition("^^")
            return f"{text}^^{self.short(datatype)}" if mark and datatype.startswith("<") else term
        for prefix, namespace in self.namespaces.items():
            if term.startswith(f"<{namespace}") and _LOCAL.match(local := term[len(namespace) + 1 : -1]):
                self.used.add(prefix)
                return f"{prefix}:{local}"
        return term

    def header(self) -> str:
        """The `@prefix` lines of the prefixes that were used."""
        return "".join(f"@prefix {p}: <{self.namespaces[p]}> .\n" for p in sorted(self.used))


def statements(names: Names, subject: str, said: Mapping[str, str | Iterable[str | None] | None]) -> list[Triple]:
    """The triples of one subject from `prefix:name` and the terms it has; None says nothing."""
    out = []
    for name, values in said.items():
        for value in [values] if isinstance(values, str) or values is None else values:
            if value is not None:
                out.append((iri(subject), names.expand(name), value))
    return out


def n_triples(triples: Iterable[Triple]) -> str:
    """A small graph as N-Triples: sorted, each triple once."""
    return "".join(f"{s} {p} {o} .\n" for s, p, o in sorted(set(triples)))


def turtle_blocks(triples: Iterable[Triple], names: Names) -> str:
    """A small graph as Turtle without its prefixes: grouped by subject, types first, all in one order."""
    kind = names.expand("rdf:type")
    blocks: dict[str, dict[str, list[str]]] = {}
    for s, p, o in sorted(set(triples), key=lambda t: (t[0], t[1] != kind, t)):
        blocks.setdefault(s, {}).setdefault("a" if p == kind else names.short(p), []).append(names.short(o))
    said = (" ;\n    ".join(f"{p} {', '.join(o)}" for p, o in block.items()) for block in blocks.values())
    return "".join(f"{names.short(s)}\n    {body} .\n\n" for s, body in zip(blocks, said, strict=True))


def turtle(triples: Iterable[Triple], names: Names) -> bytes:
    """A small graph as a Turtle document, the same bytes for the same triples."""
    body = turtle_blocks(triples, names)
    return f"{names.header()}\n{body}".encode()
