"""A real browser for the tests of pages: Chromium, and a tab that hears every complaint."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = "/usr/bin/chromium"

needs_chromium = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not there")


@contextmanager
def opened_browser() -> Iterator[Any]:
    """Chromium without a window; skips where playwright is not installed."""
    with pytest.importorskip("playwright.sync_api").sync_playwright() as play:
        # Chromium refuses its sandbox to root, as which containers run.
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


@contextmanager
def tab(chromium: Any, base: str, **how: Any) -> Iterator[Any]:
    """A page; fails on any complaint of the browser and on any request to another host."""
    context = chromium.new_context(base_url=base, **how)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if "status of 404" not in m.text else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("request", lambda r: complaints.append(r.url) if urlsplit(r.url).netloc != urlsplit(base).netloc else None)
    yield page
    context.close()
    assert complaints == []
