"""What every request says in the same way: the language of a page, and the language and the formats that are wished.

What belongs here: reading these off a request. What does not: choosing among formats, which is `answer.negotiate`.
"""

from fastapi import Request
from starlette.convertors import Convertor, register_url_convertor

from pipelines.contracts.text import LANGS, Lang
from portal.answer import preferred_language


class _Language(Convertor[Lang]):
    """The first part of an address of a page: a language in which we write."""

    regex = "|".join(LANGS)

    def convert(self, value: str) -> Lang:
        """The language."""
        return "es" if value == "es" else "en"

    def to_string(self, value: Lang) -> str:
        """The part of the address."""
        return value


register_url_convertor("page_language", _Language())
PAGE = "/{lang:page_language}"
"""Where the address of a page begins. Any other first part belongs to somebody else: `/kos/status` is a vocabulary."""


def wished_language(request: Request) -> Lang:
    """The language that `Accept-Language` wishes."""
    return preferred_language(request.headers.get("accept-language", ""))


def wished_formats(request: Request) -> str:
    """All that `Accept` says, in as many headers as it came."""
    return ", ".join(request.headers.getlist("accept"))
