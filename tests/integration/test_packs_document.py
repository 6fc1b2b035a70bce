"""The worked example of docs/packs.md, followed to the letter."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^`([\w./]+)`,[^`]*```(?:toml|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = dict(FENCED.findall(DOCUMENT))
COMMANDS = re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)[0].splitlines()
SAID = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def example(pytester: pytest.Pytester) -> Path:
    """The files of the document, and the figure that one of them draws."""
    for name, text in FILES.items():
        file = pytester.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    runpy.run_path("draw.py")
    return pytester.path


def test_the_document_has_the_whole_example() -> None:
    assert set(FILES) == {
        "data/firstaid/exam.toml", "data/firstaid/questions.toml",
        "draw.py", "conftest.py", "test_exam.py",
    }  # fmt: skip
    assert [command.split()[0] for command in COMMANDS] == ["python", "jmle", "pytest"]


@pytest.mark.usefixtures("example")
def test_the_example_is_checked_as_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COMMANDS[1].split()[1:]) == 0
    assert capsys.readouterr().out == SAID[0]


def test_a_mistake_in_the_example_is_found(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = example / "data/firstaid/exam.toml"
    file.write_text(FILES["data/firstaid/exam.toml"].replace("max = 11", "max = 12"), "utf-8")
    assert main(["check", "firstaid"]) == 1
    out = capsys.readouterr().out
    assert "key provisional, criterion total: the questions that count add up to 11 points" in out
    assert out.rstrip().endswith("key states official, provisional: 1 problem")


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("more", "status", "lines"),
    [
        ([], 0, SAID[1].splitlines()),
        (
            ["--key=provisional", "--images=blind"],
            1,
            [
                "key provisional · images blind",
                "FAIL 不合格",
                "外傷         3/6         3        +0     2 of 4",
            ],
        ),
    ],
    ids=["official", "provisional-blind"],
)
def test_the_example_is_sat_as_the_document_says(
    pytester: pytest.Pytester, more: list[str], status: int, lines: list[str]
) -> None:
    command = COMMANDS[2].split()[1:]
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *command, *more)
    assert result.ret == status
    result.stdout.fnmatch_lines([line.replace("[", "[[]") for line in lines if line])
