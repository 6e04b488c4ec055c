"""What `make` does before anything is installed: the environment is made once, and what is missing is said."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-csvw.txt")
MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="there is no make on this machine")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with what `make` reads, and stamps as if everything were installed."""
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)
    later = time.time() + 10
    for stamp in (".venv/.made", ".venv/.run", ".venv/.dev", ".venv-csvw/.made"):
        path = tmp_path / stamp
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (later, later))
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    return subprocess.run([str(MAKE), "-C", str(folder), *words], env=clean, capture_output=True, text=True)


def fake_python(folder: Path, lines: str) -> str:
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$*" in\n{lines}\nesac\n')
    path.chmod(0o755)
    return str(path)


def newer(path: Path) -> None:
    later = time.time() + 20
    os.utime(path, (later, later))


def test_a_python_that_is_too_old_is_named_with_its_version(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    old = fake_python(project, "*version_info*) exit 1;;\n-V) echo Python 3.9.2;;")
    done = make(project, f"PYTHON={old}", "publish")
    assert done.returncode != 0
    assert "Python 3.9.2" in done.stdout
    assert "3.11" in done.stdout
    assert not (project / ".venv").exists()


def test_a_python_without_venv_is_told_how_to_get_it(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    done = make(project, f"PYTHON={fake_python(project, '*ensurepip*) exit 1;;')}", "test")
    assert done.returncode != 0
    assert "python3-venv" in done.stdout


def test_a_python_that_is_not_there_is_said_to_be_missing(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    done = make(project, "PYTHON=no-such-python", "publish")
    assert done.returncode != 0
    assert "no-such-python was not found" in done.stdout


@pytest.mark.parametrize("target", ["publish", "test", "lint", "dagster", "bench", "docs"])
def test_what_is_installed_is_not_installed_again(project: Path, target: str) -> None:
    done = make(project, "-n", target)
    assert done.returncode == 0
    assert "pip install" not in done.stdout


@pytest.mark.parametrize(("target", "lock"), list(zip(("publish", "test", "test"), LOCKS, strict=True)))
def test_a_changed_lock_is_installed_with_its_hashes(project: Path, target: str, lock: str) -> None:
    newer(project / lock)
    assert f"--require-hashes -r {lock}" in make(project, "-n", target).stdout


def test_publishing_needs_nothing_that_only_developers_use(project: Path) -> None:
    for lock in LOCKS[1:]:
        newer(project / lock)
    shutil.rmtree(project / ".venv-csvw")
    assert "pip install" not in make(project, "-n", "publish").stdout


def test_clean_leaves_the_store_and_its_releases(project: Path) -> None:
    kept = project / "store" / "releases" / "__pycache__"
    kept.mkdir(parents=True)
    (project / "__pycache__").mkdir()
    assert make(project, "clean").returncode == 0
    assert kept.exists()
    assert not list(project.glob(".venv*"))
    assert not (project / "__pycache__").exists()


def test_every_lock_is_made_again_at_once(project: Path) -> None:
    assert re.findall(r"-o (\S+)", make(project, "-n", "lock").stdout) == list(LOCKS)


def test_the_pins_are_not_made_again_without_the_tool_for_it(project: Path) -> None:
    tools = project / "bin"
    tools.mkdir()
    for tool in ("sh", "make"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [str(tools / "make"), "lock"], cwd=project, env={"PATH": str(tools)}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "needs uv" in done.stdout
