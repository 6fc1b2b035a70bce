"""Benches: the packs of facts on their published files, other layouts on files made for a test."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from jmle_plugin.errors import DataMissingError, JmleError, PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.exam.sources import read_paper
from jmle_plugin.mark.bench import check_measures
from tests.builders import picture_file
from tests.unit.exam.problems import check_exam

PACKS = Path(__file__).resolve().parents[3] / "data"
DATA = Path(os.environ.get("JMLE_DATA", PACKS.parents[1] / "shared" / "data"))


def published(name: str) -> Exam:
    try:
        return load_exam(PACKS / name / "exam.toml", data_root=DATA)
    except DataMissingError as error:
        pytest.skip(str(error))


def sections(exam: Exam) -> dict[str, int]:
    return dict(Counter(one.section for one in exam.questions.values()))


def test_the_medical_part_of_jmmlu_is_jmedbenchs() -> None:
    exam = published("jmmlu-med")
    assert sections(exam) == {
        "anatomy": 132,
        "clinical_knowledge": 150,
        "college_biology": 143,
        "college_medicine": 150,
        "high_school_biology": 148,
        "medical_genetics": 99,
        "nutrition": 149,
        "professional_medicine": 150,
        "virology": 150,
    }
    check_measures(exam)


def test_jmed_llm_has_eight_tasks() -> None:
    exam = published("jmed-llm")
    assert set(sections(exam).values()) == {100}
    assert len(sections(exam)) == 8
    kinds = Counter(one.kind for one in exam.questions.values())
    assert kinds == {QuestionKind.CHOICE: 500, QuestionKind.TERMS: 300}
    accepted = [exam.key.entries[f"mrner_disease-{n}"].accepted[0] for n in range(1, 101)]
    assert any("," in one or "、" in one for answer in accepted for one in answer)


def test_vqa_rad_has_all_closed_questions() -> None:
    exam = published("vqa-rad")
    assert sections(exam) == {"yes-no": 251, "alternatives": 21}
    assert all(one.images and one.language == "en" for one in exam.questions.values())
    assert exam.questions["401"].labels == ("multiple", "one")
    assert exam.key.entries["2735"].accepted == (("right",),)
    assert exam.notes[0].startswith("179 open questions")


def test_no_word_of_a_question_stands_in_a_pack() -> None:
    for name in ("jmed-llm", "jmmlu-med", "vqa-rad"):
        exam = published(name)
        text = (PACKS / name / "exam.toml").read_text("utf-8")
        assert not [one.id for one in exam.questions.values() if one.text[:40] in text]


def write_bench(
    folder: Path, layout: str, blocks: Mapping[str, tuple[int, str]], extra: str = ""
) -> Exam:
    """Load a bench of `blocks` (questions and measure) that lies beside its exam.toml."""
    parts = "\n".join(
        f'[[blocks]]\nid = "{name}"\nsection = "{name}"\nquestions = {questions}\n'
        for name, (questions, _) in blocks.items()
    )
    titles = "\n".join(f'{name} = {{ title = "{name}" }}' for name in blocks)
    measures = "\n".join(f'{name} = ["{measure}"]' for name, (_, measure) in blocks.items())
    file = folder / "exam.toml"
    file.write_text(
        f'schema = 1\nid = "made-up"\ntitle = "Made up"\nedition = 1\nprofession = "bench"\n'
        f'licence = "CC0"\ndefault_key = "official"\n[source]\nformat = "{layout}"\n{extra}\n'
        f'[sections]\n{titles}\n{parts}\n[keys.official]\ntitle = "the key"\n'
        f"[keys.official.measures]\n{measures}\n",
        "utf-8",
    )
    exam = load_exam(file, data_root=folder)
    check_measures(exam)
    return exam


def write_lines(file: Path, *lines: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), "utf-8")


def write_figure(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture_file(Image.new("RGB", (4, 3), "white")))
    return file.name


def test_jmedbench_has_choices_pairs_and_expressions(tmp_path: Path) -> None:
    choice = {
        "sample_id": "1",
        "question": "Which?",
        "options": ["one", "two", "three"],
        "answer_idx": 0,
        "n_options": 3,
        "metadata": {"source": "made up", "context": "A case."},
    }
    pair = {"sample_id": "1", "premise": "P", "hypothesis": "H", "label": 0, "n_label": 6}
    write_lines(tmp_path / "mcqa" / "test.jsonl", choice, choice | {"answer_idx": 2})
    write_lines(tmp_path / "sts" / "test.jsonl", pair, pair | {"label": 5})
    write_lines(
        tmp_path / "ner" / "test.jsonl",
        {"text": "胃癌。", "labels": ["胃癌"], "entity_type": "疾患"},
        {"text": "異常なし。", "labels": ["none"], "entity_type": "疾患"},
    )
    exam = write_bench(
        tmp_path,
        "jmedbench",
        {"mcqa": (2, "accuracy"), "sts": (2, "pearson"), "ner": (2, "f1")},
    )
    keys = {name: entry.accepted[0] for name, entry in exam.key.entries.items()}
    assert keys == {
        "mcqa-1": ("A",),
        "mcqa-2": ("C",),
        "sts-1": ("0",),
        "sts-2": ("5",),
        "ner-1": ("胃癌",),
        "ner-2": ("なし",),
    }
    assert exam.questions["mcqa-1"].text.startswith("A case.\n\nWhich?")
    assert exam.questions["sts-1"].labels == tuple("012345")


def test_an_answer_that_is_no_option_names_its_line(tmp_path: Path) -> None:
    entry = {"question": "Which?", "options": ["one", "two"], "answer_idx": 2}
    write_lines(tmp_path / "mcqa" / "test.jsonl", entry)
    with pytest.raises(PackError, match="line 1: the answer 2"):
        read_paper("jmedbench", tmp_path)


def test_slake_is_read_in_english_and_closed(tmp_path: Path) -> None:
    write_figure(tmp_path / "imgs" / "xmlab1" / "source.jpg")
    base = {
        "img_name": "xmlab1/source.jpg",
        "q_lang": "en",
        "location": "Lung",
        "answer_type": "CLOSED",
        "content_type": "Abnormality",
        "question": "Is it normal?",
    }
    entries = [
        base | {"qid": 1, "answer": "Yes"},
        base | {"qid": 2, "answer": "CT", "question": "CT or MRI?"},
        base | {"qid": 3, "answer": "Lung", "answer_type": "OPEN"},
        base | {"qid": 4, "answer": "是", "q_lang": "zh"},
    ]
    (tmp_path / "test.json").write_text(json.dumps(entries), "utf-8")
    exam = write_bench(
        tmp_path,
        "slake",
        {"yes-no": (1, "accuracy"), "alternatives": (1, "accuracy")},
        'options.2 = ["CT", "MRI"]',
    )
    assert {name: one.labels for name, one in exam.questions.items()} == {
        "1": ("yes", "no"),
        "2": ("CT", "MRI"),
    }
    assert exam.notes == ("1 open questions, which no option answers, are left out: 3",)


def test_medxpertqa_has_its_question_types_as_sections(tmp_path: Path) -> None:
    figure = write_figure(tmp_path / "images" / "one.png")
    entry = {
        "id": "MM-1",
        "question": "Which?",
        "options": dict(zip("ABCDE", ("one", "two", "three", "four", "five"), strict=True)),
        "label": "E",
        "images": [figure],
        "medical_task": "Diagnosis",
        "body_system": "Skeletal",
        "question_type": "Reasoning",
    }
    other = entry | {"id": "MM-2", "question_type": "Understanding", "label": "A"}
    write_lines(tmp_path / "test.jsonl", entry, other)
    exam = write_bench(
        tmp_path, "medxpertqa", {"reasoning": (1, "accuracy"), "understanding": (1, "accuracy")}
    )
    assert exam.key.entries["MM-1"].accepted == (("E",),)
    assert exam.questions["MM-2"].section == "understanding"


@pytest.mark.parametrize("answer", ["B", "two", " B: two"])
def test_pmc_vqa_names_a_letter_or_an_option(tmp_path: Path, answer: str) -> None:
    write_figure(tmp_path / "figures" / "f.png")
    (tmp_path / "test.csv").write_text(
        "index,Figure_path,Caption,Question,Choice A,Choice B,Choice C,Choice D,Answer,split\n"
        f"0,f.png,c,Which?, A: one, B: two, C: three, D: four,{answer},test\n",
        "utf-8",
    )
    exam = write_bench(tmp_path, "pmc-vqa", {"test": (1, "accuracy")})
    assert exam.key.entries["test-1"].accepted == (("B",),)
    assert exam.questions["test-1"].options["A"] == "one"


def test_a_list_is_never_evaluated(tmp_path: Path) -> None:
    (tmp_path / "task.csv").write_text(
        "question,answer\nWhich?,\"__import__('os').system('x')\"\n", "utf-8"
    )
    with pytest.raises(PackError, match="line 2: the answer is no list of texts"):
        read_paper("jmed-llm", tmp_path)


@pytest.mark.parametrize(
    ("measure", "problem"),
    [("fame", "'fame' is no measure"), ("f1", "'f1' says nothing of question test-1")],
)
def test_a_measure_that_does_not_fit_is_refused(tmp_path: Path, measure: str, problem: str) -> None:
    write_figure(tmp_path / "figures" / "f.png")
    (tmp_path / "test.csv").write_text(
        "Figure_path,Question,Choice A,Choice B,Choice C,Choice D,Answer\nf.png,Q,1,2,3,4,A\n"
    )
    with pytest.raises(JmleError) as caught:
        write_bench(tmp_path, "pmc-vqa", {"test": (1, measure)})
    assert problem in str(caught.value)


@pytest.mark.data
def test_a_pinned_table_that_is_missing_is_named_and_not_150_questions(
    data_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "jmmlu"
    folder.mkdir()
    for file in (data_root / "jmmlu").glob("*.csv"):
        if file.stem != "virology":
            (folder / file.name).symlink_to(file)
    with pytest.raises(PackError, match=r"virology\.csv: this file is pinned, but it is not there"):
        load_exam(PACKS / "jmmlu-med" / "exam.toml", data_root=tmp_path)


@pytest.mark.parametrize(("name", "defects"), [("jmed-llm", 2), ("jmmlu-med", 5), ("vqa-rad", 0)])
def test_what_is_wrong_with_published_questions_is_said_and_is_no_problem_to_mend(
    name: str, defects: int
) -> None:
    exam = published(name)
    assert check_exam(exam) == []
    assert len(exam.defects) == defects
