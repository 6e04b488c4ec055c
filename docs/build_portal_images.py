"""`python docs/build_portal_images.py ADDRESS`: a picture of each kind of page of a portal that is served at ADDRESS.

What belongs here: which pages of the shipped data are shown, and how. What does not: what the pages hold.

Each picture has the page on a wide screen and on a phone, light and dark.
"""

import base64
import os
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).parent / "images"
CLUSTER = "/recurso/economia/organisation/videojuegos-madrid?lang=es"
PAGES = {
    "home": "/es/",
    "dataset": "/es/datasets/indicators",
    "table": "/es/datasets/projects/project_participants?order=project_id#rows",
    "table-api": "/en/datasets/indicators/observations/api",
    "cards": "/es/datasets/indicators/observations/cards?scope__eq=network#rows",
    "chart": "/es/datasets/indicators/views/over-time",
    "network": "/es/datasets/projects/views/joint-projects",
    "matrix": "/es/datasets/clusters/views/statuses-2020-2023",
    "entity": f"{CLUSTER}#said",
    "figures": CLUSTER,
    "entities": "/es/entities?class=project",
    "search": "/es/search?q=fintech",
    "versions": "/es/versions",
    "status": "/es/status",
    "run": "/es/runs/{run}",
    "codes": "/es/findings",
    "code": "/en/findings/rows-lost",
    "api": "/en/api",
    "sparql": "/en/sparql",
    "legal": "/es/legal",
    "accessibility": "/es/accessibility",
    "refusal": "/es/datasets/members/memberships?status__eq=almost",
}
SCREENS = (("wide", {"width": 1280, "height": 1200}), ("phone", {"width": 390, "height": 1200}))
SCHEMES = ("light", "dark")
SHEET = "<style>body{margin:0;display:flex;gap:12px;background:#888;padding:12px;width:max-content}img{height:640px}</style>"


def main(base: str) -> None:
    """Write the picture of every page. Raises playwright's errors where a page cannot be had."""
    with sync_playwright() as play:
        # Chromium refuses its sandbox to root, as which containers run.
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        [last] = httpx.get(f"{base}/v1/runs?limit=1").json()["runs"][:1]
        for name, address in PAGES.items():
            path = address.format(run=last["run"])
            shots = [_shot(browser, base + path, size, scheme) for scheme in SCHEMES for _, size in SCREENS]
            page = browser.new_page(viewport={"width": 2200, "height": 664})
            images = "".join(f'<img src="data:image/png;base64,{base64.b64encode(s).decode()}">' for s in shots)
            page.set_content(SHEET + images)
            page.locator("body").screenshot(path=IMAGES / f"portal-{name}.jpg", type="jpeg", quality=60)
            page.close()
        browser.close()


def _shot(browser: Browser, address: str, size: dict[str, int], scheme: str) -> bytes:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    out: bytes = page.screenshot()
    context.close()
    return out


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
