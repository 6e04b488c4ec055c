"""Templates of IRIs: read, written out, filled, and turned round.

What belongs here: one template over the columns of a row (RFC 6570: `{id}` and `{+url}`), and the regular expression
that takes its cells out of an IRI again. What does not: which column has which template, which is `mapping`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.linked.terms import SCHEMES, is_iri

_VARIABLE = re.compile(r"\{(\+?)([a-z][a-z0-9_]*)\}")
_PREFIXED = re.compile(r"^([a-z][a-z0-9-]*):(?!//)")

ENCODED = "[A-Za-z0-9._~%-]"
"""What a percent-encoded cell is made of (RFC 3986, 2.3)."""


class TemplateError(ValueError):
    """A template that cannot be an IRI. `prefix` is set where only its prefix is unknown."""

    def __init__(self, reason: str, prefix: str | None = None) -> None:
        super().__init__(reason)
        self.prefix = prefix


@dataclass(frozen=True)
class Variable:
    """A cell in a template; `raw` is `{+name}`, put in as it is."""

    name: str
    raw: bool


@dataclass(frozen=True)
class Template:
    """A template written out: `parts` in order; `of_subject` if they follow the IRI of the row's subject."""

    parts: tuple[str | Variable, ...]
    of_subject: bool = False

    @property
    def variables(self) -> list[Variable]:
        """The cells that it names, in order."""
        return [p for p in self.parts if isinstance(p, Variable)]

    @property
    def columns(self) -> set[str]:
        """The columns that it names."""
        return {v.name for v in self.variables}

    @property
    def constant(self) -> str | None:
        """The IRI, if it names no cell and stands by itself; else None."""
        return "".join(map(str, self.parts)) if not self.variables and not self.of_subject else None

    @property
    def start(self) -> str:
        """The text before its first cell."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    def pattern(self) -> str:
        """The regular expression of its IRIs (XPath and Python alike); one group a cell."""
        groups = (_quoted(p) if isinstance(p, str) else "(.*)" if p.raw else f"({ENCODED}*)" for p in self.parts)
        return f"^{'.*' if self.of_subject else ''}{''.join(groups)}$"

    def group(self, column: str) -> int:
        """The number of the group of a column in `pattern`. Raises `ValueError` if it names it not."""
        return [v.name for v in self.variables].index(column) + 1

    def can_be_read(self, column: str) -> bool:
        """Whether the cell of `column` can be told from the rest of an IRI.

        A percent-encoded cell ends where a sign stands that it cannot hold; a raw one must be the last.
        """
        if column not in self.columns:
            return False
        for place, part in enumerate(self.parts[:-1]):
            after = self.parts[place + 1]
            if isinstance(part, Variable) and (
                part.raw or isinstance(after, Variable) or re.match(ENCODED, after) is not None
            ):
                return False
        return True


def _quoted(text: str) -> str:
    return re.sub(r"([.\\?*+^$|(){}\[\]])", r"\\\1", text)


def read_template(text: str, uri_base: str, namespaces: Mapping[str, str]) -> Template:
    """A template as it is written in a mapping, with prefix or `uri_base` written out.

    Raises `TemplateError` if what it makes is no IRI.
    """
    of_subject = text.startswith("#")
    whole = text if of_subject else _absolute(text, uri_base, namespaces)
    parts: list[str | Variable] = []
    end = 0
    for found in _VARIABLE.finditer(whole):
        if found.start() > end:
            parts.append(whole[end : found.start()])
        parts.append(Variable(found[2], bool(found[1])))
        end = found.end()
    if end < len(whole):
        parts.append(whole[end:])
    template = Template(tuple(parts), of_subject)
    _check(template, text)
    return template


def _absolute(text: str, uri_base: str, namespaces: Mapping[str, str]) -> str:
    if text.startswith("/"):
        return uri_base + text
    found = _PREFIXED.match(text)
    if found and found[1] in namespaces:
        return namespaces[found[1]] + text[found.end() :]
    if found and found[1] not in SCHEMES:
        raise TemplateError(f"no prefix {found[1]}", found[1])
    return text


def _check(template: Template, text: str) -> None:
    first = template.parts[0] if template.parts else ""
    whole = isinstance(first, Variable) and first.raw
    filled = "".join(p if isinstance(p, str) else "" if p.raw and whole else "x" for p in template.parts)
    start = "http://x.example" if template.of_subject else "http://x.example/" if whole else ""
    if not is_iri(start + filled):
        raise TemplateError(f"`{text}` makes no absolute IRI")
