"""Numbers as people write them in Spanish and English.

What belongs here: reading one number from one clean text. What does not: cleaning it (`cell`) or
choosing the reader of a column (`values`).

The worst trap of a Spanish file is `1.100`: a program reads 1.1, the clerk meant 1100, and both are
numbers. The rule is therefore: a text that has one value with a decimal point and another with a
decimal comma is read only where the dialect of the source declares its decimal mark.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipelines.tidy.cell import Unreadable

Mark = Literal[".", ","]

SCALES = {
    "mil": 10**3,
    "mil millones": 10**9,
    "millón": 10**6,
    "millon": 10**6,
    "millones": 10**6,
    "billón": 10**12,
    "billon": 10**12,
    "billones": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
"""Words after a number. Spanish counts on the long scale (`billón` is 10^12), English on the short one."""

_EURO = r"(?:€|EUR|euros?)"
_NUMBER = re.compile(
    rf"(?P<before>{_EURO} ?)?(?P<sign>[+-]?)(?P<body>[0-9.,](?:[0-9., ]*[0-9.,])?(?:e[+-]?[0-9]+)?)"
    rf"(?: (?P<scale>{'|'.join(sorted(SCALES, key=len, reverse=True))}))?(?P<after>(?: de)? ?{_EURO})?",
    re.IGNORECASE,
)
_UNIT_SIGN = re.compile(r"[%‰$£¥€]|\bEUR\b|\beuros?\b", re.IGNORECASE)
_INT64 = 2**63


def _grammar(mark: str, group: str) -> re.Pattern[str]:
    """Digits with that decimal mark; thousands are grouped by the other mark or by a space, never by both.

    The first group has no leading zero, so `0.125` cannot be thousands. An exponent is what programs
    write (`1e-07`), with a small `e`: the capital one comes from a spreadsheet that shows fewer digits than it has.
    """
    grouped = rf"[1-9][0-9]{{0,2}}(?P<by>[{re.escape(group)} ])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    return re.compile(
        rf"(?P<whole>{grouped}|[0-9]*)(?:{re.escape(mark)}(?P<part>[0-9]+))?(?P<power>e[+-]?[0-9]{{1,3}})?"
    )


_GRAMMARS = {".": _grammar(".", ","), ",": _grammar(",", ".")}


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a column are written."""

    mark: Mark = "."
    declared: bool = False
    """Whether the dialect says `decimal` itself; the default is no declaration."""
    euro: bool = True
    """Whether a euro sign or word may stand beside the number."""


def read_number(text: str, style: NumberStyle) -> float:
    """The number in `text`: `2.842.274€`, `1,100.5`, `750 000 millones de euros`.

    Raises `Unreadable`: `number-ambiguous` (two values, and no mark declared), `number-other-mark` (only
    the other mark makes it a number), `number-with-unit` (`25 %`, `$ 5`), `number-unreadable`.
    """
    value = float(_read(text, style, whole=False))
    if value in (float("inf"), float("-inf")):
        raise Unreadable("number-unreadable")
    return value


def read_integer(text: str, style: NumberStyle) -> int:
    """The whole number in `text`; `15.0` is 15.

    Raises `Unreadable` as `read_number` does, and `number-not-whole`. In a column of whole numbers a
    decimal mark before three digits is always ambiguous, even where the mark is declared.
    """
    value = _read(text, style, whole=True)
    if value != value.to_integral_value():
        raise Unreadable("number-not-whole")
    if abs(value) >= _INT64:
        raise Unreadable("number-unreadable")
    return int(value)


def _read(text: str, style: NumberStyle, *, whole: bool) -> Decimal:
    found = _NUMBER.fullmatch(text.replace("−", "-"))
    euro = bool(found and (found["before"] or found["after"]))
    if not found or (euro and not style.euro):
        raise Unreadable("number-with-unit" if _UNIT_SIGN.search(text) else "number-unreadable")
    value = _decide(found["body"], style, whole=whole)
    if found["scale"]:
        value *= SCALES[found["scale"].lower()]
    return -value if found["sign"] == "-" else value


def _decide(body: str, style: NumberStyle, *, whole: bool) -> Decimal:
    here = _value(body, style.mark)
    there = _value(body, "," if style.mark == "." else ".")
    if here is None:
        raise Unreadable("number-unreadable" if there is None else "number-other-mark")
    if there is not None and there != here and (not style.declared or (whole and there > here)):
        raise Unreadable("number-ambiguous")
    return here


def _value(body: str, mark: Mark) -> Decimal | None:
    found = _GRAMMARS[mark].fullmatch(body)
    if not found or not (found["whole"] or found["part"]):
        return None
    digits = re.sub("[., ]", "", found["whole"]) or "0"
    return Decimal(f"{digits}.{found['part'] or '0'}{found['power'] or ''}")
