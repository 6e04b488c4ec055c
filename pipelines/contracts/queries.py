"""Saved questions: what stands in a file `<name>.rq`, for the rooms that write it and for the portal that shows it.

What belongs here: the words at the beginning of the file, and the language of its labels. What does not: whether the
query may be asked, and asking it.

A file begins with comments `# title_es: …`, `# title_en: …`, `# description_es: …` and `# description_en: …`; a
description goes on in comments that name nothing. In the tree the line `BASE <uri_base/>` stands before them.
"""

import re
from dataclasses import dataclass

from pipelines.contracts.text import LANGS, Lang, Text

_WORD = re.compile(r"^#\s*(title|description)_(es|en):\s*(.*)$")
_LANGUAGE = re.compile(r'(\bVALUES\s+\?lang\s*\{\s*)"es"(\s*\})')


@dataclass(frozen=True)
class SavedQuery:
    """A saved question. `text` is complete: it begins with the BASE."""

    name: str
    titles: Text
    descriptions: Text
    text: str

    def in_language(self, lang: Lang) -> str:
        """The text with labels in `lang`, if it says by `VALUES ?lang { "es" }` in which language they are."""
        return _LANGUAGE.sub(rf'\g<1>"{lang}"\g<2>', self.text)


def read_query(name: str, text: str) -> SavedQuery:
    """The question `name` of which `text` is complete. Raises `ValueError` with the words that are missing."""
    words: dict[str, dict[str, str]] = {"title": {}, "description": {}}
    last: tuple[str, str] | None = None
    for line in text.splitlines()[1:]:
        if not line.startswith("#"):
            break
        if found := _WORD.match(line):
            last = (found[1], found[2])
            words[found[1]][found[2]] = found[3].strip()
        elif last:
            words[last[0]][last[1]] += f" {line[1:].strip()}".rstrip()
    if missing := [f"{word}_{lang}" for word, said in words.items() for lang in LANGS if not said.get(lang)]:
        raise ValueError(", ".join(missing))
    titles, descriptions = (Text(es=said["es"], en=said["en"]) for said in words.values())
    return SavedQuery(name, titles, descriptions, text)
