"""RDF from anybody: parsed strictly, without fetching anything and without unfolding what is made to fill a machine.

What belongs here: which bytes are not taken as RDF, and the reason in both languages. What does not: what the
triples say.
"""

from collections.abc import Iterator
from typing import Any, Literal
from xml.parsers import expat

from pipelines.contracts.text import Text

RdfSyntax = Literal["ttl", "rdf", "jsonld", "nt"]

_BOM = b"\xef\xbb\xbf"
_DEEPEST = 1000
"""Elements of RDF/XML within each other; the time that the parser takes grows with the square of it."""
_LONGEST_ENTITY = 200
"""Characters of an XML entity. Those that shorten addresses are not longer."""
_BUFFER = "buffer maximal size"
"""What the parser says of a text or a comment that is longer than 16 MiB; a machine without memory says otherwise."""
_REMOTE = "No LoadDocumentCallback has been set to load remote contexts"
"""What the parser says of JSON-LD whose context stands elsewhere."""
_NESTED = Text(
    es="hay una tripleta dentro de otra (RDF 1.2), y quienes recogen catálogos no la leen",
    en="there is a triple within a triple (RDF 1.2), which harvesters do not read",
)
_ELSEWHERE = Text(
    es="su @context está en otra dirección, y no se lee nada de fuera; escríbalo dentro del fichero",
    en="its @context stands at another address, and nothing else is fetched; write it into the file",
)
_ENTITY = Text(
    es="define una entidad XML larga, externa o hecha de otras, como las que llenan la memoria",
    en="it defines an XML entity that is long, external or made of others, such as those that fill the memory",
)
_LONG = Text(es="un solo texto o comentario ocupa más de 16 MB", en="a single text or comment takes more than 16 MB")
_DEEP = Text(
    es=f"hay más de {_DEEPEST} elementos unos dentro de otros",
    en=f"more than {_DEEPEST} elements stand within each other",
)


class NotRdfError(Exception):
    """Raised for bytes that are not taken as RDF: the reason, and the line if it is known."""

    def __init__(self, reason: Text, line: int | None = None) -> None:
        """Keep both; the text is in English, for logs."""
        super().__init__(reason.en)
        self.reason = reason
        self.line = line


def parse_rdf(data: bytes, fmt: RdfSyntax, base: str | None = None) -> Iterator[Any]:
    """The triples of `data` as pyoxigraph has them. Raises `NotRdfError`.

    `base`: address against which relative IRIs are read; without it they are a fault. A byte order mark is
    passed over: Windows writes one.
    """
    import pyoxigraph as ox

    formats = {
        "ttl": ox.RdfFormat.TURTLE,
        "rdf": ox.RdfFormat.RDF_XML,
        "jsonld": ox.RdfFormat.JSON_LD,
        "nt": ox.RdfFormat.N_TRIPLES,
    }
    if fmt == "rdf":
        _check_xml(data)
    try:
        for triple in ox.parse(data.removeprefix(_BOM), format=formats[fmt], base_iri=base):
            if isinstance(triple.object, ox.Triple):
                raise NotRdfError(_NESTED)
            yield triple
    except SyntaxError as error:
        reason = _ELSEWHERE if error.msg == _REMOTE else Text(es=error.msg, en=error.msg)
        raise NotRdfError(reason, error.lineno) from error
    except MemoryError as error:
        if _BUFFER not in str(error):
            raise
        raise NotRdfError(_LONG) from error


def _check_xml(data: bytes) -> None:
    """Refuse XML that unfolds to far more than it is, or that the parser would read for hours."""
    depth = 0
    reader = expat.ParserCreate()

    def begin(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise NotRdfError(_DEEP, reader.CurrentLineNumber)

    def end(_: object) -> None:
        nonlocal depth
        depth -= 1

    def entity(_name: str, _is_parameter: bool, value: str | None, *_: object) -> None:
        if value is None or "&" in value or len(value) > _LONGEST_ENTITY:
            raise NotRdfError(_ENTITY, reader.CurrentLineNumber)

    reader.StartElementHandler, reader.EndElementHandler, reader.EntityDeclHandler = begin, end, entity
    try:
        reader.Parse(data, True)
    except expat.ExpatError as error:
        text = expat.ErrorString(error.code)
        raise NotRdfError(Text(es=text, en=text), error.lineno) from error
