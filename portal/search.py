"""The search of the whole edition: datasets, tables, and what has an IRI, by any word of their names.

What belongs here: a reader's words as a question to the index, and what it finds. What does not: what is indexed, which
`publish` decides, and the search in the rows of one table.

Every word must be there, without case and accents; the last one may be only begun. Names count ten times as much as
the rest. What is of the network comes first (the first code of the vocabulary `scope`) with what has no scope, and codes
of vocabularies come last.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pipelines.contracts.reading import CODES, SCOPE
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer, Problem, as_json
from portal.site import Site

MOST = 100
"""The most that one answer holds."""
WORDS = 12
"""Words of a question that are looked for; more make the answer no better and the search slower."""
LETTERS = 200
"""The longest question."""

_WORD = re.compile(r"\w+")
_QUERY = """
SELECT f.kind, f.path, f.dataset, f.scope, e.id, e.label_es, e.label_en, p.title_es, p.title_en, p.table_name,
  a.title_es, a.title_en
FROM found AS f
LEFT JOIN entity AS e ON e.path = f.path
LEFT JOIN published AS p ON f.kind = 'table' AND '/datasets/' || p.dataset || '/tables/' || p.table_name = f.path
LEFT JOIN about AS a ON f.kind = 'dataset' AND a.dataset = f.dataset
LEFT JOIN concept AS c ON c.scheme = :vocabulary AND c.code = f.scope
WHERE found MATCH :words AND (:kind IS NULL OR f.kind = :kind) AND (:scope IS NULL OR f.scope = :scope)
ORDER BY f.path LIKE :codes, coalesce(c.place, 0), bm25(found, 10.0, 1.0), f.path LIMIT :limit
"""
_COUNT = """
SELECT kind, count(*) FROM found
WHERE found MATCH :words AND (:kind IS NULL OR kind = :kind) AND (:scope IS NULL OR scope = :scope)
GROUP BY kind ORDER BY kind
"""


@dataclass(frozen=True)
class Hit:
    """One thing found. `kind`: `dataset`, `table`, or the class of an entity, whose `path` is that of its IRI."""

    kind: str
    path: str
    id: str
    label: Text
    dataset: str | None
    scope: str | None


@dataclass(frozen=True)
class Hits:
    """What a question found: the first of them, and how many of each kind there are."""

    total: int
    kinds: dict[str, int]
    hits: list[Hit]


def asked_words(text: str) -> list[str]:
    """The words of a reader's text that are looked for."""
    return _WORD.findall(text[:LETTERS])[:WORDS]


def question(text: str) -> str | None:
    """The words of a reader as a question of FTS5: each quoted, the last a beginning; None without any word."""
    words = asked_words(text)
    return " ".join(f'"{word}"' for word in words) + "*" if words else None


def find(site: Site, text: str, kind: str | None = None, scope: str | None = None, limit: int = 20) -> Hits:
    """What `text` finds, what is of the network first, then by how well the words fit."""
    words = question(text)
    if words is None:
        return Hits(0, {}, [])
    base = site.database()
    asked: dict[str, str | int | None] = {
        "words": words,
        "kind": kind,
        "scope": scope,
        "vocabulary": SCOPE,
        "codes": f"{CODES}/%",
        "limit": min(limit, MOST),
    }
    kinds: dict[str, int] = {row[0]: row[1] for row in base.execute(_COUNT, asked)}
    hits = [_hit(*row) for row in base.execute(_QUERY, asked)]
    return Hits(sum(kinds.values()), kinds, hits)


def _hit(kind: str, path: str, dataset: str | None, scope: str | None, *told: str | None) -> Hit:
    name, es, en, table_es, table_en, table, dataset_es, dataset_en = told
    label = Text(es=es or table_es or dataset_es or path, en=en or table_en or dataset_en or path)
    return Hit(kind, path, name or table or dataset or path, label, dataset, scope)


def search(site: Site, q: str, kind: str | None, scope: str | None, lang: Lang | None, limit: int) -> Answer:
    """What `q` finds as JSON; `label` only in `lang` where one is asked for.

    Raises `Problem` 400 on a question without a word, or longer than `LETTERS`.
    """
    if len(q) > LETTERS or question(q) is None:
        raise Problem(
            400,
            "query-empty" if len(q) <= LETTERS else "query-long",
            f"Escriba en «q» una o varias palabras, {LETTERS} letras como máximo.",
            f"Write one or several words in `q`, {LETTERS} letters at most.",
            parameter="q",
        )
    hits = find(site, q, kind, scope, limit)
    content = {
        "edition": site.edition.edition,
        "total": hits.total,
        "kinds": hits.kinds,
        "results": [_told(site, hit, lang) for hit in hits.hits],
    }
    return as_json(content)


def _told(site: Site, hit: Hit, lang: Lang | None) -> dict[str, Any]:
    api = hit.kind in ("dataset", "table")
    return {
        "kind": hit.kind,
        "id": hit.id,
        "label": hit.label.get(lang) if lang else hit.label.model_dump(),
        "dataset": hit.dataset,
        "scope": hit.scope,
        "url": f"{site.base_url}{'/v1' if api else ''}{quote(hit.path, safe='/%')}",
    }
