"""`jmle compare`: result files against each other, without running anything."""

from __future__ import annotations

import json
import sys

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.cli import main
from tests.integration.conftest import Project


@pytest.fixture
def both(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sample's two results files; the current folder is the project."""
    monkeypatch.chdir(project.path)
    # What a session writes, as test_rescore.py shows.
    runs = ("scripted-intern", "scripted-resident")
    assert main(["rescore", *runs, "--exam=sample", "--write"]) == 0
    return [f"results/sample/scripted-{name}.json" for name in ("intern", "resident")]


def test_text_markdown_and_json_say_the_same(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *both]) == 0
    text = capsys.readouterr().out
    assert "The gain of 14 points is significant" in text
    assert max(map(len, text.splitlines())) <= 78
    assert main(["compare", *both, "--format=markdown"]) == 0
    assert "**The gain of 14 points is significant" in capsys.readouterr().out
    assert main(["compare", *both, "--format=json", "--margin=3"]) == 0
    (data,) = json.loads(capsys.readouterr().out)
    assert (data["difference"], data["margin"]["points"]) == (14, 3)


def test_the_first_is_compared_with_each_other(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", both[0], *both, "--format=json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["same_answers"], one["difference"]) for one in found] == [(True, 0), (False, 14)]


def test_without_the_exam_serial_groups_are_unknown(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for file in both:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - as short as it gets
            text = opened.read().replace('"id": "sample"', '"id": "elsewhere"')
        with open(file, "w", encoding="utf-8") as opened:  # noqa: PTH123
            opened.write(text)
    assert main(["compare", *both]) == 0
    assert "Serial groups unknown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.json"], "none.json: cannot be read"),
        (["empty.json"], "empty.json: is no results file"),
        (["--allow-mismatch=all"], "unknown mismatch 'all'"),
        (["--exam=other"], "unknown exam 'other'"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    both: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with open("empty.json", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("{}")
    assert main(["compare", *both, *arguments]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "says"),
    [("--alpha=5", "'5' is more than 0.5"), ("--margin=-3", "'-3' is no number of 0 or more")],
)
def test_values_are_judged_as_in_a_session(
    both: list[str], capsys: pytest.CaptureFixture[str], argument: str, says: str
) -> None:
    with pytest.raises(SystemExit):
        main(["compare", *both, argument])
    assert says in capsys.readouterr().err


def test_unlike_files_are_refused_with_the_difference(
    both: list[str], capsys: pytest.CaptureFixture[str], project: Project
) -> None:
    project.sit("--run=scripted-intern", "-k", "000A", "-q")
    partial = "results/sample/scripted-intern.partial.json"
    assert main(["compare", partial, both[1]]) == 1
    assert "partial (the old run is partial)" in capsys.readouterr().err
    assert main(["compare", partial, both[1], "--allow-mismatch=partial"]) == 0
    assert "of 6 points" in capsys.readouterr().out


def test_it_loads_nothing_of_a_session(both: list[str], project: Project) -> None:
    code = (
        "import sys; from jmle_plugin.cli import main; main(sys.argv[1:]); "
        "print([one for one in ('pytest', 'vcr', 'litellm', 'httpx') if one in sys.modules])"
    )
    done = project.pytester.run(sys.executable, "-c", code, "compare", *both)
    assert done.outlines[-1] == "[]"
