"""A CKAN as a target: survey, plan, apply, verify.

What belongs here: projecting releases onto a CKAN through its action API. What does not: the embedded portal, and
what a release is.
"""

from pipelines.publish.ckan.apply import apply_target
from pipelines.publish.ckan.erase import out_of_reach, purge_dataset
from pipelines.publish.ckan.plan import plan_target
from pipelines.publish.ckan.verify import verify_target

__all__ = ["apply_target", "out_of_reach", "plan_target", "purge_dataset", "verify_target"]
