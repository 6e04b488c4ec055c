"""Describe: facts become metadata.

What belongs here: filling the typed model of `contracts.metadata` from the files and the facts of a
release, and writing it as DCAT, Data Package, CSV on the Web, schema.org and citations. What does not: judging whether it is
complete or right, which is `check`, and putting it anywhere, which is `release` and `publish`.
"""

from pipelines.describe.citation import apa, citations
from pipelines.describe.csvw import csvw_metadata
from pipelines.describe.datapackage import package_descriptor, resource_schema, schema_texts
from pipelines.describe.dcat import dataset_graph, dcat_graph, listing_graph
from pipelines.describe.model import ReleaseFacts, describe_catalogue, describe_dataset, table_period
from pipelines.describe.rdf import serialize
from pipelines.describe.schemaorg import schema_org

__all__ = [
    "ReleaseFacts",
    "apa",
    "citations",
    "csvw_metadata",
    "dataset_graph",
    "dcat_graph",
    "describe_catalogue",
    "describe_dataset",
    "listing_graph",
    "package_descriptor",
    "resource_schema",
    "schema_org",
    "schema_texts",
    "serialize",
    "table_period",
]
