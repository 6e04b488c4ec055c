"""Texts in the two languages of the project.

What belongs here: the bilingual text type, the choice of a language, and web addresses. What does not: the
messages themselves, which live in the catalogue of findings and in the files of sources and datasets.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Lang = Literal["es", "en"]
LANGS: tuple[Lang, Lang] = ("es", "en")

_BEYOND_ASCII = r"\u00a1-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
_REST = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?{_BEYOND_ASCII}-]|%[0-9A-Fa-f]{{2}})*"
HOST_ADDRESS = rf"^https?://[A-Za-z0-9._{_BEYOND_ASCII}-]+(?::[0-9]+)?$"
"""Scheme and host, and a port where there is one."""
WEB_ADDRESS = rf"{HOST_ADDRESS[:-1]}(?:[/?]{_REST})?(?:#{_REST})?$"
"""An http address that may stand in RDF: RFC 3987 without passwords; `España` may be written as it reads."""
WebAddress = Annotated[str, Field(pattern=WEB_ADDRESS)]


class Strict(BaseModel):
    """A model that refuses keys it does not know, so that a typing error in a file is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Strict):
    """One text in Spanish and English; both are always there and neither is empty."""

    es: str = Field(min_length=1, description="Spanish text.")
    en: str = Field(min_length=1, description="English text.")

    def get(self, lang: Lang) -> str:
        """The text in `lang`."""
        return self.es if lang == "es" else self.en


class Words(Strict):
    """Lists of words (keywords) in both languages; the lists need not correspond one to one."""

    es: list[str] = Field(min_length=1, description="Spanish words.")
    en: list[str] = Field(min_length=1, description="English words.")

    def get(self, lang: Lang) -> list[str]:
        """The words in `lang`."""
        return self.es if lang == "es" else self.en
