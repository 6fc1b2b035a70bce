from __future__ import annotations

import pytest

from tests.integration.conftest import Project

LOOK = """
import sys

def pytest_sessionfinish(session):
    print("HEAVY", sorted({"litellm", "openai"} & set(sys.modules)), file=sys.stderr)
    if not hasattr(session.config, "workerinput"):
        names = ("pydantic", "vcr", "PIL", "httpx", "litellm")
        print("LOADED", [name for name in names if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_replaying_never_imports_litellm(project: Project, workers: str) -> None:
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
