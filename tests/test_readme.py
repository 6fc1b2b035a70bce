"""What the README tells people to type exists."""

from __future__ import annotations

import re

import pytest
import yaml

from jmle_plugin.option_table import OPTIONS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OTHERS = {
    "--co", "--lf", "--junitxml", "--record-mode", "--write", "--format", "--block-network",
    "--quiet", "--editable", "--dist", "--no-loadscope-reorder", "--tb",
    "--update", "--plot", "--html",
}  # fmt: skip
"""Options of pytest, of its plugins, of pip and of the `jmle` command."""


def test_every_option_is_described() -> None:
    missing = [one.flag for one in OPTIONS if f"`{one.flag}" not in README]
    assert missing == []
    for option in OPTIONS:
        assert option.variable in README
        assert option.dest in README


def test_no_other_options_are_spoken_of() -> None:
    spoken = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert spoken - {one.flag for one in OPTIONS} - OTHERS == set()


def test_the_workflow_is_one() -> None:
    source = README.partition("### In CI")[2].split("```yaml\n")[1].split("```")[0]
    jobs = yaml.safe_load(source)["jobs"]
    assert set(jobs) == {"gate", "record"}
    steps = {
        name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()
    }
    assert "--offline" in steps["gate"]
    assert "--max-cost" in steps["record"]
    assert "secrets" not in str(jobs["gate"])


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((docs/[^)#]+)\)", README))))
def test_documents_are_there(link: str) -> None:
    assert (ROOT / link).is_file()
