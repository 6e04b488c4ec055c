"""The signature of a message to a webhook: Standard Webhooks 1.0, symmetric keys.

What belongs here: reading the secret, and the headers that it signs. What does not: sending.
"""

import base64
import hashlib
import hmac
import stat

from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import Notice

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
"""How long a key may be (Standard Webhooks, Signature scheme)."""


def read_keys(project: Project) -> list[bytes]:
    """The keys of `webhook_secret_file`, which sign each message; several while one replaces another.

    Raises `FindingError` where the file is missing, is no such file, or can be read or written by every account.
    """
    setting = project.settings.webhook_secret_file
    if setting is None:
        raise FindingError(finding("webhook-secret-missing", params={"reason": "webhook_secret_file"}))
    path = project.root / setting
    try:
        mode, lines = path.stat().st_mode, path.read_text(encoding="utf-8", errors="replace").split()
    except OSError as error:
        raise FindingError(finding("webhook-secret-missing", params={"reason": f"{path}: {error.strerror}"})) from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise FindingError(finding("webhook-secret-open", params={"path": path}))
    keys = [_key(line) for line in lines]
    if not keys or not all(keys):
        raise FindingError(finding("webhook-secret-invalid", params={"path": path}))
    return keys


def _key(line: str) -> bytes:
    """The key of one line; empty if it is none."""
    try:
        key = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return b""
    return key if line.startswith(_PREFIX) and len(key) in _KEY_BYTES else b""


def signed(notice: Notice, keys: list[bytes], moment: int) -> dict[str, str]:
    """The headers of one attempt at `moment`, in seconds since 1970: `v1,` and the HMAC-SHA256 of each key."""
    content = f"{notice.id}.{moment}.{notice.body}".encode()
    marks = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": notice.id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in marks),
        "content-type": "application/json",
    }
