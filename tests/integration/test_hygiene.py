from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.conftest import Project

LOOK = """
import sys

def pytest_sessionfinish(session):
    print("HEAVY", sorted({"litellm", "openai", "scipy.stats"} & set(sys.modules)), file=sys.stderr)
    if not hasattr(session.config, "workerinput"):
        names = ("pydantic", "vcr", "PIL", "httpx", "litellm")
        print("LOADED", [name for name in names if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_replaying_imports_neither_litellm_nor_scipy(project: Project, workers: str) -> None:
    project.conftest(LOOK)
    project.apart = True
    result = project.sit("--run=scripted-resident", "--offline", "-n", workers, "-s")
    assert result.ret == 0
    assert "HEAVY []" in result.stderr.str()
    assert "litellm" not in result.stderr.str()


def test_sessions_without_an_exam_import_nothing_heavy(project: Project) -> None:
    project.conftest(LOOK)
    project.apart = True
    project.pytester.makepyfile(test_other="def test_other(): pass")
    result = project.run("test_other.py", "-s", "-p", "no:anyio")
    assert "LOADED []" in result.stderr.str()


def test_showing_a_sheet_imports_no_statistics(project: Project) -> None:
    assert project.sit("--run=scripted-resident", "--offline").ret == 0
    source = (
        "import sys; from jmle_plugin.cli import main; status = main(sys.argv[1:]); "
        "sys.exit(str({'numpy', 'scipy'} & set(sys.modules) or '') or status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, "show", "scripted-resident"],
        cwd=project.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


LOADERS = """
import sys
from importlib.machinery import SourceFileLoader

def pytest_sessionfinish(session):
    own = {name: one for name, one in sys.modules.items() if name.startswith("jmle_plugin.")}
    odd = [name for name, one in own.items() if type(one.__loader__) is not SourceFileLoader]
    print("LOADED", len(own) > 50, odd, file=sys.stderr)
"""


@pytest.mark.parametrize("bytecode", ["", "1"])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_no_process_rewrites_the_modules_of_this_package(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: str, bytecode: str
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", bytecode)
    project.conftest(LOADERS)
    project.apart = True
    result = project.sit("--run=scripted-resident", "--offline", "-n", workers, "-s")
    assert result.ret == 0
    told = [line for line in result.stderr.lines if "LOADED" in line]
    assert told
    # Which of the two finds this very module depends on how the suite is installed.
    ends = ("LOADED True ['jmle_plugin.plugin']", "LOADED True []")
    assert all(line.endswith(ends) for line in told)


def test_a_session_leaves_the_imports_of_its_process_as_they_were(project: Project) -> None:
    before = list(sys.meta_path)
    assert project.sit("--run=scripted-resident", "--offline").ret == 0
    assert sys.meta_path == before
