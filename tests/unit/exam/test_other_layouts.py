"""KokushiMD-10's and JMed48k's layouts, on small packs made for the purpose.

Their data cannot be had here. Every question below is invented and says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam.check import notes
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.exam.sources import jmed48k as jmed48k_layout
from jmle_plugin.exam.sources import kokushimd as kokushimd_layout
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_reply
from tests.unit.exam.problems import check_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder

NUMBERED = {str(n): f"架空の選択肢{n}" for n in range(1, 6)}
LETTERED = {label: f"架空の選択肢{label}" for label in "abcde"}


def save(file: Path, data: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


class Layout:
    """A pack in another project's layout: files by path, everything in one section."""

    def __init__(self, pack: PackBuilder, form: str, part: str) -> None:
        self.pack = pack
        self.files: dict[str, Any] = {}
        pack.manifest["source"] = {"format": form, "folder": "made-up", "part": part}
        pack.manifest["sections"] = {"all": {"title": "全問"}}
        pack.manifest["keys"] = {
            "official": {"title": "a key", "criteria": {"all": {"threshold": 1}}}
        }
        self.blocks()

    def blocks(self, points: Any = 1, **questions: int) -> None:
        self.pack.manifest["blocks"] = [
            {"id": name, "section": "all", "questions": count, "points": points}
            for name, count in questions.items()
        ]

    @property
    def folder(self) -> Path:
        return self.pack.root / "made-up"

    def write(self) -> None:
        self.pack.write_manifest()
        for name, data in self.files.items():
            save(self.folder / name, data)

    def picture(self, name: str, size: int = 4) -> None:
        file = self.folder / "images" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.pack.png(size))

    def load(self) -> Exam:
        self.write()
        return self.pack.reload()

    def refused(self) -> str:
        self.write()
        return self.pack.refused_now()


def became(exam: Exam, name: str, written: str) -> tuple[Outcome, int, int]:
    mark = mark_reply(exam.questions[name], exam.key, Reply(f"【回答】{written}"))
    return mark.outcome, mark.points, mark.max


RIGHT, WRONG = (Outcome.CORRECT, 1, 1), (Outcome.INCORRECT, 0, 1)

# --- KokushiMD-10 ---------------------------------------------------------------------


def kokushi(index: int, kind: str = "single", answer: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "index": str(index),
        "question": f"架空の問題{index}はどれか。",
        "options": NUMBERED,
        "type": kind,
        "answer": answer,
        "points": "1",
        "kinki": [],
        "text_only": True,
        "human_accuracy": "",
    } | changes


@pytest.fixture
def kokushimd(pack: PackBuilder) -> Layout:
    layout = Layout(pack, "kokushimd", "exams/JA/架空/架空_2022")
    layout.blocks("source", A=1)
    return layout


def one(layout: Layout, **changes: Any) -> Exam:
    layout.files["exams/JA/架空/架空_2022_a.json"] = [kokushi(1) | changes]
    return layout.load()


def test_every_booklet_of_a_sitting_is_read(kokushimd: Layout) -> None:
    kokushimd.blocks("source", A1=2, B2=1)
    kokushimd.files = {
        "exams/JA/架空/架空_2022_a1.json": [kokushi(1), kokushi(2, points=2)],
        "exams/JA/架空/架空_2022_b2.json": [kokushi(1, question="別の架空の問題はどれか。")],
        "exams/JA/架空/架空_2021_a1.json": [kokushi(1, points=9)],
    }
    exam = kokushimd.load()
    assert {name: question.points for name, question in exam.questions.items()} == {
        "A1-1": 1, "A1-2": 2, "B2-1": 1,
    }  # fmt: skip
    assert check_exam(exam) == []
    assert exam.questions["A1-1"].text.endswith("5　架空の選択肢5")


def test_facts_of_a_question_are_kept(kokushimd: Layout) -> None:
    kokushimd.picture("a.png")
    exam = one(
        kokushimd,
        index="1-2",
        kinki="３",
        text_only=False,
        images="a.png",
        human_accuracy="85.5",
        answer_sub2="薬理",
    )
    question = exam.questions["A-1"]
    assert question.prohibited == {"3"}
    assert [image.name for image in question.images] == ["a.png"]
    assert (question.subject, question.human_accuracy) == ("薬理", 0.855)


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("0.5", 0.5),
        (0.5, 0.5),
        (72, 0.72),
        ("72.5%", 0.725),
        ("0.5%", 0.005),
        ("", None),
        (None, None),
    ],
)
def test_how_people_did_is_a_share_of_one(
    kokushimd: Layout, written: Any, share: float | None
) -> None:
    assert one(kokushimd, human_accuracy=written).questions["A-1"].human_accuracy == share


@pytest.mark.parametrize("choices", [[f"{n}. 架空{n}" for n in range(1, 6)], ["あ", "い", "う"]])
def test_options_may_be_a_list(kokushimd: Layout, choices: list[str]) -> None:
    labels = "12345" if len(choices) == 5 else "abc"
    question = kokushi(1, answer=labels[0], choices=choices)
    del question["options"]
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = [question]
    exam = kokushimd.load()
    assert exam.questions["A-1"].labels == tuple(labels)


@pytest.mark.parametrize(
    ("kind", "answer", "right", "wrong"),
    [
        ("single", "3", ["3"], ["1"]),
        ("single", "３", ["3"], ["1"]),
        ("single", "1 or 3", ["1", "3"], ["2"]),
        ("single", "13", ["1", "3"], ["2"]),
        ("multiple", "1,3", ["1,3", "3,1"], ["1,2"]),
        ("multiple", "31", ["1,3"], ["1,2"]),
        ("multiple", "13 or 24", ["1,3", "2,4"], ["1,4"]),
        ("sequence", "315", ["3,1,5", "3→1→5"], ["1,3,5", "5,1,3"]),
        ("sequence", "3→1→5", ["3,1,5"], ["1,3,5"]),
    ],
)
def test_answers_of_every_type_are_read(
    kokushimd: Layout, kind: str, answer: str, right: list[str], wrong: list[str]
) -> None:
    answer = answer.replace("→", ",")
    exam = one(kokushimd, type=kind, answer=answer)
    assert {became(exam, "A-1", written) for written in right} == {RIGHT}
    assert {became(exam, "A-1", written) for written in wrong} == {WRONG}


@pytest.mark.parametrize("kind", ["calculation", "blank"])
def test_130_is_not_103(kokushimd: Layout, kind: str) -> None:
    exam = one(kokushimd, type=kind, answer="130", options={})
    assert exam.questions["A-1"].kind is QuestionKind.NUMERIC
    assert became(exam, "A-1", "130") == RIGHT
    assert became(exam, "A-1", "103") == WRONG


def test_digit_boxes_with_a_point_are_a_number(kokushimd: Layout) -> None:
    exam = one(kokushimd, type="blank", answer="125", options={}, question="答えよ。解答：①②.③")
    assert became(exam, "A-1", "12.5") == RIGHT
    assert became(exam, "A-1", "125") == WRONG


def test_all_that_apply_may_be_asked_for(kokushimd: Layout) -> None:
    exam = one(kokushimd, type="multiple", answer="134", question="架空の所見をすべて選べ。")
    assert exam.questions["A-1"].form == "select_all"
    assert became(exam, "A-1", "1,3,4") == RIGHT
    assert became(exam, "A-1", "1,3") == WRONG


@pytest.mark.parametrize("change", [{"answer": ""}, {"corrected_question_index": "A-1"}])
def test_what_upstream_leaves_out_counts_for_nobody_until_a_key_decides(
    kokushimd: Layout, change: dict[str, Any]
) -> None:
    official = kokushimd.pack.manifest["keys"]["official"]
    official["criteria"]["all"]["threshold"] = 0
    exam = one(kokushimd, **change)
    assert exam.key.entries["A-1"].treatment is Treatment.EXCLUDE
    assert became(exam, "A-1", "1")[1:] == (0, 0)
    assert exam.key.criteria[0].maximum == 0
    before = exam.hash
    official["changes"] = [{"question": "A-1", "answer": ["2"]}]
    exam = one(kokushimd, **change)
    assert became(exam, "A-1", "2") == RIGHT
    assert exam.hash != before


def test_a_question_that_counts_needs_an_answer(kokushimd: Layout) -> None:
    official = kokushimd.pack.manifest["keys"]["official"]
    official["changes"] = [{"question": "A-1", "treatment": "exclude_if_wrong"}]
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = [kokushi(1, answer="")]
    assert "keys.official: question A-1 counts, but has no answer" in kokushimd.refused()


def test_figures_that_are_not_there_are_told(kokushimd: Layout) -> None:
    exam = one(kokushimd, text_only=False)
    assert exam.questions["A-1"].figures_missing
    assert "figures of 1 questions are not in the data set (first: A-1)" in notes(exam)[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"answer": "7"}, "question A-1: the answer '7' of a single question cannot be read"),
        ({"type": "essay"}, "entry 0 (question A-1): type"),
        ({"type": "multiple", "answer": ""}, "nothing says how many options are asked for"),
        ({"kinki": ["9"]}, "question A-1: the prohibited choice '9' is not among its options"),
        ({"points": "two"}, "points"),
        ({"index": "first"}, "index"),
    ],
)
def test_what_cannot_be_read_is_named(
    kokushimd: Layout, change: dict[str, Any], problem: str
) -> None:
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = [kokushi(1) | change]
    message = kokushimd.refused()
    assert "架空_2022_a.json" in message
    assert problem in message


def test_a_booklet_that_is_no_list_is_refused(kokushimd: Layout) -> None:
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = {"questions": []}
    assert "架空_2022_a.json: holds a dict, not a list of questions" in kokushimd.refused()


def test_a_sitting_that_is_not_there_is_missing_data(kokushimd: Layout) -> None:
    kokushimd.write()
    kokushimd.folder.mkdir(parents=True)
    assert "架空_2022" in kokushimd.pack.refused_now(DataMissingError)


# --- JMed48k --------------------------------------------------------------------------


def jmed(number: int, *answer: str, section: str = "午前", **changes: Any) -> dict[str, Any]:
    return {
        "question_number": number,
        "section": section,
        "question_text": f"架空の問題{number}はどれか。",
        "text_reference": "",
        "options": NUMBERED,
        "correct_answer": list(answer or "1"),
        "text_only": True,
        "img": {"content_img": None, "answer_img": None},
    } | changes


@pytest.fixture
def jmed48k(pack: PackBuilder) -> Layout:
    layout = Layout(pack, "jmed48k", "05_nurse/2024")
    layout.blocks(1, AM=1)
    return layout


def single(layout: Layout, **changes: Any) -> Exam:
    layout.files["05_nurse/2024.json"] = {"questions": [jmed(1) | changes]}
    return layout.load()


def test_a_sitting_may_be_split_by_section(jmed48k: Layout) -> None:
    jmed48k.blocks(1, AM=2, PM=1)
    jmed48k.files = {
        "05_nurse/2024_am.json": {"questions": [jmed(1), jmed(2)]},
        "05_nurse/2024_pm.json": {"questions": [jmed(1, section="午後", question_text="別の？")]},
        "05_nurse/2023_am.json": {"questions": [jmed(1)]},
    }
    exam = jmed48k.load()
    assert list(exam.questions) == ["AM-1", "AM-2", "PM-1"]
    assert check_exam(exam) == []


@pytest.mark.parametrize("options", [NUMBERED, LETTERED])
def test_options_are_numbers_or_letters(jmed48k: Layout, options: dict[str, str]) -> None:
    first, second = list(options)[:2]
    exam = single(jmed48k, options=options, correct_answer=[second.upper()])
    assert became(exam, "AM-1", second) == RIGHT
    assert became(exam, "AM-1", first) == WRONG


@pytest.mark.parametrize(
    ("words", "answer", "accepts", "form"),
    [
        ("どれか。", ["3"], {"3": True, "1": False}, "single"),
        ("どれか。", ["1", "3"], {"1": True, "3": True, "2": False}, "single"),
        ("2つ選べ。", ["1", "3"], {"1,3": True, "1,2": False}, "multi_select"),
        ("２つ選べ。", ["1", "3"], {"3,1": True, "2,3": False}, "multi_select"),
        ("2つ選べ。", ["13", "24"], {"1,3": True, "2,4": True, "1,2": False}, "multi_select"),
        ("すべて選べ。", ["1", "3", "4"], {"1,3,4": True, "1,3": False}, "select_all"),
        ("正しい順に並べよ。", ["3", "1", "2"], {"3,1,2": True, "1,2,3": False}, "sequence"),
        ("正しい順に並べよ。", ["312", "321"], {"3,2,1": True, "1,2,3": False}, "sequence"),
    ],
)
def test_the_words_of_a_question_say_what_its_answer_means(
    jmed48k: Layout, words: str, answer: list[str], accepts: dict[str, bool], form: str
) -> None:
    exam = single(jmed48k, question_text=f"架空の所見で{words}", correct_answer=answer)
    assert exam.questions["AM-1"].form == form
    found = {written: became(exam, "AM-1", written) for written in accepts}
    assert found == {written: RIGHT if right else WRONG for written, right in accepts.items()}


def test_a_question_without_options_is_answered_with_a_number(jmed48k: Layout) -> None:
    exam = single(jmed48k, options={}, correct_answer=["130", "131"])
    assert became(exam, "AM-1", "131.0") == RIGHT
    assert became(exam, "AM-1", "103") == WRONG


def test_the_picture_of_the_solution_is_never_read(jmed48k: Layout) -> None:
    jmed48k.picture("asked.png", 4)
    jmed48k.picture("solved.png", 9)
    img = {"content_img": ["asked.png"], "answer_img": ["solved.png"], "visual_type": "chart"}
    exam = single(jmed48k, text_only=False, img=img)
    question = exam.questions["AM-1"]
    assert [image.name for image in question.images] == ["asked.png"]
    assert question.visual_types == ("chart",)
    assert "solved" not in repr(exam)
    # Nor does it have to be there.
    (jmed48k.folder / "images" / "solved.png").unlink()
    assert jmed48k.pack.reload().hash == exam.hash


def test_neighbours_share_their_reference_text(jmed48k: Layout) -> None:
    jmed48k.blocks(1, AM=4)
    case = {"text_reference": "架空の症例。"}
    jmed48k.files["05_nurse/2024.json"] = {
        "questions": [
            jmed(1) | {"text_reference": "一問だけの架空の症例。"},
            jmed(2) | case,
            jmed(3) | case,
            jmed(4),
        ]
    }
    questions = jmed48k.load().questions
    assert questions["AM-1"].serial is None
    assert questions["AM-1"].text.startswith("一問だけの架空の症例。\n\n架空の問題1")
    serial = questions["AM-2"].serial
    assert serial is not None
    assert (serial.id, serial.text, serial.questions) == (
        "AM-2-3", "架空の症例。", ("AM-2", "AM-3"),
    )  # fmt: skip
    assert questions["AM-4"].serial is None


def test_a_pack_puts_sections_into_its_own_blocks(jmed48k: Layout) -> None:
    jmed48k.pack.manifest["source"] = {"format": "kokushimd", "folder": "not-here", "part": "x"}
    jmed48k.pack.manifest["other_sources"] = {
        "other": {
            "format": "jmed48k", "folder": "made-up", "part": "05_nurse/2024",
            "licence": "theirs", "blocks": {"AM": "A", "後半": "B"},
        }
    }  # fmt: skip
    jmed48k.blocks(1, A=1, B=2)
    case = {"section": "後半", "text_reference": "架空の症例。"}
    jmed48k.files["05_nurse/2024.json"] = {"questions": [jmed(1), jmed(1) | case, jmed(2) | case]}
    exam = jmed48k.load()
    assert list(exam.questions) == ["A-1", "B-1", "B-2"]
    serial = exam.questions["B-1"].serial
    assert serial is not None
    assert (serial.id, serial.questions) == ("B-1-2", ("B-1", "B-2"))
    assert (exam.source, exam.licence) == ("made-up", "theirs")


def test_a_question_without_an_answer_counts_for_nobody(jmed48k: Layout) -> None:
    jmed48k.pack.manifest["keys"]["official"]["criteria"]["all"]["threshold"] = 0
    exam = single(jmed48k, correct_answer=[])
    assert exam.key.entries["AM-1"].treatment is Treatment.EXCLUDE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"correct_answer": ["7"]}, "question AM-1: the answer ['7'] cannot be read"),
        ({"options": {}, "correct_answer": ["x"]}, "the answer ['x'] cannot be read"),
        (
            {"question_text": "架空の3つを選べ。", "correct_answer": ["1", "2"]},
            "question AM-1: asks for 3, but the answer is ['1', '2']",
        ),
        ({"section": "前半"}, "question 前半-1: block '前半' is not one of ['AM']"),
        ({"question_number": "one"}, "questions[0] (number one): question_number"),
    ],
)
def test_what_jmed48k_does_not_say_is_named(
    jmed48k: Layout, change: dict[str, Any], problem: str
) -> None:
    jmed48k.files["05_nurse/2024.json"] = {"questions": [jmed(1) | change]}
    message = jmed48k.refused()
    assert "2024.json" in message
    assert problem in message


def test_a_file_of_another_shape_is_refused(jmed48k: Layout) -> None:
    jmed48k.files["05_nurse/2024.json"] = [jmed(1)]
    assert "2024.json: holds no object with a list of 'questions'" in jmed48k.refused()


# --- whatever a file holds --------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 999)
    | st.floats()
    | st.text("1a3、or 選べ％%.-", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("12ab", max_size=2), inner),
    max_leaves=4,
)
READERS = {"kokushimd": (kokushimd_layout, "x_a.json"), "jmed48k": (jmed48k_layout, "x.json")}


@given(form=st.sampled_from(list(READERS)), data=st.data())
def test_any_value_of_any_field_is_read_or_refused(
    form: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entry = kokushi(1) if form == "kokushimd" else jmed(1)
    fields = data.draw(st.lists(st.sampled_from(list(entry)), max_size=2))
    changed = entry | {field: data.draw(JSON) for field in fields}
    layout, name = READERS[form]
    file = tmp_path_factory.getbasetemp() / "any" / name
    save(file, [changed] if form == "kokushimd" else {"questions": [changed]})
    refused: list[str] = []
    options: list[str] = []
    prohibited: list[str] = []
    try:
        for question in layout.read(file.parent, "x").questions:
            options += question.options
            prohibited += question.prohibited
    except PackError as error:
        refused.append(str(error.where))
    assert refused in ([], [str(file)])
    assert set(prohibited) <= set(options)


@pytest.mark.parametrize("part", ["exams/**2022", "exams/[2022]", "exams/20?2"])
@pytest.mark.parametrize("form", ["kokushimd", "jmed48k"])
def test_a_part_is_a_name_and_no_pattern(pack: PackBuilder, form: str, part: str) -> None:
    layout = Layout(pack, form, part)
    layout.blocks(A=1)
    layout.files["exams/2022_a.json"] = []
    layout.write()
    with pytest.raises(DataMissingError, match="are not on this machine"):
        pack.reload()


def test_a_part_no_file_can_be_called_is_refused(pack: PackBuilder) -> None:
    layout = Layout(pack, "jmed48k", "05/" + "あ" * 90)
    layout.blocks(A=1)
    assert "source.part: " in layout.refused()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"index": "9" * 5000}, "index: "),
        ({"options": ["1. 架空", "1. 別", "2. 他"]}, "two options have the same label"),
        ({"options": ["架空"] * 11}, "11 options without labels"),
        ({"options": {"1": "架空", "１": "別"}}, "two are read as the same"),
        ({"options": {"": "架空", "1": "別"}}, "the label '' cannot be written"),
        ({"options": {"1,2": "架空", "1": "別"}}, "the label '1,2' cannot be written"),
        ({"human_accuracy": "nan"}, "human_accuracy nan is no share"),
        ({"human_accuracy": 150}, "human_accuracy 1.5 is no share"),
    ],
)
def test_no_option_is_lost_and_nothing_is_guessed(
    kokushimd: Layout, changes: dict[str, Any], problem: str
) -> None:
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = [kokushi(1) | changes]
    assert problem in kokushimd.refused()


def test_an_option_given_twice_in_one_object_is_refused(kokushimd: Layout) -> None:
    kokushimd.files["exams/JA/架空/架空_2022_a.json"] = [kokushi(1)]
    kokushimd.write()
    (file,) = kokushimd.folder.rglob("架空_2022_a.json")
    file.write_text(file.read_text("utf-8").replace('"2":', '"1":'), encoding="utf-8")
    assert "'1' stands twice in one object" in kokushimd.pack.refused_now()
