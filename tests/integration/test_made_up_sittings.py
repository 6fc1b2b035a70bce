"""JMedQA's sittings on a made-up table: sat, audited, and side by side, as a user does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.cli import main
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.store import write_results
from tests.builders import make_mark, make_results, make_run
from tests.integration.conftest import Project
from tests.integration.test_audit import script
from tests.made_up_jmedqa import AREAS, EDITIONS, write_jmedqa
from tests.scripted.record import served
from tests.scripted.server import scripted_server

TRANSITIONS = {
    "enough text": (1, 2, 3),
    "not enough text": (8, 1, 4),
    "image question": (20, 2, 5),
    "image only": (30, 0, 6),
}
"""Questions that are right with figures alone, right without alone, wrong in both."""
MAXIMA = {
    "jmle112": (200, 299), "jmle113": (200, 296), "jmle114": (197, 299), "jmle115": (200, 300),
    "jmle116": (197, 297), "jmle117": (200, 295), "jmle118": (200, 300), "jmle119": (200, 300),
    "jmle120": (200, 300),
}  # fmt: skip


def load(edition: int, root: Path) -> Exam:
    return load_exam(find_pack(f"jmle{edition}", pack_folders()), data_root=root)


def of_dependency(exam: Exam, dependency: str) -> list[str]:
    return [one.id for one in exam.questions.values() if one.image_dependency == dependency]


@pytest.mark.long
def test_an_audit_by_image_dependency_has_exact_figures(project: Project, tmp_path: Path) -> None:
    data = write_jmedqa(tmp_path / "data", [117])
    exam = load(117, data)
    states = {
        name: state
        for dependency, (gained, lost, neither) in TRANSITIONS.items()
        for name, state in zip(
            of_dependency(exam, dependency),
            ["10"] * gained + ["01"] * lost + ["00"] * neither,
            strict=False,
        )
    }
    with scripted_server(exam, script(exam, states)) as server:
        project.conftest(served(server))
        ran = project.run(
            "--exam=jmle117", f"--exam-data={data}", "--model=some/model", "--images=audit",
            "--gate=none", "-q",
        )  # fmt: skip
    assert ran.ret == 0, ran.stdout.str()
    made = project.results("some-model", "jmle117")
    parts = {one["name"]: one for one in made["audit"]["image_dependency"]}
    assert list(parts) == list(TRANSITIONS)
    for dependency, (gained, lost, neither) in TRANSITIONS.items():
        part, of = parts[dependency], len(of_dependency(exam, dependency))
        cells = ("right_right", "right_wrong", "wrong_right", "wrong_wrong")
        assert [len(part[one]) for one in cells] == [
            of - gained - lost - neither, gained, lost, neither,
        ]  # fmt: skip
        assert part["net"] == round(100 * (gained - lost) / of, 2)
        exact = binomtest(gained, gained + lost).pvalue
        assert part["p_mcnemar"] == pytest.approx(exact, rel=1e-5)
        assert part["p_mcnemar"] <= part["p_holm"] <= 1
        stratum = made["sheet"]["strata"]["image_dependency"][dependency]
        assert (stratum["correct"], stratum["counted"]) == (of - lost - neither, of)
    sections = made["sheet"]["sections"]
    assert (sections["required"]["max"], sections["general"]["max"]) == MAXIMA["jmle117"]
    assert set(made["sheet"]["strata"]["subjects"]) == set(AREAS)
    unconfirmed = made["provenance"]["key"]["unconfirmed"]
    assert any("which questions count three points" in one for one in unconfirmed)


@pytest.mark.long
def test_a_leaderboard_over_nine_sittings_has_a_table_for_each_and_no_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_jmedqa(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for edition in EDITIONS:
        exam = load(edition, data)
        for run, wrong in (("better", 10), ("worse", 60)):
            marks = {
                name: make_mark(exam, name, Outcome.INCORRECT if n < wrong else Outcome.CORRECT)
                for n, name in enumerate(exam.questions)
            }
            write_results(Path("results"), make_results(exam, marks, run=make_run(run=run)))
    given = ["leaderboard", "results/*/*.json", f"--exam-data={data}"]
    assert main([*given, "--format=json"]) == 0
    tables: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["tables"]
    assert [table["exam"]["id"] for table in tables] == list(MAXIMA)
    for table in tables:
        assert [row["run"] for row in table["rows"]] == ["better", "worse"]
        assert [row["rank"] for row in table["rows"]] == [1, 2]
        assert table["rows"][0]["total"]["max"] == sum(MAXIMA[table["exam"]["id"]])
        assert table["serial_known"]
    assert main(given) == 0
    told = capsys.readouterr().out
    assert told.count("not to be ranked with the others: another exam") == len(MAXIMA)


def test_what_the_data_set_lacks_makes_no_selection_of_a_sitting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a verdict, but whole: a selection does not take its place, and it is compared."""
    data = write_jmedqa(tmp_path / "data", [117], without=["2023A10"])
    exam = load(117, data)
    monkeypatch.chdir(tmp_path)
    all_of_them = {name: make_mark(exam, name) for name in exam.questions}
    for run, mode in (("new", ImageMode.VISION), ("blind", ImageMode.BLIND)):
        results = make_results(exam, all_of_them, run=make_run(run=run, images=mode))
        assert results.sheet.verdict is Verdict.PARTIAL
        assert write_results(Path("results"), results).name == f"{run}.json"
    some = dict(list(all_of_them.items())[:5])
    part = make_results(exam, some, run=make_run(run="new"), asked=list(some))
    assert write_results(Path("results"), part).name == "new.partial.json"
    there = ["new", "blind", "--exam=jmle117", f"--exam-data={data}"]
    assert main(["compare", *there, "--allow-mismatch=images"]) == 0
    capsys.readouterr()
    assert main(["audit", *there]) == 0
    assert "Net effect" in capsys.readouterr().out
    assert main(["compare", "results/jmle117/new.partial.json", *there[1:]]) == 1
    assert "partial (the old run is partial)" in capsys.readouterr().err
