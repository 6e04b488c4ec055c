"""All graphs as one file.

What belongs here: the dump, gzipped N-Triples. What does not: which graphs are in it, and where it is served.
"""

import gzip
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast


def write_dump(graphs: Iterable[Path], out: BinaryIO) -> None:
    """Write the graph files (Turtle, N-Triples, RDF/XML), one after the other, to `out` as gzipped N-Triples.

    Streamed, in the order given and within a file in its own; the same files give the same bytes. What two graphs say
    stands in it twice, as RDF allows. Raises `SyntaxError` on a file that is no RDF.
    """
    import pyoxigraph as ox

    # No name and no time: they would differ from day to day.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as packed:
        for path in graphs:
            if path.suffix == ".nt":
                with path.open("rb") as stream:
                    shutil.copyfileobj(stream, packed, 1 << 20)
                continue
            quads = ox.parse(path=str(path), format=ox.RdfFormat.from_extension(path.suffix[1:]))
            triples = (quad.triple for quad in quads)
            ox.serialize(triples, cast(BinaryIO, packed), format=ox.RdfFormat.N_TRIPLES)
