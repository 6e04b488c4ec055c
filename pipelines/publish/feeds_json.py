"""A feed as JSON Feed.

What belongs here: JSON Feed 1.1, and what it has no word for. What does not: what a feed tells, which is `feeds`.
"""

from typing import Any

from pipelines.contracts.files import pretty_json
from pipelines.contracts.text import LANGS
from pipelines.publish.feeds import JSON, Entry, Feed, moment

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed: an item for each published version.

    The format has no deleted entries, so a version that is withdrawn is no item any more and stands in `_withdrawn`, an
    extension as the format lets one make (its name begins with `_`).
    """
    told = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.here,
        "feed_url": feed.here + JSON,
        "description": feed.subtitle,
        "authors": [{"name": feed.author, "url": feed.homepage}],
        "language": LANGS[0],
        "items": [_item(e) for e in feed.entries],
        "_withdrawn": {
            "versions": [
                {"id": g.id, "url": g.page, "date_withdrawn": moment(g.withdrawn), "reason": g.reason}
                for g in feed.gone
            ]
        },
    }
    return pretty_json(told).encode()


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.page,
        "title": entry.title,
        # The format asks for a text of each item.
        "content_text": entry.changes or entry.title,
        "date_published": moment(entry.published),
        "tags": [entry.dataset],
        "attachments": [{"url": entry.package, "mime_type": "application/json", "title": "Data Package"}],
    }
