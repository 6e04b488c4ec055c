"""What a CKAN says in its own DCAT beside what our feed says: which properties arrive otherwise, and which do not.

What belongs here: reading both about one dataset, and comparing them property by property. What does not: putting it
right; what ckanext-dcat can be brought to say is done where fields are made.

A portal under which other portals harvest says our datasets under our IRIs, so its differences become theirs.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field

from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.metadata import Dataset
from pipelines.contracts.project import Project
from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Strict
from pipelines.describe.rdf import PREFIXES, expand
from pipelines.publish.ckan.feed import feed_graph
from pipelines.publish.ckan.journal import read_projection
from pipelines.publish.ckan.survey import portal_of
from pipelines.publish.shown import Version
from pipelines.release.index import read_index, read_release

if TYPE_CHECKING:
    from pipelines.publish.ckan.wire import Wire

How = Literal["form", "value", "missing", "added"]
SubjectKind = Literal["dataset", "distribution"]

FOLLOWED = frozenset(
    expand(name)
    for name in ("dcat:contactPoint", "dct:publisher", "dct:temporal", "dct:provenance", "dct:spatial", "spdx:checksum")
)
"""Properties whose nodes are looked into: what they say counts, whatever the node is called."""
_TYPE = expand("rdf:type")
_EXAMPLES = 3


class Lost(Strict):
    """A property that the portal says otherwise than our feed, with at most three values of each."""

    subject: SubjectKind
    property: str = Field(description="`prefix:local`; of a node that is looked into, `property/property`.")
    ours: list[str]
    theirs: list[str]
    how: How = Field(
        description="`form`: the same value in another form (a literal for an IRI, without a language, in a node "
        "without a name, with more text after it); `value`: another value; `missing`: not said; `added`: only there."
    )


class Said(NamedTuple):
    """A value: an IRI, a literal with its datatype or language, or a node without a name, which has no value."""

    kind: Literal["iri", "literal", "blank"]
    value: str
    more: str = ""


Things = dict[str, list[tuple[str, Said]]]
"""What is said of each thing, by its IRI or by the name of its node: properties by IRI, and values."""


def compare(project: Project, target: TargetFile, wire: "Wire", dataset: str) -> list[Lost]:
    """The differences between the portal's DCAT of a dataset and our feed, in the version that the portal shows.

    Distributions are compared one by one and told together. One call, which reads. Raises `FindingError`.
    """
    record = read_projection(project.store, target.id, dataset)
    name = record.name if record else portal_of(target).name_prefix + dataset
    meta = _metadata(project, dataset, record.version if record else None)
    return differences(meta, feed_graph(project, meta), _theirs(wire, f"{wire.url}/dataset/{name}.ttl"))


def differences(meta: Dataset, ours: Iterable[Any], theirs: Iterable[Any]) -> list[Lost]:
    """The differences between two graphs about `meta` and its distributions: triples or quads of pyoxigraph."""
    mine, yours = _things(ours), _things(theirs)
    found: dict[tuple[SubjectKind, str, How], tuple[list[str], list[str]]] = {}
    subjects: list[tuple[SubjectKind, str]] = [
        ("dataset", meta.iri),
        *(("distribution", d.iri) for d in meta.distributions),
    ]
    for kind, iri in subjects:
        here, there = _paths(mine, iri), _paths(yours, iri)
        for path in sorted(here.keys() | there.keys()):
            for how, said, shown in _differ(here.get(path, set()), there.get(path, set())):
                examples = found.setdefault((kind, path, how), ([], []))
                for kept, one in zip(examples, (said, shown), strict=True):
                    if one and one.value not in kept and len(kept) < _EXAMPLES:
                        kept.append(one.value)
    return [
        Lost(subject=kind, property=path, ours=ours_, theirs=theirs_, how=how)
        for (kind, path, how), (ours_, theirs_) in sorted(found.items())
    ]


def _theirs(wire: "Wire", url: str) -> list[Any]:
    """What the portal says of a dataset. A portal without ckanext-dcat answers with a page, or that it has none."""
    import pyoxigraph as ox

    from pipelines.publish.ckan.wire import NotFoundError

    try:
        content = b"".join(wire.download(url))
        return list(ox.parse(content, format=ox.RdfFormat.TURTLE))
    except (NotFoundError, SyntaxError):
        raise FindingError(finding("target-no-dcat", value=url)) from None


def _metadata(project: Project, dataset: str, version: str | None) -> Dataset:
    number = version or read_index(project.store, dataset).current or ""
    release = read_release(project.store, dataset, number)
    return Version(project.store.release(dataset, number), release, "").metadata


def _things(triples: Iterable[Any]) -> Things:
    import pyoxigraph as ox

    out: Things = {}
    for triple in triples:
        value = triple.object
        if isinstance(value, ox.Literal):
            said = Said("literal", value.value, value.language or value.datatype.value)
        else:
            said = Said("blank" if isinstance(value, ox.BlankNode) else "iri", value.value)
        out.setdefault(triple.subject.value, []).append((triple.predicate.value, said))
    return out


def _paths(things: Things, iri: str) -> dict[str, set[Said]]:
    """The values of each property of a thing, and of the nodes that are looked into."""
    out: dict[str, set[Said]] = {}
    for predicate, said in things.get(iri, []):
        name = _short(predicate)
        # A node without a name has a new one in each answer.
        out.setdefault(name, set()).add(Said("blank", "") if said.kind == "blank" else said)
        if predicate in FOLLOWED and said.kind != "literal":
            for inner, value in things.get(said.value, []):
                if inner != _TYPE:
                    out.setdefault(f"{name}/{_short(inner)}", set()).add(value)
    return out


def _differ(ours: set[Said], theirs: set[Said]) -> Iterator[tuple[How, Said | None, Said | None]]:
    """What differs between two sets of values, paired where one means the other."""
    left, right = sorted(ours - theirs), sorted(theirs - ours)
    for one in list(left):
        twin = next((other for other in right if _means(one, other)), None)
        if twin:
            left.remove(one)
            right.remove(twin)
            yield "form", one, twin
    if len(left) == len(right) == 1:
        yield "value", left.pop(), right.pop()
    yield from (("missing", one, None) for one in left)
    yield from (("added", None, other) for other in right)


def _means(ours: Said, theirs: Said) -> bool:
    """Whether the portal's value is ours in another form."""
    if theirs.kind == "blank":
        return ours.kind == "iri"
    if ours.value == theirs.value:
        return True
    if ours.kind == "iri" and theirs.kind == "literal":
        # The code of a table (`…/file-type/CSV`) or a registered name (`…/media-types/text/csv`) by itself.
        return bool(theirs.value) and ours.value.lower().endswith(f"/{theirs.value.lower()}")
    return (
        ours.kind == theirs.kind == "literal" and len(ours.value) > 1 and ours.value in theirs.value.split("\n\n")[:2]
    )


def _short(iri: str) -> str:
    fits = (f"{prefix}:{iri.removeprefix(start)}" for prefix, start in PREFIXES.items() if iri.startswith(start))
    return next(fits, iri)
