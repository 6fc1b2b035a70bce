"""`--images=audit`: one session, two sittings of the same exam, text-only questions asked once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.cli import main
from jmle_plugin.exam.model import Exam
from tests.builders import make_completion, sample_exam
from tests.conftest import ROOT
from tests.integration.conftest import Project
from tests.scripted.record import served
from tests.scripted.server import Script, scripted_server

AUDIT = ("--model=some/model", "--images=audit")
VISION, BLIND = "some-model", "some-model-blind"
STATES = {
    "000A-1": "01", "000A-5": "00", "000B-5": "10", "000B-6": "10", "000C-1": "11",
    "000D-1": "10", "000D-2": "11", "000E-5": "10", "000F-1": "11", "000F-2": "01",
}  # fmt: skip
"""Image question -> whether it is right with its figures, right without."""
CELLS = {
    "right_right": ["000C-1", "000D-2", "000F-1"],
    "right_wrong": ["000B-5", "000B-6", "000D-1", "000E-5"],
    "wrong_right": ["000A-1", "000F-2"],
    "wrong_wrong": ["000A-5"],
}
TEXT_ONLY_MISTAKE = "000A-2"


@pytest.fixture(scope="module")
def sample() -> Exam:
    return sample_exam()


def script(sample: Exam, states: Mapping[str, str]) -> Script:
    """A model of these states, which makes one mistake where there are no figures."""

    def answer(question: str, epoch: int, body: dict[str, Any]) -> dict[str, Any]:
        del epoch
        place = 0 if "image_url" in str(body) else 1
        wrong = states.get(question, "11")[place] == "0" or question == TEXT_ONLY_MISTAKE
        right = ",".join(sample.key.entries[question].accepted[0])
        return make_completion("わかりません。" if wrong else f"【回答】{right}")

    return answer


@dataclass(frozen=True)
class Session:
    """The first session: where it was, what was asked, what it printed."""

    folder: Path
    asked: Counter[tuple[str, int]]
    status: int
    lines: list[str]


@pytest.fixture(scope="module")
def session(sample: Exam, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One audit by two workers, from which the tests go on."""
    folder = tmp_path_factory.mktemp("audit")
    shutil.copytree(ROOT / "tests_exam", folder / "tests_exam")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", "-n2"]
    with scripted_server(sample, script(sample, STATES)) as server:
        (folder / "conftest.py").write_text(served(server))
        done = subprocess.run(
            [*command, "--exam=sample", *AUDIT],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "80"},
        )
    return Session(folder, Counter(server.asked), done.returncode, done.stdout.splitlines())


@pytest.fixture
def audited(project: Project, session: Session) -> Project:
    """A project in which that session was."""
    for name in ("cassettes", "results"):
        shutil.rmtree(project.path / name, ignore_errors=True)
        shutil.copytree(session.folder / name, project.path / name)
    return project


def results(project: Project) -> list[dict[str, Any]]:
    """Both results files, without what differs between two sessions.

    A half decides no gate, and the same run by itself does.
    """
    read = [project.results(name) for name in (VISION, BLIND)]
    for one in read:
        del one["provenance"]["run"], one["gates"]
    return read


def test_one_session_gives_both_sheets_and_the_exact_table(
    session: Session, audited: Project, sample: Exam
) -> None:
    # With figures it passes; without them it fails the required section, which decides nothing.
    assert session.status == 0
    assert session.asked == {(one.id, 1): 1 + bool(one.images) for one in sample.questions.values()}
    pytest.LineMatcher(session.lines).fnmatch_lines(
        [
            "*sample · some-model =*",
            "PASS*",
            "*sample · some-model-blind =*",
            "key official · images blind · text-only replies of some-model",
            "FAIL*",
            "*sample · some-model with figures and without*",
            "with figures: some-model              PASS   *  36 of 40",
            "without figures: some-model-blind     FAIL   *  34 of 40",
            "Net effect of the figures: +20.0 percentage points, within noise (p = 0.69).",
            "p10  right with figures, wrong without: 4 (40%)",
            "  000B-5 000B-6 000D-1 000E-5",
            "Text-only questions were asked once: their replies count in both halves.",
            "gate official: sample some-model passed; sample some-model-blind, images blind*",
        ]
    )
    vision, blind = results(audited)
    audit = vision["audit"]
    assert {name: audit["total"][name] for name in CELLS} == CELLS
    assert (audit["total"]["net"], audit["total"]["p_mcnemar"]) == (20, 0.6875)
    sheets = [one["sheet"]["images"] for one in (vision, blind)]
    assert [one["with"]["correct"] for one in sheets] == [7, 5]
    assert sheets[0]["without"] == sheets[1]["without"]
    assert len(vision["marks"]) == len(blind["marks"]) == 40
    assert blind["audit"] is None


def test_offline_it_is_the_same_and_each_half_can_be_verified_and_sits_alone(
    audited: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = results(audited)
    assert audited.sit(f"--run={VISION}", "--images=audit", "--offline", "-n0").ret == 0
    assert results(audited) == before
    monkeypatch.chdir(audited.path)
    for name in (VISION, BLIND):
        assert main(["verify", f"results/sample/{name}.json"]) == 0
    assert audited.sit(f"--run={BLIND}").ret == 1  # by itself its verdict decides
    assert results(audited) == before


def test_the_same_command_asks_only_for_what_is_missing(audited: Project, sample: Exam) -> None:
    before = results(audited)
    missing = {VISION: ["000A-3", "000D-1"], BLIND: ["000D-1", "000E-5"]}
    for run, names in missing.items():
        for name in names:
            audited.cassette(name, run).unlink()
    with scripted_server(sample, script(sample, STATES)) as server:
        audited.conftest(served(server))
        quiet = audited.sit(*AUDIT, "-q")
    assert quiet.ret == 0
    assert sorted(name for name, _ in server.asked) == ["000A-3", "000D-1", "000D-1", "000E-5"]
    assert results(audited) == before
    net = "Net effect of the figures: +20.0 percentage points, within noise (p = 0.69)."
    assert net in quiet.outlines


def test_a_shared_reply_that_is_lost_is_missing_in_both_halves(audited: Project) -> None:
    audited.cassette("000C-2", VISION).unlink()
    audited.cassette("000D-1", BLIND).unlink()
    result = audited.sit(f"--run={VISION}", "--images=audit", "--offline")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "INCOMPLETE: 1 of 40 questions have no reply; no verdict",
            "INCOMPLETE: 2 of 40 questions have no reply; no verdict",
            "some-model cannot be audited: incomplete (the vision and the blind run is incomplete)",
        ]
    )
    vision, blind = results(audited)
    assert vision["sheet"]["errors"] == ["000C-2"]
    assert blind["sheet"]["errors"] == ["000C-2", "000D-1"]
    assert vision["audit"] is None


def test_verify_finds_an_audit_that_was_edited_or_has_lost_its_other_half(
    audited: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(audited.path)
    change_audit(audited, VISION, lambda audit: audit["total"].update(net=90))
    assert main(["verify", f"results/sample/{VISION}.json"]) == 1
    assert capsys.readouterr().out == "audit.total.net: 90.0 in the file, 20.0 recomputed\n"
    # Marked again, both halves and the audit follow.
    assert main(["rescore", VISION, BLIND, "--exam=sample", "--write"]) == 0
    assert audited.results(VISION)["audit"]["total"]["net"] == 20
    shutil.rmtree(audited.path / "cassettes" / "sample" / BLIND)
    capsys.readouterr()
    assert main(["verify", f"results/sample/{VISION}.json"]) == 1
    assert capsys.readouterr().out == (
        "audit: cannot be made again: no blind half of some-model is recorded\n"
    )


def change_audit(project: Project, run: str, change: Callable[[Any], Any]) -> None:
    """Edit the audit in a results file."""
    file = project.path / "results" / "sample" / f"{run}.json"
    data = json.loads(file.read_text("utf-8"))
    change(data["audit"])
    file.write_text(json.dumps(data), "utf-8")


GATED = (
    f"--run={VISION}",
    "--images=audit",
    "--offline",
    "--baseline=old",
    "--baseline-gate=images",
)


@pytest.fixture
def with_baseline(audited: Project) -> Project:
    """A project with an earlier result of a run that answered the same."""
    folder = audited.path / "results" / "sample"
    text = (folder / f"{VISION}.json").read_text("utf-8")
    (folder / "old.json").write_text(text.replace('"name": "some-model"', '"name": "old"'), "utf-8")
    return audited


def test_the_gate_passes_as_many_right_answers_with_figures(with_baseline: Project) -> None:
    same = with_baseline.sit(*GATED)
    assert same.ret == 0
    (told,) = (line for line in same.outlines if line.startswith("gate images: "))
    assert told.startswith("gate images: pass: no fewer image questions are right with their ")


def test_the_gate_needs_no_audit_but_figures(with_baseline: Project) -> None:
    """The halves themselves are a run with figures and one without."""
    alone = [one for one in GATED if one != "--images=audit"]
    assert with_baseline.sit(*alone, "-q").ret == 0
    file = with_baseline.path / "results" / "sample" / "old.json"
    data = json.loads(file.read_text("utf-8"))
    data["provenance"]["images"] = "blind"
    file.write_text(json.dumps({**data, "audit": None}), "utf-8")
    blind = with_baseline.sit(*GATED)
    assert blind.ret == 4
    assert "old was asked with images blind" in blind.stderr.str()


def test_what_cannot_be_audited_is_a_usage_error(project: Project) -> None:
    blind = project.sit("--model=gpt-3.5-turbo", "--images=audit")
    assert blind.ret == 4
    assert "gpt-3.5-turbo is known to see no figures" in blind.stderr.str()


@pytest.mark.slow
def test_several_models_and_epochs_each_have_their_audit(project: Project, sample: Exam) -> None:
    shutil.rmtree(project.path / "cassettes")
    both = ("--model=some/model", "--model=other/model", "--images=audit", "--epochs=2")
    with scripted_server(sample, script(sample, STATES)) as server:
        project.conftest(served(server))
        assert project.sit(*both, "-n2").ret == 0
    assert len(server.asked) == 2 * 2 * 50
    for name in (VISION, "other-model"):
        audit = project.results(name)["audit"]
        assert {cell: audit["total"][cell] for cell in CELLS} == CELLS
        assert audit["epochs"] == 2
        assert project.results(f"{name}-blind")["sheet"]["epochs"]["count"] == 2
