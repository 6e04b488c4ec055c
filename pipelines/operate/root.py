"""Where the project is.

What belongs here: finding the project's root folder. What does not: reading what is in it.
"""

import os
from pathlib import Path

MARK = Path("schemas") / "catalogue.yaml"


def find_root(given: Path | None = None) -> Path:
    """The given folder, else `OPENDATA_PROJECT`, else this folder or the first above with a catalogue file.

    Raises `FileNotFoundError` naming the folder where the search began.
    """
    named = given or (Path(os.environ["OPENDATA_PROJECT"]) if os.environ.get("OPENDATA_PROJECT") else None)
    start = (named or Path.cwd()).resolve()
    for folder in [start] if named else [start, *start.parents]:
        if (folder / MARK).exists():
            return folder
    raise FileNotFoundError(start)
