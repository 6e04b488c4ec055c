"""All graphs as one file.

What belongs here: the dump, gzipped N-Triples. What does not: which graphs are in it, and where it is served.
"""

import gzip
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast


def write_dump(graphs: Iterable[Path | bytes], out: BinaryIO) -> None:
    """Write graphs, files or Turtle in memory, one after the other, to `out` as gzipped N-Triples.

    Streamed, in the order given and within a file in its own; the same files give the same bytes. What two graphs say
    stands in it twice, as RDF allows. Raises `SyntaxError` on a file that is no RDF.
    """
    import pyoxigraph as ox

    # No name and no time: they would differ from day to day.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as packed:
        for graph in graphs:
            if isinstance(graph, Path) and graph.suffix == ".nt":
                with graph.open("rb") as stream:
                    shutil.copyfileobj(stream, packed, 1 << 20)
                continue
            triples = (quad.triple for quad in read_graph(graph))
            ox.serialize(triples, cast(BinaryIO, packed), format=ox.RdfFormat.N_TRIPLES)


def read_graph(graph: Path | bytes) -> Iterator[Any]:
    """The quads of a graph, a file or Turtle in memory, as a stream. Raises `SyntaxError` if it is no RDF."""
    import pyoxigraph as ox

    if isinstance(graph, bytes):
        return ox.parse(graph, format=ox.RdfFormat.TURTLE)
    return ox.parse(path=str(graph), format=ox.RdfFormat.from_extension(graph.suffix[1:]))
