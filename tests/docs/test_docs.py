"""The documentation says what the code does: commands, settings, finding codes, targets of make, links."""

import importlib.util
import re
import types
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contracts.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = DOCS / "commands.md"
PROSE = [p for p in PAGES if p.parent.name != "findings"]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def outside_code(markdown: str) -> str:
    """The text without fenced and indented blocks, where nothing is a link or a heading."""
    markdown = re.sub(r"^```.*?^```", "", markdown, flags=re.M | re.S)
    return re.sub(r"^(?: {4}|\t)(?![-*\d]).*$", "", markdown, flags=re.M)


def anchors(path: Path) -> set[str]:
    """The anchors that a heading of a page gets where it is shown."""
    out = set()
    for heading in re.findall(r"^#+ +(.+?) *$", outside_code(text(path)), re.M):
        out.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return out


def links(path: Path) -> list[str]:
    """The relative links and pictures of a page."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", outside_code(text(path))))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@cache
def commands() -> dict[str, Any]:
    """The commands of the program by their words after `opendata`, those of groups among them."""
    import typer.main

    from pipelines.cli import app

    return dict(walk(typer.main.get_command(app), ()))


def walk(command: Any, words: tuple[str, ...]) -> Any:
    if words:
        yield " ".join(words), command
    for word, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*words, word))


def sections() -> dict[str, str]:
    """The sections of the page of commands, by command."""
    parts = re.split(r"^## `opendata ([a-z -]+)`$", text(COMMANDS), flags=re.M)
    return {word: re.split(r"^## ", body, flags=re.M)[0] for word, body in zip(parts[1::2], parts[2::2], strict=True)}


def section_of(words: str) -> str:
    """The section of a command; a command of a group may stand in the section of its group."""
    found = sections()
    return found.get(words) or found.get(words.split()[0], "")


def shared() -> set[str]:
    """The options that the page says all commands have."""
    return set(re.findall(r"^\| `(--[a-z][a-z0-9-]*)`", text(COMMANDS).partition("\n## ")[0], re.M))


def options(command: Any) -> set[str]:
    """The long options of a command but `--help` and those of the shell's completion."""
    every = {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")}
    return every - {"--help", "--install-completion", "--show-completion"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_of_the_docs_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            dead.append(link)
    assert dead == []


def test_the_index_leads_to_every_page_of_the_docs() -> None:
    index = DOCS / "index.md"
    reached = {index, *((DOCS / link.partition("#")[0]).resolve() for link in links(index))}
    assert [name(page) for page in PROSE if page.is_relative_to(DOCS) and page not in reached] == []


def test_every_command_has_a_section() -> None:
    assert [words for words in commands() if not section_of(words)] == []


def test_every_section_is_of_a_command_that_exists() -> None:
    assert set(sections()) - set(commands()) == set()


def test_every_option_of_a_command_is_in_its_section() -> None:
    missing = {}
    for words, command in commands().items():
        documented = shared() | set(re.findall(r"--[a-z][a-z0-9-]*", section_of(words)))
        if absent := options(command) - documented:
            missing[words] = sorted(absent)
    assert missing == {}


def test_no_section_has_an_option_that_its_command_lacks() -> None:
    unknown = {}
    for word, body in sections().items():
        real = set().union(*(options(c) for words, c in commands().items() if words.split()[0] == word))
        if extra := set(re.findall(r"`(--[a-z][a-z0-9-]*)`", body)) - real:
            unknown[word] = sorted(extra)
    assert unknown == {}


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_the_docs_name_only_commands_that_exist(page: Path) -> None:
    named = set(re.findall(r"(?:`|^    |bin/)opendata ([a-z]+)", text(page), re.M))
    assert named - {words.split()[0] for words in commands()} == set()


@pytest.mark.parametrize("page", [*PROSE, ROOT / ".ci" / "run"], ids=name)
def test_the_docs_name_only_targets_of_make_that_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.M))
    named = re.findall(r"(?:`|^    |^)make ((?:[a-z-]+ ?)+)(?:`|$|  )", text(page), re.M)
    assert {word for words in named for word in words.split()} - targets == set()


def test_make_says_what_each_of_its_targets_does() -> None:
    makefile = text(ROOT / "Makefile")
    described = set(re.findall(r'@echo "make ([a-z-]+) ', makefile))
    assert described == set(re.findall(r"^([a-z-]+):", makefile, re.M)) - {"help"}


@pytest.mark.parametrize("knob", sorted(Settings.model_fields))
def test_every_setting_is_documented(knob: str) -> None:
    page = text(DOCS / "settings.md")
    assert f"OPENDATA_{knob.upper()}" in page or f"`{knob}`" in page


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_the_docs_name_only_settings_that_exist(page: Path) -> None:
    known = {f"OPENDATA_{knob.upper()}" for knob in Settings.model_fields}
    # The token of a CKAN is no setting: `TargetFile.token_name`.
    known |= {"OPENDATA_CKAN_TOKEN", "OPENDATA_CKAN_TOKEN_FILE"}
    assert set(re.findall(r"\bOPENDATA_[A-Z_]*[A-Z]\b", text(page))) - known == set()


@cache
def build_findings() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("build_findings", DOCS / "build_findings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_of_the_finding_codes_are_those_that_make_docs_writes() -> None:
    written = {path.name: text(path) for path in (DOCS / "findings").glob("*.md")}
    wanted = build_findings().pages()
    stale = [page for page in {*written, *wanted} if written.get(page) != wanted.get(page)]
    assert sorted(stale) == [], "run `make docs`"


def test_make_docs_removes_the_page_of_a_code_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("# gone\n")
    build_findings().write(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(build_findings().pages())


def test_a_page_of_a_finding_code_holds_both_languages_and_fills_no_place() -> None:
    codes = [yaml.safe_load(p.read_text()) for p in (ROOT / "pipelines/contracts/messages").glob("*.yaml")]
    for code in (code for file in codes for code in file):
        page = build_findings().pages()[f"{code}.md"]
        assert "## Español" in page
        assert "## English" in page
        assert not re.search(r"\{\w+\}", page)


def test_the_exit_codes_are_the_same_on_both_pages_that_list_them() -> None:
    lists = [re.findall(r"^\| (\d) \| ", text(DOCS / page), re.M) for page in ("commands.md", "operate.md")]
    assert lists[0] == lists[1] == [str(n) for n in range(9)]


def test_every_command_names_its_exit_codes() -> None:
    assert [words for words, body in sections().items() if not re.search(r"^Exit codes: \d", body, re.M)] == []
