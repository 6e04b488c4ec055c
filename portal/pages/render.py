"""Filling a template: the words and addresses that every page has.

What belongs here: the environment of the templates, `Here`, `render` and `page`. What does not: what one page shows.

Addresses in pages begin at the path of `base_url`, so that a portal may stand behind a prefix. No page holds a script or
a style of its own: the policy of the front forbids both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.filters import do_forceescape, do_mark_safe

from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.findings import catalogue as codes_of_findings
from pipelines.contracts.text import Lang
from pipelines.contracts.wording import EXAMPLE, wording
from portal.answer import HTML, Answer, tag_of
from portal.site import Site

STATIC = Path(__file__).parent.parent / "static"
STYLE = "portal.css"
ICON = "icon.svg"


@dataclass(frozen=True)
class Here:
    """The address of a page in each language, with its query, without the prefix of the portal."""

    es: str
    en: str

    @classmethod
    def both(cls, rest: str) -> "Here":
        """The same page under `/es` and `/en`; `rest` begins with `/`."""
        return cls(f"/es{rest}", f"/en{rest}")

    def get(self, lang: Lang) -> str:
        """The address in `lang`."""
        return self.es if lang == "es" else self.en


def render(site: Site | None, lang: Lang, template: str, here: Here, **values: Any) -> bytes:
    """The page as UTF-8. `site` is None only where nothing is published and an error must be shown all the same."""
    prefix = urlsplit(site.base_url).path if site else ""
    text = (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            other="en" if lang == "es" else "es",
            here=here,
            base=site.base_url if site else "",
            at=lambda address: prefix + address,
            style=f"{prefix}{static_address(STYLE)}",
            icon=f"{prefix}{static_address(ICON)}",
            catalogue=site.catalogue if site else None,
            example=EXAMPLE if site and site.catalogue.stage == "example" else None,
            say=lambda es, en: es if lang == "es" else en,
            known_code=lambda code: code in codes_of_findings(),
            **wording(lang),
            **values,
        )
    )
    return text.encode()


def page(body: bytes, lang: Lang, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer that holds a page; its ETag is the hash of what it says, so it changes when that does."""
    return Answer(
        body,
        HTML,
        status=status,
        etag=tag_of(body) if status == 200 else None,
        cache="edition" if status == 200 else "none",
        headers={"Content-Language": lang, **(headers or {})},
    )


@cache
def static_address(name: str) -> str:
    """The address of a file of ours; its hash stands in it, so what is there never changes."""
    return f"/static/{sha256_bytes((STATIC / name).read_bytes())[:12]}/{name}"


def segment(text: object) -> str:
    """`text` as one part of a path."""
    return quote(str(text), safe="")


_CODE = re.compile(r"`([^`]+)`")
"""How descriptions name a column or a code."""


def code(text: str) -> str:
    """A description as HTML, escaped, with `<code>` for what stands between backticks."""
    return do_mark_safe(_CODE.sub(r"<code>\1</code>", str(do_forceescape(text))))


def bare(text: str) -> str:
    """A description for a place that can hold no element, without its backticks."""
    return _CODE.sub(r"\1", text)


@cache
def _environment() -> Environment:
    out = Environment(
        loader=PackageLoader("portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    out.filters["path"] = segment
    out.filters["code"] = code
    out.filters["bare"] = bare
    return out
