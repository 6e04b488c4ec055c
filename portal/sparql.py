"""Questions in SPARQL over the graph of the edition: which may be asked, and what is answered.

What belongs here: the formats, what is refused before it is asked, and the answers. What does not: the process that
evaluates, which is `sparql_engine`, and addresses.

The graph is the default graph, and there is no other. A query that names another server or graph is refused by its words;
that it could reach nothing anyway is the work of the kernel, see `sparql_worker`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote

from starlette.types import Scope

from pipelines.contracts.files import sha256_bytes
from portal.answer import HTML, MEDIA_TYPES, TURTLE, Answer, Problem, negotiate, tag_of
from portal.send import known_tag
from portal.site import Site
from portal.sparql_engine import Engine, Reply

QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
RESULTS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {name: MEDIA_TYPES[name] for name in ("ttl", "nt", "rdf", "jsonld")}
_ALSO = {"application/json": "application/sparql-results+json"}
_NAMES = {"turtle": "ttl", "ntriples": "nt", "n-triples": "nt", "rdfxml": "rdf", "rdf-xml": "rdf", "json-ld": "jsonld"}
_SUFFIX = {kind: suffix for suffix, kind in (RESULTS | GRAPHS).items()}
DUMP = "linked-data/dump.nt.gz"
_VARY = {"Vary": "Accept"}

_OPAQUE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|'
    r"'''(?:[^'\\]|\\.|'(?!''))*'''|"
    r'"(?:[^"\\\n\r]|\\.)*"|'
    r"'(?:[^'\\\n\r]|\\.)*'|"
    r"<[^<>\"{}|^`\\\x00-\x20]*>|#[^\n\r]*|\\.|[?$]\w+|@[\w-]+|(?P<local>:[\w.%:-]*)",
    re.DOTALL,
)
"""Texts, addresses, comments, variables, languages, and the second half of names: what stands in them is no keyword."""
_SERVICE = re.compile(r"SERVICE", re.IGNORECASE)
_FROM = re.compile(r"(?<![\w.-])FROM(?!\w)", re.IGNORECASE)
_UPDATE = re.compile(
    r"\s*(?:(?:BASE|PREFIX\s*[\w.-]*:)\s*)*(?:LOAD|INSERT|DELETE|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)\b", re.IGNORECASE
)
_CHANGING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(|\[|_:", re.IGNORECASE)
"""What makes two answers of one graph differ in their bytes: the moment, chance, and names of blank nodes."""


@dataclass(frozen=True)
class Question:
    """A query and the format of its answer, each kind of answer by its suffix, None where none of that kind is wanted."""

    query: str
    results: str | None
    graphs: str | None


def fields(raw: bytes) -> dict[str, list[str]]:
    """The fields of an address or a form. Raises `Problem` 400 for what is no form in UTF-8."""
    out: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20):
            out.setdefault(name, []).append(value)
    except ValueError as error:
        raise Problem(
            400, "form", "Los parámetros no son un formulario en UTF-8.", "The parameters are no form in UTF-8."
        ) from error
    return out


def question(given: dict[str, list[str]], accept: str) -> Question:
    """The question of a request with these parameters. Raises `Problem` 400 and 406."""
    if "update" in given or "using-graph-uri" in given:
        raise _read_only()
    if "default-graph-uri" in given or "named-graph-uri" in given:
        raise _one_graph()
    asked = given.get("query", [])
    if len(asked) != 1 or not asked[0].strip():
        raise _bad("query", "Falta `query`, o hay más de una.", "`query` is missing, or there is more than one.")
    check(asked[0])
    wanted = given.get("format", [])
    if wanted:
        return _in_format(asked[0], wanted[-1])
    results, graphs = _chosen(accept, [*RESULTS.values(), *_ALSO]), _chosen(accept, [*GRAPHS.values()])
    if results is None and graphs is None:
        negotiate(accept, [*RESULTS.values(), *GRAPHS.values()])
    return Question(asked[0], results, graphs)


def _in_format(query: str, name: str) -> Question:
    suffix = _SUFFIX.get(name) or _NAMES.get(name.lower(), name.lower())
    if suffix not in RESULTS and suffix not in GRAPHS:
        offered = ", ".join(RESULTS | GRAPHS)
        raise _bad("format", f"Ese `format` no se ofrece; hay: {offered}.", f"No such `format`; there are: {offered}.")
    if suffix == "json":
        # Who asks for JSON in one word means that of graphs too.
        return Question(query, "json", "jsonld")
    return Question(query, suffix if suffix in RESULTS else None, suffix if suffix in GRAPHS else None)


def _chosen(accept: str, offers: list[str]) -> str | None:
    try:
        kind = negotiate(accept, offers)
    except Problem:
        return None
    return _SUFFIX[_ALSO.get(kind, kind)]


def check(query: str) -> None:
    """Raise `Problem` 400 for a query that wants another server or graph, or to change something."""
    words = _words(query)
    if _UPDATE.match(words):
        raise _read_only()
    if _SERVICE.search(words):
        raise _no_service()
    if _FROM.search(words):
        raise _one_graph()


def _words(query: str) -> str:
    return _OPAQUE.sub(lambda found: ":" if found["local"] else " ", query)


def dump_of(site: Site) -> Path | None:
    """The graph of the edition; None where it has no linked data.

    Raises `FileNotFoundError` where a withdrawal has taken it away: then nothing is answered of it any more.
    """
    dump = site.tree / DUMP
    if dump.is_file():
        return dump
    if dump.parent.is_dir() or not site.tree.is_dir():
        raise FileNotFoundError(dump)
    return None


def answer(site: Site, engine: Engine, asked: Question, scope: Scope | None = None) -> Answer:
    """The answer to a question. `scope`: of the request; a tag that it knows spares the evaluation.

    Raises `Problem`: 400 for what is no query, 404 where the edition has no graph, 406 for a kind of answer that is not
    wanted, 422 for what takes too much, 503 while others wait.
    """
    dump = dump_of(site)
    if dump is None:
        raise Problem(
            404,
            "sparql-none",
            "Esta edición no tiene datos enlazados.",
            "This edition has no linked data.",
        )
    if _CHANGING.search(_words(asked.query)):
        etag = None
    else:
        etag = sha256_bytes(f"{site.key}\n{asked.results}\n{asked.graphs}\n{asked.query}".encode())[:32]
    if etag and scope and known_tag(scope, etag):
        return Answer(b"", RESULTS["json"], etag=etag, headers=_VARY)
    reply = engine.ask(
        dump, {"query": asked.query, "base": f"{site.uri_base}/", "results": asked.results, "graphs": asked.graphs}
    )
    if reply.outcome == "results" and asked.results:
        kind = RESULTS[asked.results]
    elif reply.outcome == "graphs" and asked.graphs:
        kind = GRAPHS[asked.graphs]
    else:
        raise _refused(reply, engine)
    return Answer(reply.body, kind, etag=etag, cache="edition" if etag else "none", headers=_VARY)


def _refused(reply: Reply, engine: Engine) -> Problem:
    limits = engine.limits
    if reply.outcome == "syntax":
        said = reply.message
        return _bad("syntax", f"La consulta no es SPARQL 1.1: {said}", f"The query is not SPARQL 1.1: {said}")
    if reply.outcome == "outside":
        return _no_service()
    if reply.outcome == "unwanted":
        offers = list((RESULTS if reply.message == "results" else GRAPHS).values())
        listed = ", ".join(offers)
        return Problem(
            406,
            "not-acceptable",
            f"La respuesta a esta consulta se ofrece en: {listed}.",
            f"The answer to this query is offered in: {listed}.",
            offers=offers,
        )
    es, en = {
        "time": (
            f"La consulta tarda más de {limits.seconds:g} segundos. Acótela.",
            f"The query takes more than {limits.seconds:g} seconds. Narrow it.",
        ),
        "memory": (
            f"La consulta necesita más de {limits.memory:,} bytes de memoria. Acótela.".replace(",", " "),
            f"The query needs more than {limits.memory:,} bytes of memory. Narrow it.",
        ),
        "depth": ("La consulta está anidada demasiadas veces.", "The query is nested too deeply."),
        "size": (
            f"La respuesta pasa de {limits.answer:,} bytes. Use LIMIT y OFFSET, o descargue los datos.".replace(
                ",", " "
            ),
            f"The answer is larger than {limits.answer:,} bytes. Use LIMIT and OFFSET, or download the data.",
        ),
    }.get(reply.outcome, ("La consulta no se puede evaluar.", "The query cannot be evaluated."))
    return Problem(422, f"sparql-{reply.outcome}", es, en)


def _bad(what: str, es: str, en: str) -> Problem:
    return Problem(400, f"sparql-{what}", es, en)


def _read_only() -> Problem:
    return _bad(
        "update", "Aquí solo se consulta: no se admite SPARQL Update.", "Only queries are taken: no SPARQL Update."
    )


def _one_graph() -> Problem:
    return _bad(
        "dataset",
        "Hay un solo grafo, el de la edición: no se admite FROM ni otro grafo.",
        "There is one graph, that of the edition: neither FROM nor another graph is taken.",
    )


def _no_service() -> Problem:
    return _bad(
        "service",
        "No se pregunta a otros servidores: no se admite SERVICE.",
        "No other server is asked: SERVICE is not taken.",
    )


def described(site: Site, accept: str, language: str) -> Answer:
    """What is at the address without a query: its description (SPARQL 1.1 Service Description); for people the page."""
    if negotiate(accept, [TURTLE, HTML]) == HTML:
        to = {"Location": f"./{language}/sparql", "Vary": "Accept, Accept-Language"}
        return Answer(b"", TURTLE, 303, cache="none", headers=to)
    here = quote(f"{site.base_url}/sparql", safe=":/")
    formats = " , ".join(
        f"<http://www.w3.org/ns/formats/{name}>"
        for name in (
            "SPARQL_Results_JSON",
            "SPARQL_Results_XML",
            "SPARQL_Results_CSV",
            "SPARQL_Results_TSV",
            "Turtle",
            "N-Triples",
            "RDF_XML",
            "JSON-LD",
        )
    )
    body = (
        "@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .\n"
        "@prefix void: <http://rdfs.org/ns/void#> .\n\n"
        f"<{here}> a sd:Service ;\n  sd:endpoint <{here}> ;\n  sd:supportedLanguage sd:SPARQL11Query ;\n"
        f"  sd:resultFormat {formats} ;\n  sd:defaultDataset [\n    a sd:Dataset ;\n"
        f"    sd:defaultGraph [ a sd:Graph ; void:dataDump <{site.base_url}/{DUMP}> ]\n  ] .\n"
    ).encode()
    return Answer(body, TURTLE, etag=tag_of(body), headers=_VARY)
