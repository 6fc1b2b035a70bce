"""What the README and the documents tell people to type exists."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load
import yaml
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from jmle_plugin.cli import main
from jmle_plugin.session.option_table import OPTIONS
from tests.conftest import LEFT_OUT, ROOT
from tests.integration.conftest import Project

DOCUMENTS = {
    file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
    for file in (ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").glob("*.md")))
}
OPTIONS_TABLES = DOCUMENTS["docs/options.md"]
LINKS = sorted(
    {
        (name, link)
        for name, text in DOCUMENTS.items()
        for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    }
)


def test_every_option_is_described() -> None:
    missing = [one.flag for one in OPTIONS if f"`{one.flag}" not in OPTIONS_TABLES]
    assert missing == []
    for option in OPTIONS:
        assert option.variable in OPTIONS_TABLES
        assert option.dest in OPTIONS_TABLES


def test_ci_runs_the_second_command_of_the_readme_and_then_the_longer_tests() -> None:
    (command,) = (
        line
        for line in DOCUMENTS["README.md"].splitlines()
        if "--constraint constraints.txt" in line
    )
    longer = command.rpartition(" && ")[2].replace("tests", f"tests -m {LEFT_OUT['long']}")
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert commands.endswith(f"\n{command}\n{longer}\n")
    assert f"`pytest {longer.partition('pytest ')[2]}`" in DOCUMENTS["docs/contributing.md"]


def test_constraints_are_exact_versions_and_nothing_of_the_machine_that_wrote_them() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    named = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert _installed_for("jmle", "test") - named == set()


def _installed_for(name: str, *extras: str) -> set[NormalizedName]:
    """Packages that this environment holds because one and its extras are installed."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset(extras))]
    while waiting:
        one = package, chosen = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for line in metadata.requires(package) or ():
            wanted = Requirement(line)
            if wanted.marker is None or any(
                wanted.marker.evaluate({"extra": extra}) for extra in ("", *chosen)
            ):
                waiting.append((wanted.name, frozenset(wanted.extras)))
    return {canonicalize_name(package) for package, _ in seen if package != name}


def test_the_workflow_is_one() -> None:
    jobs = workflow_jobs()
    assert set(jobs) == {"gate", "record"}
    steps = {
        name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()
    }
    assert "--offline" in steps["gate"]
    assert "--max-cost" in steps["record"]
    assert "secrets" not in str(jobs["gate"])


def test_the_gate_of_the_workflow_gates(project: Project) -> None:
    (command,) = (
        step["run"] for step in workflow_jobs()["gate"]["steps"] if "pytest" in step.get("run", "")
    )
    assert main(["rescore", "scripted-resident", "--exam=sample", "--write"]) == 0
    words = (
        command.replace("jmle120", "sample")
        .replace("--run=new", "--run=scripted-intern")
        .replace("old.json", "scripted-resident.json")
        .split()
    )
    assert words[:2] == ["pytest", "tests_exam"]
    result = project.run(*words[2:])
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["gate significant: fail: a significant loss against scripted-resident*"]
    )
    assert (project.path / "exam.xml").exists()


def test_the_gate_of_the_workflow_lets_a_model_pass_that_fails_the_exam_as_before(
    project: Project,
) -> None:
    assert main(["rescore", "scripted-intern", "--exam=sample", "--write"]) == 0
    baseline = "--baseline=results/sample/scripted-intern.json"
    gate = ("--offline", "--gate=none", "--baseline-gate=significant", baseline)
    assert project.sit("--run=scripted-intern", *gate).ret == 0


def workflow_jobs() -> dict[str, Any]:
    source = (ROOT / "jmle_plugin" / "cli" / "project" / "exam.yml").read_text(encoding="utf-8")
    assert f"```yaml\n{source}```" in DOCUMENTS["docs/ci.md"]
    jobs: dict[str, Any] = yaml.safe_load(source)["jobs"]
    return jobs


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_what_is_linked_is_there(document: str, link: str) -> None:
    path, _, section = link.partition("#")
    file = (ROOT / document).parent / path if path else ROOT / document
    assert file.is_file()
    if section:
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert section in [_anchor(one) for one in headings]


def _anchor(heading: str) -> str:
    """What GitHub calls a heading in a link."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
