"""The ontology of the project: `vocab/ontology.yaml`, the terms that no standard has.

What belongs here: the typed model of the file, and the namespace that its terms live in. What does not: the Turtle
made of it, which is `linked.vocabulary`, and the mappings that use it, which stand in the dataset files.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.contracts.mapping import NAME, RDF_PREFIXES
from pipelines.contracts.text import Strict, Text, WebAddress

ONTOLOGY_FILE = "ontology.yaml"
TermKind = Literal["class", "object-property", "datatype-property"]
Name = Annotated[str, Field(pattern=NAME)]


class Term(Strict):
    """One class or property, with what it means and the standard terms beside it."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", description="Name after the prefix; never used for another.")
    kind: TermKind = Field(description="`class`, `object-property` (its values are IRIs) or `datatype-property`.")
    labels: Text = Field(description="Label in both languages.")
    definitions: Text = Field(description="What it means, and what it does not, in both languages.")
    sub_class_of: list[Name] = Field(default_factory=list, description="Wider classes, as `prefix:name`.")
    sub_property_of: list[Name] = Field(default_factory=list, description="Wider properties, as `prefix:name`.")
    close_match: list[Name] = Field(default_factory=list, description="Nearest terms that are neither wider nor equal.")
    see_also: list[WebAddress] = Field(default_factory=list, description="Pages that explain it.")
    domain: Name | None = Field(default=None, description="Class of what a property speaks of.")
    range: Name | None = Field(default=None, description="Class or datatype of the values of a property.")

    @model_validator(mode="after")
    def _words_of_its_kind(self) -> "Term":
        is_class = self.kind == "class"
        if is_class and (self.sub_property_of or self.domain or self.range):
            raise ValueError(f"{self.id}: a class has no wider property, no domain and no range")
        if not is_class and self.sub_class_of:
            raise ValueError(f"{self.id}: a property has no wider class")
        if is_class != self.id[0].isupper():
            raise ValueError(f"{self.id}: a class begins with a capital, a property with a small letter")
        return self

    @property
    def named(self) -> list[str]:
        """The terms, as `prefix:name`, that it is aligned to."""
        ends = [name for name in (self.domain, self.range) if name]
        return [*self.sub_class_of, *self.sub_property_of, *self.close_match, *ends]


class Ontology(Strict):
    """The ontology: one namespace under `uri_base`, and its terms."""

    prefix: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="Short name of the namespace, for example `clu`.")
    path: str = Field(
        pattern=r"^/[A-Za-z0-9/_.-]*[A-Za-z0-9_-][#/]$",
        description="The namespace under `uri_base`, for example `/vocab/cluster#`.",
    )
    titles: Text = Field(description="Title in both languages.")
    descriptions: Text = Field(description="What it is for, in both languages.")
    version: date = Field(description="Date of this version, ISO.")
    terms: list[Term] = Field(min_length=1, description="Its classes and properties.")

    @model_validator(mode="after")
    def _names(self) -> "Ontology":
        if self.prefix in RDF_PREFIXES:
            raise ValueError(f"the prefix {self.prefix} is that of a standard")
        ids = [term.id for term in self.terms]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"defined twice: {', '.join(twice)}")
        known = {*RDF_PREFIXES, self.prefix}
        for term in self.terms:
            for name in term.named:
                prefix, local = name.split(":", 1)
                if prefix not in known:
                    raise ValueError(f"{term.id}: no prefix {prefix}")
                if prefix == self.prefix and local not in ids:
                    raise ValueError(f"{term.id}: no term {name}")
        return self

    @cached_property
    def ids(self) -> frozenset[str]:
        """The names of its terms, without the prefix."""
        return frozenset(term.id for term in self.terms)

    def namespace(self, uri_base: str) -> str:
        """The namespace of its terms."""
        return uri_base + self.path

    def iri(self, uri_base: str) -> str:
        """The IRI of the ontology itself: its namespace without the last sign."""
        return self.namespace(uri_base)[:-1]


def prefixes(ontology: Ontology | None, uri_base: str) -> dict[str, str]:
    """The namespaces that a mapping may use, by prefix: those of the standards and that of the project's own ontology."""
    own = {ontology.prefix: ontology.namespace(uri_base)} if ontology else {}
    return {**RDF_PREFIXES, **own}
