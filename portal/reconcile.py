"""Matching names with what has an IRI here, as OpenRefine asks for it: Reconciliation Service API 0.2.

What belongs here: what the service says of itself, batches of names, suggestions, the preview, and further columns. What
does not: the index, which `publish` makes, and addresses.

An id is the path of an IRI without its first `/`, so that the view of it is `<base_url>/<id>`. A name is scored against
the labels and other names: 100 where they are the same without case and accents, else `NEAR` times the ratio of
`difflib.SequenceMatcher`. Only the one bearer of a name is a match.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from sqlite3 import Row
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from pipelines.contracts.reading import LIVE, SCOPE, folded
from pipelines.contracts.text import Lang
from portal.answer import HTML, Answer, Problem, as_json, tag_of
from portal.entities import path_of
from portal.pages.classes import classes
from portal.pages.facts import labels
from portal.pages.render import Here, render
from portal.search import LETTERS, asked_words, question
from portal.site import Site

BATCH = 50
"""Names in one batch, and ids in one extension; OpenRefine sends ten."""
FEWEST, MOST = 5, 50
"""Candidates for a name where it says no number, and at most."""
NEAR = 90.0
"""The score of a name that is nearly the same; only the same is 100."""
LEAST = 40.0
"""The lowest score of a candidate; below it nothing is alike but letters."""
LOOKED_AT = 60
"""Names that share words, or beginnings of words, with the one that is looked for: so many are scored."""
BEARERS = 2_000
"""What holds all the words in this order: so many are looked at for the same name."""
ADDRESS = "/v1/reconcile"
PREVIEW_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""The preview is shown in a frame of OpenRefine, wherever that runs; it holds nothing that acts."""
PROPERTIES = {
    "label_es": ("Nombre en español", "Name in Spanish"),
    "label_en": ("Nombre en inglés", "Name in English"),
    "id": ("Identificador", "Identifier"),
    "iri": ("IRI", "IRI"),
    "class": ("Clase", "Class"),
    "scope": ("Ámbito", "Scope"),
}
"""What can be had of an entity as a further column, and how it is called."""

_CANDIDATES = """
SELECT f.path, f.kind, f.label, f.text, e.label_es, e.label_en FROM found AS f JOIN entity AS e ON e.path = f.path
WHERE found MATCH ? AND f.kind NOT IN ('dataset', 'table') {kinds}
ORDER BY bm25(found, 10.0, 1.0), f.path LIMIT ?
"""


class Typed(BaseModel):
    """A type as an object with its id, which the specification allows too."""

    id: str


class Asked(BaseModel):
    """One name to be matched. What else a client sends (properties, strictness) changes nothing here."""

    query: str = ""
    type: str | Typed | list[str | Typed] | None = None
    limit: int = Field(default=FEWEST, ge=1)

    def kinds(self) -> list[str]:
        """The classes that are looked in; none is all."""
        given = self.type if isinstance(self.type, list) else [self.type] if self.type else []
        return [kind if isinstance(kind, str) else kind.id for kind in given]


class Extension(BaseModel):
    """Which properties of which entities are asked for."""

    ids: list[str] = Field(max_length=BATCH)
    properties: list[Typed] = Field(max_length=BATCH)


@dataclass(frozen=True)
class Candidate:
    """One entity that a name may mean. `score` from 0 to 100."""

    path: str
    kind: str
    name: str
    score: float


_BATCH = TypeAdapter(dict[str, Asked])


def manifest(site: Site, lang: Lang) -> Answer:
    """What the service is and offers."""
    base = site.base_url
    service = f"{base}{ADDRESS}"
    said = {
        "versions": ["0.2"],
        "name": site.catalogue.titles.get(lang),
        "identifierSpace": f"{site.uri_base}/",
        "schemaSpace": f"{base}/v1/entities?class=",
        "documentation": f"{base}/v1/openapi.json",
        "batchSize": BATCH,
        "defaultTypes": [{"id": c.name, "name": c.title.get(lang)} for c in classes(site) if not c.vocabulary],
        "view": {"url": f"{base}/{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": 400, "height": 160},
        "suggest": {kind: {"service_url": service, "service_path": f"/suggest/{kind}"} for kind in ("entity", "type")},
        "extend": {"propose_properties": {"service_url": service, "service_path": "/properties"}},
    }
    return _json(said)


def reconciled(site: Site, text: str, lang: Lang) -> Answer:
    """The candidates for each name of a batch. Raises `Problem` 400 for what is no batch, 413 for one too large."""
    try:
        batch = _BATCH.validate_json(text)
    except ValidationError as error:
        raise _wrong("queries", error) from error
    if len(batch) > BATCH:
        raise Problem(
            413,
            "reconcile-batch",
            f"Se admiten {BATCH} nombres cada vez.",
            f"{BATCH} names are taken at a time.",
            most=BATCH,
        )
    types = _types(site, lang)
    said = {}
    for key, asked in batch.items():
        found = candidates(site, asked.query, asked.kinds(), lang)
        alone = sum(c.score == 100 for c in found) == 1
        said[key] = {
            "result": [
                {
                    "id": c.path[1:],
                    "name": c.name,
                    "type": [{"id": c.kind, "name": types.get(c.kind, c.kind)}],
                    "score": c.score,
                    "match": alone and c.score == 100,
                }
                for c in found[: min(asked.limit, MOST)]
            ]
        }
    return _json(said)


def candidates(site: Site, name: str, kinds: list[str], lang: Lang) -> list[Candidate]:
    """Whom `name` may mean, the best first; then by path. `kinds`: classes that are looked in, none is all."""
    words = asked_words(name)
    if not words:
        return []
    wanted = folded(" ".join(name[:LETTERS].split()))
    found: dict[str, Candidate] = {}
    # Who bears the very name is found whatever else has its words; nearly the same is looked for among the nearest.
    phrase = f'"{" ".join(words)}"'
    near = " OR ".join(f'"{word[: max(3, len(word) - 2)]}"*' for word in words)
    for row in (*_rows(site, phrase, kinds, BEARERS), *_rows(site, near, kinds, LOOKED_AT)):
        path = row["path"]
        if path in found:
            continue
        score = _score(wanted, _names(row), len(found) < LOOKED_AT * 2)
        if score >= LEAST:
            found[path] = Candidate(path, row["kind"], row[f"label_{lang}"] or row["label_es"] or path, score)
    return sorted(found.values(), key=lambda c: (-c.score, c.path))


def _rows(site: Site, words: str, kinds: list[str], most: int) -> Iterable[Row]:
    kinds = kinds[:BATCH]
    only = f"AND f.kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    found: list[Row] = site.database().execute(_CANDIDATES.format(kinds=only), (words, *kinds, most)).fetchall()
    return found


def _names(row: Row) -> set[str]:
    # The first line of the text is the id, which is no name.
    lines = (*row["label"].split("\n"), *row["text"].split("\n")[1:])
    return {folded(line) for line in lines if line and len(line) <= LETTERS}


def _score(wanted: str, names: set[str], nearly: bool) -> float:
    if wanted in names:
        return 100.0
    if not nearly:
        return 0.0
    return max((_near(wanted, name) for name in names), default=0.0)


def _near(wanted: str, name: str) -> float:
    matcher = SequenceMatcher(None, wanted, name, autojunk=False)
    # An upper bound that costs little; most are far below.
    if NEAR * matcher.real_quick_ratio() < LEAST or NEAR * matcher.quick_ratio() < LEAST:
        return 0.0
    return round(NEAR * matcher.ratio(), 1)


def suggested_entities(site: Site, prefix: str, lang: Lang) -> Answer:
    """Entities in whose names all words of `prefix` are, the last of which may be only begun."""
    words, types = question(prefix), _types(site, lang)
    found = _rows(site, words, [], MOST) if words else []
    result = [
        {
            "id": row["path"][1:],
            "name": row[f"label_{lang}"] or row["label_es"] or row["path"],
            "notable": [{"id": row["kind"], "name": types.get(row["kind"], row["kind"])}],
        }
        for row in found
    ]
    return _json({"result": result})


def suggested_types(site: Site, prefix: str, lang: Lang) -> Answer:
    """Classes whose name or title holds `prefix`, without case and accents."""
    wanted = folded(prefix.strip())
    found = [c for c in classes(site) if wanted in f"{c.name} {folded(c.title.es)} {folded(c.title.en)}"]
    return _json({"result": [{"id": c.name, "name": c.title.get(lang)} for c in found[:MOST]]})


def proposed(kind: str, lang: Lang) -> Answer:
    """The properties that entities of a class have: the same for each."""
    listed = [{"id": name, "name": words[lang == "en"]} for name, words in PROPERTIES.items()]
    return _json({"type": kind, "limit": len(listed), "properties": listed})


def extended(site: Site, text: str, lang: Lang) -> Answer:
    """The properties of entities as columns; an id that there is not has none. Raises `Problem` 400."""
    try:
        asked = Extension.model_validate_json(text)
    except ValidationError as error:
        raise _wrong("extend", error) from error
    wanted = [p.id for p in asked.properties if p.id in PROPERTIES]
    scopes, types = labels(site, SCOPE), _types(site, lang)
    rows = {}
    for name in asked.ids:
        row = _entity(site, name)
        values = _values(site, row, types) if row else {}
        if row and row["scope"] in scopes:
            values["scope"] = scopes[row["scope"]].get(lang)
        rows[name] = {p: [{"str": values[p]}] if values.get(p) else [] for p in wanted}
    return _json({"meta": [{"id": p, "name": PROPERTIES[p][lang == "en"]} for p in wanted], "rows": rows})


def _values(site: Site, row: Row, types: dict[str, str]) -> dict[str, str]:
    return {
        "label_es": row["label_es"],
        "label_en": row["label_en"],
        "id": row["id"],
        "iri": site.uri_base + row["path"],
        "class": types.get(row["class"], row["class"]),
        "scope": row["scope"],
    }


def preview(site: Site, name: str, lang: Lang) -> Answer:
    """A small page of an entity, to be shown in a frame. Raises `Problem` 404."""
    row = _entity(site, name)
    if row is None:
        raise Problem(404, "entity-unknown", "Ninguna ficha tiene ese identificador.", "Nothing has that id.")
    kind, scope = _types(site, lang).get(row["class"], row["class"]), labels(site, SCOPE).get(row["scope"])
    body = render(site, lang, "preview.html", Here.both("/"), entity=row, kind=kind, scope=scope)
    headers = {"Content-Security-Policy": PREVIEW_CSP, "Content-Language": lang, "Vary": "Accept-Language"}
    return Answer(body, HTML, etag=tag_of(body), headers=headers)


def _entity(site: Site, name: str) -> Row | None:
    query = f"SELECT * FROM entity WHERE path = ? AND {LIVE}"  # noqa: S608
    found: Row | None = site.database().execute(query, (path_of(f"/{name}"),)).fetchone()
    return found


def _types(site: Site, lang: Lang) -> dict[str, str]:
    return {c.name: c.title.get(lang) for c in classes(site)}


def _wrong(name: str, error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))[:100]
    return Problem(
        400,
        "reconcile-request",
        f"`{name}` no es lo que pide la API de reconciliación 0.2.",
        f"`{name}` is not what the reconciliation API 0.2 asks for.",
        place=place,
        problem=first["msg"],
    )


def _json(content: dict[str, Any]) -> Answer:
    return as_json(content, headers={"Vary": "Accept-Language"})
