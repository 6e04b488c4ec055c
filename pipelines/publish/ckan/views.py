"""The preview of a table on the page of its resource.

What belongs here: asking for CKAN's own table view where the portal has one. What does not: the views that people
made, which stay.
"""

from pipelines.publish.ckan.model import Wanted
from pipelines.publish.ckan.session import Visit
from pipelines.publish.ckan.wire import LostError

_TABLE_VIEW = "datatables_view"
"""The view of a DataStore table that comes with CKAN."""


def add_views(here: Visit, wanted: Wanted, tables: list[str]) -> None:
    """Give the resource of each of `tables` a preview, unless it has one. Raises `FindingError`."""
    if _TABLE_VIEW not in here.survey.plugins:
        return
    for name in tables:
        resource = wanted.tables[name].resource
        if here.wire.ask("resource_view_list", id=resource):
            continue
        view = {"resource_id": resource, "title": "Tabla", "view_type": _TABLE_VIEW}
        try:
            here.wire.do("resource_view_create", view)
        except LostError:
            # Called again it might make a second one; the list tells.
            if not here.wire.ask("resource_view_list", id=resource):
                raise
