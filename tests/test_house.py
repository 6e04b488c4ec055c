"""The rules of the house that no linter knows: what may stand in the files of this project."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from pipelines.contracts.findings import Finding, catalogue
from pipelines.contracts.settings import Settings
from pipelines.contracts.text import LANGS
from pipelines.contracts.vocab import CONCEPTS_FILE, SCHEMES_FILE
from tests.facts.shipped import DATASETS, SOURCES

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for part in ("pipelines", "portal") for path in (ROOT / part).rglob("*.py"))
LONGEST = 350
LOCKS = ("requirements.txt", "requirements-dev.txt")
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "crates" + ".io",
    "proxy.go" + "lang.org",
    "maven" + ".org",
    "deb.deb" + "ian.org",
    "conda" + ".anaconda.org",
    "docker" + ".io",
    "gh" + "cr.io",
    "quay" + ".io",
]
"""Hosts of package registries; each is written in two pieces, for this file is looked at too."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tracked() -> list[Path]:
    """The files that git keeps."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nobody knows which files belong to the project")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / file for file in listed.decode().split("\0") if file and (ROOT / file).is_file()]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def strings(path: Path) -> Iterator[ast.Constant]:
    """The texts of a module that are values; docstrings are not."""
    statements = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node


def raised(path: Path) -> Iterator[tuple[str, int]]:
    """The codes that calls of `finding` name outright, with their lines."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "finding":
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value, node.lineno


def pins(lock: str) -> dict[str, str]:
    """The version (and marker) that a lock file gives each package."""
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(.+?) \\$", (ROOT / lock).read_text(), re.M))


def test_no_file_names_the_host_of_a_package_registry() -> None:
    hosts = re.compile("|".join(map(re.escape, REGISTRIES)).encode())
    assert [name(path) for path in tracked() if hosts.search(path.read_bytes())] == []


def test_no_file_that_is_made_is_kept_in_git() -> None:
    made = re.compile(
        r"^store/|(^|/)(\.venv[^/]*|\.ckan[^/]*|__pycache__|[^/]+\.egg-info|\.coverage[^/]*|htmlcov)(/|$)"
    )
    assert [name(path) for path in tracked() if made.search(name(path))] == []


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_a_lock_pins_each_package_to_one_version_with_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    whole = re.compile(
        r"[a-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; [^\\]+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+( +#.*\n?)*"
    )
    assert [entry.split("\n")[0] for entry in entries if not whole.fullmatch(entry + "\n")] == []


def test_the_lock_for_development_holds_the_other_one_whole() -> None:
    run, dev = (pins(lock) for lock in LOCKS)
    assert {package: dev.get(package) for package in run} == run


def test_every_dependency_that_is_named_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(project["dependencies"]) | set(extras["build"]) <= set(pins(LOCKS[0]))
    assert set(extras["dev"]) <= set(pins(LOCKS[1]))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_belongs_in_it_and_what_does_not(path: Path) -> None:
    said = ast.get_docstring(tree(path)) or ""
    assert re.search(r"belongs?\s+here", said), "the docstring does not say what belongs here"
    assert re.search(r"does\s+not|nothing\s+that", said), "the docstring does not say what does not belong here"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    unknown = [f"{name(p)}:{line}: {code}" for p in MODULES for code, line in raised(p) if code not in catalogue()]
    assert unknown == []


def test_every_code_of_the_catalogue_is_used() -> None:
    used = {node.value for path in MODULES for node in strings(path)}
    assert sorted(set(catalogue()) - used) == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_both_languages_of_a_message_fill_in_the_same_places(code: str) -> None:
    message = catalogue()[code]
    for text in (message.what, message.do):
        places = [set(re.findall(r"\{(\w+)\}", text.get(lang))) for lang in LANGS]
        assert places[0] == places[1]


def test_a_message_names_only_places_that_something_fills_in() -> None:
    filled = set(Finding.model_fields)
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Dict):
                filled |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
            elif isinstance(node, ast.Call):
                filled |= {word.arg for word in node.keywords if word.arg}
    texts = {code: f"{m.what.es} {m.what.en} {m.do.es} {m.do.en}" for code, m in catalogue().items()}
    unknown = {code: set(re.findall(r"\{(\w+)\}", text)) - filled for code, text in texts.items()}
    assert {code: places for code, places in unknown.items() if places} == {}


def test_the_code_knows_no_dataset_no_table_and_no_source() -> None:
    # Those that ship: an operator may call a dataset by any word, one of the code's own among them.
    files = [p for name in DATASETS if (p := ROOT / "schemas" / f"{name}.yaml").is_file()]
    tables = {r["name"] for p in files for r in yaml.safe_load(p.read_text(encoding="utf-8"))["resources"]}
    known = sorted({*DATASETS, *SOURCES} | tables)
    words = re.compile(rf"(?:^|/)(?:{'|'.join(map(re.escape, known))})(?:$|[/.])")
    # A setting and the two files of vocab/ share their names with what they hold.
    ours = {*Settings.model_fields, SCHEMES_FILE, CONCEPTS_FILE}
    values = [(p, s) for p in MODULES for s in strings(p) if s.value not in ours]
    assert [f"{name(p)}:{s.lineno}: {s.value}" for p, s in values if words.search(s.value)] == []


@pytest.mark.parametrize("module", ["pipelines.cli", "pipelines.line"])
def test_the_steps_do_not_need_dagster(module: str) -> None:
    asked = f"import sys, {module}; sys.exit('dagster' in sys.modules)"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
