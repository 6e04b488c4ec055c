"""The process that answers SPARQL: it holds the graph of one edition and makes a child for each query.

What belongs here: loading, the limits that the kernel keeps, and the frames on stdin and stdout. What does not: which
query may be asked and what is answered, which is `sparql`, which starts this file by its path: it imports nothing of ours.

`python sparql_worker.py DUMP SECONDS MEMORY ANSWER` loads the gzipped N-Triples at DUMP. A frame is its length (4 bytes,
big endian) and JSON. First it writes a frame `{"triples": n}`. It then reads frames `{"query", "base", "results",
"graphs"}`, where the last two are the suffix of the wanted format or null, and writes for each a frame `{"outcome",
"length", "message"}` and so many bytes. It ends when stdin does.

`outcome`: `results`, `graphs` (what kind of answer the bytes are), `unwanted` (that kind has no wanted format), `syntax`,
`outside` (something outside of the process was wanted), `failed`, `size`, `time`, `memory` or `depth`.

A child shares the graph with its parent and nothing else, so a query that ends badly ends only itself. It has SECONDS of
real time and MEMORY bytes of addresses, may open no file and no socket, and leaves its answer, of ANSWER bytes at most,
in memory that both see.
"""

import gzip
import json
import mmap
import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
HEAD = 4096
"""Bytes of the shared memory in which the child says how it went; the answer comes after them."""
MESSAGE = 300
"""The longest message, in characters."""
_ENDED = {signal.SIGALRM: "time", signal.SIGABRT: "memory", signal.SIGKILL: "memory", signal.SIGSEGV: "depth"}
"""What the signal that ended a child says of its query: Rust aborts when memory is refused."""


class TooLargeError(Exception):
    """The answer has more bytes than an answer may have."""


class Shared:
    """The memory that the parent and its children see; written as a file by `serialize`."""

    def __init__(self, size: int) -> None:
        self.memory = mmap.mmap(-1, HEAD + size)
        self.size = size
        self.length = 0
        self.full = False

    def write(self, data: bytes) -> int:
        """Add to the answer. Raises `TooLargeError`."""
        end = self.length + len(data)
        if end > self.size:
            self.full = True
            raise TooLargeError
        self.memory[HEAD + self.length : HEAD + end] = data
        self.length = end
        return len(data)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def say(self, outcome: str, message: str = "") -> None:
        """Leave for the parent how it went."""
        told = {"outcome": outcome, "length": self.length, "message": message[:MESSAGE]}
        data = json.dumps(told).encode()
        self.memory[: len(data) + 1] = data + b"\n"

    def told(self) -> dict[str, Any]:
        """What a child left."""
        out: dict[str, Any] = json.loads(self.memory[: self.memory.find(b"\n")])
        return out


def load(path: str) -> ox.Store:
    """The graph in the gzipped N-Triples at `path`, in memory."""
    store = ox.Store()
    # `bulk_load` may start threads, which a child would not have.
    with gzip.open(path) as stream:
        store.load(cast("IO[bytes]", stream), format=ox.RdfFormat.N_TRIPLES)
    return store


def confine(memory: int) -> None:
    """Let the kernel refuse from now on memory above `memory` bytes, and every new file, socket and dump."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def evaluate(store: ox.Store, asked: dict[str, Any], shared: Shared) -> None:
    """Answer one query into `shared`; whatever goes wrong is said there."""
    try:
        found = store.query(asked["query"], base_iri=asked["base"])
        out = cast("IO[bytes]", shared)
        kind = "graphs" if isinstance(found, ox.QueryTriples) else "results"
        if asked[kind] is None:
            shared.say("unwanted", kind)
            return
        if isinstance(found, ox.QueryTriples):
            found.serialize(out, GRAPHS[asked[kind]])
        else:
            found.serialize(out, RESULTS[asked[kind]])
        shared.say(kind)
    except SyntaxError as error:
        shared.say("syntax", str(error))
    except MemoryError:
        shared.say("memory")
    except Exception as error:
        shared.length = 0
        shared.say("size" if shared.full else "outside" if isinstance(error, OSError) else "failed", str(error))


def asked_child(store: ox.Store, asked: dict[str, Any], shared: Shared, seconds: float) -> dict[str, Any]:
    """How a query went, asked in a child that the kernel ends after `seconds`."""
    shared.say("failed")
    child = os.fork()
    if child == 0:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            evaluate(store, asked, shared)
        finally:
            os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        return {"outcome": _ENDED.get(signal.Signals(-code), "failed"), "length": 0, "message": ""}
    return shared.told()


def read_frame() -> dict[str, Any] | None:
    """The next frame of stdin; None at its end."""
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return None
    out: dict[str, Any] = json.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))
    return out


def write_frame(told: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Write a frame and the bytes that follow it."""
    data = json.dumps(told).encode()
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def main(dump: str, seconds: float, memory: int, answer: int) -> None:
    """Load, and answer until stdin ends."""
    # The alarm of a child must not be lost to what the one that started us keeps out.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.nice(5)
    # If memory is short this process is to be ended, and not the portal.
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    store = load(dump)
    shared = Shared(answer)
    confine(memory)
    write_frame({"triples": len(store)})
    while (asked := read_frame()) is not None:
        told = asked_child(store, asked, shared, seconds)
        length = told["length"]
        with memoryview(shared.memory) as seen, seen[HEAD : HEAD + length] as body:
            write_frame(told, body)
        if length > mmap.PAGESIZE:
            # The system gets back what a large answer took.
            shared.memory.madvise(mmap.MADV_REMOVE)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
