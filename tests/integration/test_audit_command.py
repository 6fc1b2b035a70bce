"""`jmle audit`: what figures are worth, from finished results files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.cli import main
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.store import write_results
from tests.builders import make_mark, make_results, make_run, sample_exam

FIGURES = 10
"""Questions of the sample exam that have any."""


@pytest.fixture(scope="module")
def sample() -> Exam:
    return sample_exam()


@pytest.fixture
def files(sample: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Results with figures, 8 of 10 right, and without, 4 of 10; the folder is the current one."""
    monkeypatch.chdir(tmp_path)
    shown = [one.id for one in sample.questions.values() if one.images]
    assert len(shown) == FIGURES
    made = []
    for run, images, wrong in (
        ("some-model", ImageMode.VISION, shown[:2]),
        ("some-model-blind", ImageMode.BLIND, shown[1:7]),
    ):
        marks = {
            name: make_mark(sample, name, Outcome.INCORRECT if name in wrong else Outcome.CORRECT)
            for name in sample.questions
        }
        spec = make_run(exam="sample", run=run, images=images)
        file = write_results(tmp_path, make_results(sample, marks, run=spec))
        made.append(str(file.relative_to(tmp_path)))
    return made


def test_text_markdown_and_json_say_the_same(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *files]) == 0
    text = capsys.readouterr().out
    assert "Net effect of the figures: +40.0 percentage points, within noise (p = 0.22)." in text
    assert "p10  right with figures, wrong without: 5 (50%)" in text
    assert max(map(len, text.splitlines())) <= 78
    assert main(["audit", *files, "--format=markdown"]) == 0
    assert "- p10 right with figures, wrong without: 5 (50%) " in capsys.readouterr().out
    assert main(["audit", *files, "--format=json"]) == 0
    (data,) = json.loads(capsys.readouterr().out)
    cells = [len(data["total"][name]) for name in ("right_right", "right_wrong", "wrong_right")]
    assert (cells, data["total"]["net"]) == ([3, 5, 1], 40)


def test_runs_are_found_by_name(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *files]) == 0
    of_files = capsys.readouterr().out
    assert main(["audit", "some-model", "some-model-blind", "--results=."]) == 0
    assert capsys.readouterr().out == of_files


def test_several_pairs_end_in_a_line_each(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *files, *files]) == 0
    last = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split()[:3] for line in last] == [
        ["Profession", "exam", "n"],
        ["physician", "sample", "10*"],
        ["physician", "sample", "10*"],
    ]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ([1, 0], "images of the first (blind, which has to be vision)"),
        ([0, 0], "images of the second (vision, which has to be blind)"),
        ([0], "1 results files make no pairs"),
    ],
)
def test_what_makes_no_audit_is_an_error(
    files: list[str], capsys: pytest.CaptureFixture[str], order: list[int], says: str
) -> None:
    assert main(["audit", *(files[one] for one in order)]) == 1
    assert says in capsys.readouterr().err


def test_files_that_were_changed_by_hand_serve_nobody(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(Path(files[1]).read_text("utf-8"))
    data["marks"].pop(0)
    Path(files[1]).write_text(json.dumps(data), "utf-8")
    assert main(["audit", *files]) == 1
    assert "cut or changed by hand" in capsys.readouterr().err


def test_it_loads_nothing_of_a_session(files: list[str], pytester: pytest.Pytester) -> None:
    code = (
        "import sys; from jmle_plugin.cli import main; main(sys.argv[1:]); "
        "print([one for one in ('pytest', 'vcr', 'litellm', 'httpx') if one in sys.modules])"
    )
    done = pytester.run(
        sys.executable, "-c", code, "audit", *(str(Path(f).resolve()) for f in files)
    )
    assert done.outlines[-1] == "[]"
