"""The two accounts of a CKAN on one's own machine; prints the new token of one of them.

    accounts.py sysadmin CKAN.INI < PASSWORD   through CKAN's own code, before it serves
    accounts.py editor ADDRESS < ADMIN-TOKEN   over the API: an organisation, and a user who is editor of it and no more

Run with the Python of that CKAN. Both may be repeated; passwords and tokens go over the standard streams alone.
"""

import json
import secrets
import sys
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ORGANIZATION = {"name": "economia", "title": "Economía"}
EDITOR = "pipeline"


def sysadmin(ini: str, password: str) -> str:
    """The token of the sysadmin `admin`, who is made if there is none."""
    from ckan import model
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app
    from ckan.plugins.toolkit import get_action

    app = make_app(CKANConfigLoader(ini).get_config())
    with app._wsgi_app.test_request_context():
        site = {"ignore_auth": True, "user": get_action("get_site_user")({"ignore_auth": True}, {})["name"]}
        if model.User.get("admin") is None:
            get_action("user_create")(dict(site), {"name": "admin", "email": "admin@example.org", "password": password})
        user = model.User.get("admin")
        user.sysadmin = True
        user.password = password
        model.repo.commit_and_remove()
        return str(get_action("api_token_create")({"ignore_auth": True}, {"user": "admin", "name": "admin"})["token"])


def editor(url: str, token: str) -> str:
    """The token of the user `pipeline`, who is editor of the one organisation; what is there already is taken."""

    def call(action: str, missing: bool = False, **data: Any) -> Any:
        request = Request(f"{url}/api/3/action/{action}", json.dumps(data).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", token)
        try:
            with urlopen(request, timeout=120) as answer:
                return json.load(answer)["result"]
        except HTTPError as error:
            if missing and error.code == 404:
                return None
            raise SystemExit(f"{action}: {error.code} {error.read().decode(errors='replace')[:1000]}") from None

    if call("organization_show", missing=True, id=ORGANIZATION["name"]) is None:
        call("organization_create", **ORGANIZATION)
    if call("user_show", missing=True, id=EDITOR) is None:
        call("user_create", name=EDITOR, email="pipeline@example.org", password=secrets.token_urlsafe(24))
    call("organization_member_create", id=ORGANIZATION["name"], username=EDITOR, role="editor")
    return str(call("api_token_create", user=EDITOR, name=EDITOR)["token"])


if __name__ == "__main__":
    what, where = sys.argv[1:]
    print({"sysadmin": sysadmin, "editor": editor}[what](where, sys.stdin.read().strip()))
