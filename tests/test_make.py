"""What `make` does before anything is installed: the environment is made once, and what is missing is said."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-csvw.txt", "requirements-datasette.txt")
CKAN_LOCKS = ("requirements-ckan.txt", "requirements-ckan-2.11.txt", "requirements-ckan-xloader.txt")
STACK = ROOT / "deploy" / "ckan"
BASH = shutil.which("bash")
MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="there is no make on this machine")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with what `make` reads, and stamps as if everything were installed."""
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)
    later = time.time() + 10
    for stamp in (".venv/.made", ".venv/.run", ".venv/.dev", ".venv-csvw/.made", ".venv-datasette/.made"):
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


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (3, 0), (4, 2)])
def test_serving_publishes_first_where_nothing_is_published_and_only_there(
    project: Path, code: int, ended: int
) -> None:
    program = project / ".venv" / "bin" / "opendata"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> calls\nif [ "$1" = publish ]; then exit {code}; fi\n')
    program.chmod(0o755)
    assert make(project, "serve").returncode == ended
    served = ["serve"] if not ended else []
    assert (project / "calls").read_text().split() == ["publish", *served]
    (project / "store").mkdir()
    (project / "store" / "portal").symlink_to("editions")
    (project / "calls").unlink()
    assert make(project, "serve").returncode == 0
    assert (project / "calls").read_text().split() == ["serve"]


@pytest.mark.parametrize("target", ["publish", "serve", "test", "test-ckan", "lint", "dagster", "bench", "docs"])
def test_what_is_installed_is_not_installed_again(project: Path, target: str) -> None:
    done = make(project, "-n", target)
    assert done.returncode == 0
    assert "pip install" not in done.stdout


@pytest.mark.parametrize(("target", "lock"), list(zip(("publish", "test", "test", "bench"), LOCKS, strict=True)))
def test_a_changed_lock_is_installed_with_its_hashes(project: Path, target: str, lock: str) -> None:
    newer(project / lock)
    assert f"--require-hashes -r {lock}" in make(project, "-n", target).stdout


def test_publishing_needs_nothing_that_only_developers_use(project: Path) -> None:
    for lock in LOCKS[1:]:
        newer(project / lock)
    shutil.rmtree(project / ".venv-csvw")
    assert "pip install" not in make(project, "-n", "publish").stdout


def test_clean_leaves_the_store_and_its_releases(project: Path) -> None:
    (project / ".ckan-test-2.12").mkdir()
    (project / ".venv-ckan").mkdir()
    kept = project / "store" / "releases" / "__pycache__"
    kept.mkdir(parents=True)
    (project / "__pycache__").mkdir()
    assert make(project, "clean").returncode == 0
    assert kept.exists()
    assert not list(project.glob(".venv*"))
    assert not list(project.glob(".ckan-test*"))
    assert not (project / "__pycache__").exists()


def test_every_lock_is_made_again_at_once(project: Path) -> None:
    assert re.findall(r"-o (\S+)", make(project, "-n", "lock").stdout) == [*LOCKS, *CKAN_LOCKS]


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


def with_tools(folder: Path, *tools: str) -> dict[str, str]:
    """An environment in which only these tools are found."""
    folder.mkdir()
    for tool in tools:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return {"PATH": str(folder)}


def stack(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of deploy/ckan on a folder and ports of the test's own."""
    named = {"PATH": os.environ["PATH"], "CKAN_DIR": str(folder), **environment}
    return subprocess.run([str(BASH), str(STACK / script)], env=named, capture_output=True, text=True, timeout=60)


def test_a_machine_that_cannot_have_a_ckan_is_told_what_it_lacks_in_one_line(tmp_path: Path) -> None:
    tools = (
        "bash",
        "dirname",
        "flock",
        "mkdir",
        "find",
        "sort",
        "tail",
        "sed",
        "awk",
        "id",
        "grep",
        "cat",
        "ldconfig",
        "realpath",
    )
    done = stack("up.sh", tmp_path / "ckan", **with_tools(tmp_path / "bin", *tools))
    assert done.returncode == 3, done.stderr
    assert len(done.stderr.splitlines()) == 1
    for package in ("redis-server", "maven", "default-jdk-headless"):
        assert package in done.stderr
    assert done.stdout == ""


def test_a_machine_that_cannot_have_a_ckan_skips_its_tests_with_that_line(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(STACK, copy / "deploy" / "ckan")
    tools = (
        "bash",
        "dirname",
        "flock",
        "mkdir",
        "find",
        "sort",
        "tail",
        "sed",
        "awk",
        "id",
        "grep",
        "cat",
        "ldconfig",
        "realpath",
        "rm",
    )
    environment = with_tools(tmp_path / "bin", *tools)
    script = [str(BASH), str(copy / "deploy" / "ckan" / "test.sh")]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "skipped" in done.stdout
    assert "maven" in done.stdout


@pytest.mark.parametrize(
    "named", [{"CKAN_VERSION": "2.9"}, {"CKAN_PORT": "here"}, {"CKAN_VERSION": "2.11", "CKAN_XLOADER": "1"}]
)
def test_a_ckan_that_does_not_exist_is_refused(tmp_path: Path, named: dict[str, str]) -> None:
    done = stack("up.sh", tmp_path / "ckan", **named)
    assert done.returncode == 2
    assert set(named.values()) - {"1"} <= set(re.findall(r"[\w.]+\w", done.stderr))
    assert not (tmp_path / "ckan").exists()


def test_a_process_that_only_has_the_number_of_one_of_ours_is_not_ended(tmp_path: Path) -> None:
    folder = tmp_path / "ckan"
    folder.mkdir()
    other = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "web.pid").write_text(f"{other.pid} 1\n")
        (folder / "solr.pid").write_text(f"{other.pid}\n")
        (folder / "redis.pid").write_text("")
        done = stack("down.sh", folder)
        assert done.returncode == 0, done.stderr
        assert "was not running" in done.stdout
        assert other.poll() is None
        assert not list(folder.glob("*.pid"))
    finally:
        other.kill()
        other.wait()


def test_a_process_of_ours_is_ended_by_its_number_and_its_start(tmp_path: Path) -> None:
    folder = tmp_path / "ckan"
    folder.mkdir()
    # A test before this one may have left signals kept out, and a child would inherit that.
    ours = subprocess.Popen(["sleep", "60"], preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, []))
    started = Path(f"/proc/{ours.pid}/stat").read_text().rpartition(") ")[2].split()[19]
    (folder / "solr.pid").write_text(f"{ours.pid} {started}\n")
    done = subprocess.Popen(
        [str(BASH), str(STACK / "down.sh")], env={"PATH": os.environ["PATH"], "CKAN_DIR": str(folder)}
    )
    assert ours.wait(timeout=30) == -15
    assert done.wait(timeout=30) == 0


def test_the_jars_of_solr_are_pinned_by_their_hashes() -> None:
    lines = (STACK / "solr" / "jars.sha256").read_text().splitlines()
    assert len(lines) > 100
    assert [line for line in lines if not re.fullmatch(r"[0-9a-f]{64}  [\w.-]+\.jar", line)] == []
    assert any("solr-core-9.8.1.jar" in line for line in lines)
