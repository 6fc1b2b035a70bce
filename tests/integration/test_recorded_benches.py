"""Benches on their published files: what models recorded, and candidates that are worked out.

Needs the published data (JMLE_DATA).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.ask.importing import import_all
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.cli import main
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.bench import measured
from jmle_plugin.mark.marks import Mark, mark_reply
from jmle_plugin.results.provenance import RunContext
from tests.unit.compare.published import published_exam

pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("extraction", "closed", "yes_no"),
    [(Extraction.STANDARD, 231, 222), (Extraction.PUBLISHED, 230, 222)],
)
def test_mumcs_answers_have_the_published_figure(
    data_root: Path, tmp_path: Path, extraction: Extraction, closed: int, yes_no: int
) -> None:
    exam = published_exam("vqa-rad", data_root)
    file = data_root / "vqa-rad" / "predictions" / "mumc_31.json"
    (done,) = import_all([file], exam, tmp_path)
    assert (done.replies, done.missing, done.others) == (272, (), 179)
    sitting = Sitting(exam, done.run, None, done.folder)
    sheet = remake_results(sitting, extraction, RunContext.outside()).sheet
    correct = {name: block.correct for name, block in sheet.blocks.items()}
    assert (sum(correct.values()), correct["yes-no"]) == (closed, yes_no)
    pooled = sheet.measures["all"].measures["accuracy"]
    theirs = pooled.value if pooled.published is None else pooled.published
    assert theirs == pytest.approx(230 / 272, abs=1e-6)


def test_what_is_not_imported_is_said_and_a_file_without_a_reply_is_no_run(
    data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = data_root / "vqa-rad" / "predictions" / "mumc_31.json"
    given = [f"--cassettes={tmp_path}", f"--exam-data={data_root}"]
    assert main(["import", str(file), *given]) == 0
    told = capsys.readouterr().out
    assert "left out: 179 answers to questions that vqa-rad does not ask" in told
    silent = tmp_path / "silent.json"
    silent.write_text('[{"qid": 11, "answer": null}]', encoding="utf-8")
    assert main(["import", str(silent), *given]) == 1
    assert "holds no reply to any question of vqa-rad" in capsys.readouterr().err
    assert not (tmp_path / "vqa-rad" / "silent").exists()


@pytest.mark.parametrize(
    ("section", "theirs"),
    [("mrner_disease", 1.707), ("mrner_medicine", 1.294), ("nrner", 1.304)],
)
def test_one_right_expression_a_document_in_our_form_has_their_formulas_figure(
    data_root: Path, section: str, theirs: float
) -> None:
    exam = published_exam("jmed-llm", data_root)
    of = [one for one in exam.questions.values() if one.section == section]
    gold = {one.id: exam.key.entries[one.id].accepted[0] for one in of}
    marks: dict[str, Mark] = {
        one.id: mark_reply(one, exam.key, Reply(text=f"【回答】\n{gold[one.id][0]}")) for one in of
    }
    made = measured(exam, [marks])[section].measures
    independent = sum(2 / (1 + len(right)) for right in gold.values()) / len(gold)
    assert made["f1"].value == pytest.approx(independent, abs=1e-6)
    assert made["f1"].published is None
    assert made["f1-overlap"].published == pytest.approx(theirs, abs=5e-4)
