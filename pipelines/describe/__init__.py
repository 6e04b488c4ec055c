"""Describe: facts become metadata.

What belongs here: filling the typed model of `contracts.metadata` from the files and the facts of a
release, and writing it as DCAT, Data Package and schema.org. What does not: judging whether it is
complete or right, which is `check`, and putting it anywhere, which is `release` and `publish`.
"""

from pipelines.describe.datapackage import package_descriptor, resource_schema
from pipelines.describe.dcat import dcat_graph
from pipelines.describe.model import ReleaseFacts, describe_catalogue, describe_dataset, table_period
from pipelines.describe.rdf import serialize
from pipelines.describe.schemaorg import schema_org

__all__ = [
    "ReleaseFacts",
    "dcat_graph",
    "describe_catalogue",
    "describe_dataset",
    "package_descriptor",
    "resource_schema",
    "schema_org",
    "serialize",
    "table_period",
]
