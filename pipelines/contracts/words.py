"""The words of the command line in Spanish and English, and the choice of the language.

What belongs here: reading `words.yaml`, the one catalogue of what the program says that is no finding.
What does not: findings, whose texts are in `messages/`.
"""

import os
from functools import cache
from importlib.resources import files

import yaml

from pipelines.contracts.text import Lang, Text


@cache
def _words() -> dict[str, Text]:
    raw = yaml.load(
        files("pipelines.contracts").joinpath("words.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return {key: Text.model_validate(value) for key, value in raw.items()}


def lang(configured: Lang | None = None) -> Lang:
    """The language of messages: as configured, else `OPENDATA_LANG`, else the locale's; English if neither."""
    if configured:
        return configured
    for name in ("OPENDATA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "es" if value.lower().startswith("es") else "en"
    return "en"


def word(key: str, language: Lang | None = None, **named: object) -> str:
    """The text of `key` with its names filled in. Raises `KeyError` on an unknown key or a missing name."""
    return _words()[key].get(language or lang()).format(**named)
