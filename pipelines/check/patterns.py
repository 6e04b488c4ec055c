"""Personal data that can be told by their form: identity numbers, e-mail, telephone, bank accounts.

What belongs here: one recogniser for each kind, over one text. What does not: names (`names`), and which
cells and files are searched (`privacy`).

What has a check digit must have the right one. A telephone has none: nine digits are one only in the
groups in which people write them, or after a prefix or a word for it, and not where they are plainly an
amount, a number of another kind, or part of a longer one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban
from stdnum.es import nif

Found = tuple[str, int]
"""Kind of personal data, and where in the text it starts."""

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
"""No letter or digit beside it; the underscore is punctuation here."""

HINT = re.compile(r"@|[\[(]\s?(?:at|arroba)\s?[\])]|\d(?:[^\w\n]{0,3}\d){6}", re.IGNORECASE)
"""What every text with personal data of these kinds has; most texts have not."""

_LIKELY = r"[@＠﹫\\&%\[(［（]"
"""Characters of which `plain` can make what `HINT` finds; without them it takes seven digits."""

_IDENTITY = re.compile(
    rf"{_START}(?:DNI|NIF|NIE|ES)?"
    r"(?P<number>[XYZKLM][ .\-]?(?:\d{7}|\d\.\d{3}\.\d{3}|\d \d{3} \d{3})|\d{8}|\d{1,2}\.\d{3}\.\d{3}|\d{1,2} \d{3} \d{3})"
    r"(?P<gap>\s?[\-./_‐-―]\s?|\s)?(?P<letter>[A-Z])"
    rf"{_END}",
    re.IGNORECASE,
)
_WORDS = frozenset("aey")
"""Letters that are a word of Spanish and could also be a check letter."""

_DOT = re.compile(r"\s?[\[(]\s?(?:dot|punto)\s?[\])]\s?", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.+%\-])(?P<box>[\w.+%\-]+)(?:@|\s?[\[(]\s?(?:at|arroba)\s?[\])]\s?)"
    rf"(?P<host>(?:[\w\-]+(?:\.|{_DOT.pattern}))+[^\W\d_]{{2,}})",
    re.IGNORECASE,
)

_SEP = r"[ .\-/]"
_LABEL = r"(?:tel(?:[eé]f(?:onos?)?)?|tfn?os?|tlfn?o?s?|tf|m[oó]vil(?:es)?|phone|whatsapp|fax)"
_NINE = r"[5-9](?:[ .\-/()]{0,2}\d){8}(?!\d)"
_PHONE_MARKED = re.compile(
    rf"(?:(?<!\d)(?:\+|00)\s?\(?34\)?|\(\+?34\))[ .\-/()]{{0,2}}{_NINE}"
    rf"|(?:\b{_LABEL}[\s.:/\-=()]{{0,4}}|\bwa\.me/)(?:34{_SEP}?)?{_NINE}",
    re.IGNORECASE,
)
_PREFIXED = r"(?<![^\s(«\"':;,<>])(?<!\d[:;,])34(?!90)[6-9]\d{8}(?![^\s)»\"':;,.<>?!])"
"""A prefix without its plus, as a whole token. 34 901 to 34 904 are also municipalities of Palencia (INE)."""
_PHONE = re.compile(
    rf"{_START}(?<![_/\-=#&])(?<!\d\.)(?P<number>[6-9]\d{{8}}|{_PREFIXED}"
    rf"|[6-9]\d{{2}}{_SEP}\d{{3}}{_SEP}\d{{3}}|[6-9]\d{{2}}{_SEP}\d{{2}}{_SEP}\d{{2}}{_SEP}\d{{2}}"
    rf"|[89]\d{_SEP}\d{{3}}{_SEP}\d{{2}}{_SEP}\d{{2}}|[6-9]\d{{2}}{_SEP}\d{{6}}|[89]\d{_SEP}\d{{3}}{_SEP}\d{{4}}"
    rf"|[67]\d \d{{3}} \d{{2}} \d{{2}}"
    rf"|\([6-9]\d{{2}}\){_SEP}?(?:\d{{3}}{_SEP}?\d{{3}}|\d{{2}}{_SEP}?\d{{2}}{_SEP}?\d{{2}})"
    rf"|\([89]\d\){_SEP}?\d{{3}}{_SEP}?\d{{2}}{_SEP}?\d{{2}})"
    rf"(?![^\W_]|[.,\-]\d|/(?:19|20)\d\d(?!\d))"
)
_LONGER = (re.compile(r"\d[ .]$"), re.compile(r"[ .]?\d"))
"""What makes a grouped number part of a longer one: digits just before or after it."""
_AMOUNT = (
    re.compile(r"[€$£]\s?$"),
    re.compile(
        r"\s?(?:€|\$|£|%|eur\b|euros?\b|usd\b|d[oó]lares|mill|millones|miles\b|habitantes|personas|bytes)",
        re.IGNORECASE,
    ),
)

_IBAN = re.compile(rf"{_START}(?:IBAN)?(?P<number>[A-Z]{{2}}\d{{2}}(?:[ \-.]?[A-Z0-9]){{11,30}})", re.IGNORECASE)
_IBAN_LENGTHS = range(34, 14, -1)

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\[nrt]")
_ENTITY = re.compile(r"&#?\w{2,10};")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def plain(text: str) -> str:
    """A text with one spelling for each character, as many lines as before, and what is escaped unescaped.

    Undone are compatibility forms (NFKC), invisible characters, and the escapes of JSON, HTML and addresses.
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    if "\\" in text:
        text = _ESCAPE.sub(lambda m: _inline(chr(int(m[1], 16))) if m[1] else " ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda m: _inline(unescape(m[0])), text)
    if "%" in text:
        text = _PERCENT.sub(lambda m: _inline(unquote(m[0], errors="replace")), text)
    return text


def likely(texts: Sequence[str]) -> list[str]:
    """Those of many texts in which `personal_data` could find anything, quickly."""
    values = pa.array(texts, type=pa.large_string())
    digits = pc.greater_equal(pc.count_substring_regex(values, r"\pN"), 7)
    return list(values.filter(pc.or_(digits, pc.match_substring_regex(values, _LIKELY))).to_pylist())


def personal_data(text: str, allowed: Callable[[str], bool]) -> Iterator[Found]:
    """Personal data in a text that `plain` has made; `allowed` says of a mailbox in lower case that it may stand.

    Kinds are `dni`, `nie`, `email`, `phone` and `iban`. A DNI is a number of eight digits and its letter,
    a NIE begins with X, Y or Z (K, L and M are of persons too); numbers of companies are not personal.
    """
    if HINT.search(text):
        yield from _identity_numbers(text)
        yield from _emails(text, allowed)
        yield from _ibans(text)
        yield from _phones(text)


def _inline(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ")


def _identity_numbers(text: str) -> Iterator[Found]:
    for match in _IDENTITY.finditer(text):
        if match["gap"] and match["gap"].isspace() and match["letter"] in _WORDS:
            continue
        body = "".join(c for c in match["number"] if c.isalnum()).upper()
        digits = body if body[0].isalpha() else body.zfill(8)
        if nif.is_valid(digits + match["letter"].upper()):
            yield ("nie" if body[0].isalpha() else "dni"), match.start("number")


def _emails(text: str, allowed: Callable[[str], bool]) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        address = f"{match['box'].lstrip('.-')}@{_DOT.sub('.', match['host'])}".lower()
        if not allowed(address):
            yield "email", match.start()


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        ends = [i for i, c in enumerate(match["number"], start=1) if c.isalnum()]
        for length in (n for n in _IBAN_LENGTHS if n <= len(ends)):
            end = ends[length - 1]
            after = text[match.start("number") + end : match.start("number") + end + 1]
            if not after.isalnum() and iban.is_valid(match["number"][:end], check_country=False):
                yield "iban", match.start("number")
                break


def _phones(text: str) -> Iterator[Found]:
    marked = [(m.start(), m.end()) for m in _PHONE_MARKED.finditer(text)]
    yield from (("phone", start) for start, _ in marked)
    for match in _PHONE.finditer(text):
        inside = any(start <= match.start() < end for start, end in marked)
        if not inside and not _is_amount(text, match):
            yield "phone", match.start()


def _is_amount(text: str, match: re.Match[str]) -> bool:
    number, start, end = match["number"], match.start(), match.end()
    before, after = text[max(0, start - 3) : start], text[end : end + 14]
    grouped = not number.isdigit()
    longer = grouped and (_LONGER[0].search(before) or _LONGER[1].match(after))
    round_number = re.sub(r"\D", "", number).endswith("000000")
    return bool(longer or round_number or _AMOUNT[0].search(before) or _AMOUNT[1].match(after))
