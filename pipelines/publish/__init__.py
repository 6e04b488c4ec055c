"""The room that shows editions on portals: plan, apply, verify.

What belongs here: the embedded portal, a tree of files that any web host can serve. What does not: the
making of releases and editions, or the API.
"""

from pipelines.publish.portal import Published, publish_portal, take_down
from pipelines.publish.verify import verify_portal
from pipelines.publish.webhooks import Sent

__all__ = ["Published", "Sent", "publish_portal", "take_down", "verify_portal"]
