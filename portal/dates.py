"""Dates as the sources give them: a year, a month or a day, perhaps uncertain, perhaps an interval.

What belongs here: how precise an EDTF text is and how it reads. What does not: its bounds, which were derived when the
row was released.
"""

import re
from datetime import date
from typing import Literal

from pipelines.contracts.text import LANGS, Lang, Strict, Text
from pipelines.contracts.wording import MONTHS, day

Precision = Literal["year", "month", "day", "interval"]

_QUALIFIERS = "?~%"
"""Signs after a date that make it uncertain or approximate (EDTF, ISO 8601-2, level 1)."""
UNKNOWN = "XXXX"
"""The unknown year of EDTF."""
_PART = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


class DateView(Strict):
    """A date: `text` as it stands in the row, how precise it is, its first and last day, and how it reads."""

    text: str
    precision: Precision
    uncertain: bool
    first: str | None
    last: str | None
    label: Text


def date_view(text: str | None, first: str | None, last: str | None) -> DateView | None:
    """The date of a row; None if it has none. `first` and `last`: its bounds, None where open."""
    if not text:
        return None
    return DateView(
        text=text,
        precision=_precision(text),
        uncertain=any(sign in text for sign in _QUALIFIERS),
        first=first,
        last=last,
        label=Text(**{lang: words(lang, text) for lang in LANGS}),
    )


def _precision(text: str) -> Precision:
    if "/" in text:
        return "interval"
    found = _PART.match(text.rstrip(_QUALIFIERS))
    if found is None or found[2] is None:
        return "year"
    return "month" if found[3] is None else "day"


def words(lang: Lang, text: str) -> str:
    """How an EDTF text reads: `marzo de 2020`, `5 March 2020`, `desde 2021`; what is none stays as it is."""
    first, slash, last = text.partition("/")
    if not slash:
        return _one(lang, text)
    if last in ("", ".."):
        return f"{'desde' if lang == 'es' else 'from'} {_one(lang, first)}"
    if first in ("", ".."):
        return f"{'hasta' if lang == 'es' else 'until'} {_one(lang, last)}"
    return f"{_one(lang, first)} – {_one(lang, last)}"


def _one(lang: Lang, text: str) -> str:
    if text == UNKNOWN:
        return "sin fecha" if lang == "es" else "undated"
    found = _PART.match(text.rstrip(_QUALIFIERS))
    if found is None:
        return text
    year, month, number = found[1], int(found[2] or 0), int(found[3] or 0)
    if not 1 <= month <= 12:
        read = year
    elif number:
        try:
            read = day(lang, date(int(year), month, number))
        except ValueError:
            return text
    else:
        name = MONTHS[month - 1].get(lang)
        read = f"{name} de {year}" if lang == "es" else f"{name} {year}"
    doubt = "fecha incierta" if lang == "es" else "date uncertain"
    return read if found[0] == text else f"{read} ({doubt})"


def announced(document: str | None, when: str | None) -> Text:
    """How something planned reads of which no row tells an outcome.

    `document`: EDTF date of the document that announces it; without one the date of the row, `when`, stands in
    brackets, for it may be that of the announcement or that of what was announced.
    """
    es, en = "anunciado", "announced"
    if document and "/" not in document:
        es += f" {'el' if _precision(document) == 'day' else 'en'} {words('es', document)}"
        en += f" {words('en', document)}"
    elif when:
        es += f" ({words('es', when)})"
        en += f" ({words('en', when)})"
    return Text(es=f"{es}; no consta que llegara a realizarse", en=f"{en}; not recorded as having taken place")
