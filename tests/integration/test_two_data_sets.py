"""One sitting that two data sets have, sat by either: invented papers in both layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.cli import main
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.report.sheet import notes
from jmle_plugin.results.provenance import RunContext
from tests.integration.conftest import Project
from tests.invented import invented
from tests.packs import record_run

EXAM = "nurse-2022"
PACK = find_pack(EXAM, pack_folders())


def data_set(root: Path, source: str) -> Path:
    """A data folder that has the sitting from `source` alone."""
    (found,) = (one for one in read_manifest(PACK).by_source() if one.source.folder == source)
    invented(found, root)
    return root


@pytest.mark.parametrize("source", ["kokushimd", "jmed48k"])
def test_the_check_says_which_data_set_it_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    status = main(["check", EXAM, f"--exam-data={data_set(tmp_path, source)}"])
    told = capsys.readouterr().out
    assert f"note: the questions are read from {source}, one of several data sets" in told
    assert f"{EXAM}: 240 questions, 300 points" in told
    # The invented paper leaves out none of the questions that the maxima leave out.
    problems = [line for line in told.splitlines() if line.startswith("key official, ")]
    assert all("maximum is" in line for line in problems)
    assert status == bool(problems)


def test_the_check_names_criteria_that_nothing_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = find_pack("radiological-technologist-2023", pack_folders())
    invented(read_manifest(pack), tmp_path)
    assert main(["check", "radiological-technologist-2023", f"--exam-data={tmp_path}"]) == 0
    told = capsys.readouterr().out
    assert "not evaluable: key official, at most one subject may have 0 points: " in told


def test_a_sitting_tells_its_data_set_and_never_takes_another_for_it(project: Project) -> None:
    data = data_set(project.path / "theirs", "jmed48k")
    exam = load_exam(PACK, data_root=data)
    record_run(project.path / "cassettes", exam, right="【回答】1", wrong=["B-120"])
    arguments = (f"--exam={EXAM}", "--run=some-model", "--offline", "--gate=none")
    result = project.run(*arguments, f"--exam-data={data}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["key official · images vision · questions of jmed48k", "PASS*"])
    results = project.results("some-model", EXAM)
    assert results["sheet"]["total"]["correct"] == 239
    told = results["provenance"]["exam"]
    assert (told["source"], "CC BY-NC 4.0" in told["licence"]) == ("jmed48k", True)
    ours = load_exam(PACK, data_root=data_set(project.path / "ours", "kokushimd"))
    assert ours.hash != told["hash"]


def test_the_first_data_set_of_a_pack_is_not_named_in_results(tmp_path: Path) -> None:
    """A data set that is added to a pack leaves the results by the first one as they were."""
    for source, named in (("kokushimd", None), ("jmed48k", "jmed48k")):
        exam = load_exam(PACK, data_root=data_set(tmp_path / source, source))
        record_run(tmp_path / source, exam, right="【回答】1")
        sitting = open_sitting(exam, tmp_path / source, Wanted(run="some-model"))
        made = remake_results(sitting, Extraction.STANDARD, RunContext.outside())
        written = made.provenance.model_dump(mode="json")["exam"]
        assert written.get("source") == named
        assert (f"questions of {source}" in " ".join(notes(made))) is bool(named)
