"""What is in the page, and what it says of what is not."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import write_cassette
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.audit import audit
from jmle_plugin.compare.comparison import compare
from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Exam, Question, Treatment
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.page import build_page, write_run_page
from jmle_plugin.report.html.questions import (
    PAGE_BYTES,
    StoredReply,
    cassette_replies,
    stem,
)
from jmle_plugin.report.html.runs import PageRun
from jmle_plugin.results.file import Results
from tests.builders import (
    FIGURE,
    make_cassette,
    make_epochs,
    make_exam,
    make_imported_run,
    make_key,
    make_mark,
    make_marks,
    make_question,
    make_results,
    make_run,
    no_replies,
    synthetic,
)
from tests.conftest import ROOT

EXAM = make_exam()
NOTHING = no_replies("gone")


def data(page: str) -> dict[str, Any]:
    found = re.search('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def built(
    *results: Results, exam: Exam | None = EXAM, text: str = "【回答】a", **options: Any
) -> dict[str, Any]:
    reply = StoredReply(Reply(text), "the file")
    page = data(build_page([PageRun(one, lambda *_: reply) for one in results], exam, **options))
    return spoken(page)


def spoken(page: dict[str, Any], language: str = "en") -> dict[str, Any]:
    """The page's values as its scripts see them in a language."""
    words = page["words"][language]
    for run, told in zip(page["runs"], words["runs"], strict=True):
        compared = run["compared"] and run["compared"] | told["comparison"]
        run.update(told | {"comparison": compared})
    return page | {"missing": words["missing"], "forms": words["forms"]}


def asking(page: dict[str, Any], question: str = "A-1") -> dict[str, Any]:
    return dict(page["runs"][0]["marks"][question]["askings"][0])


def test_the_policy_lets_nothing_in() -> None:
    for images, sources in (("link", "data: 'self' file:"), ("embed", "data:"), ("off", "data:")):
        page = build_page([PageRun(make_results(), NOTHING)], None, images=images)  # type: ignore[arg-type]
        policy = dict(
            directive.split(" ", 1)
            for directive in re.findall('Policy" content="(.*?)"', page)[0].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert policy["img-src"] == sources
        assert "unsafe" not in str(policy)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page.partition("<body>")[0])


def test_a_question_without_its_options() -> None:
    assert stem(make_question()) == "Question A-1?"
    table = make_question(text="Which?\n|a|one|\n|b|two|")
    assert stem(table) == "Which?\n|a|one|\n|b|two|"


@pytest.mark.data
def test_real_questions_come_apart(data_root: Path) -> None:
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data_root)

    def whole(one: Question) -> bool:
        return bool(one.options) and stem(one) == one.text

    # Their options are rows of a table.
    assert [one.id for one in exam.questions.values() if whole(one)] == ["120C-71", "120F-14"]


def test_exam_and_run_are_all_there() -> None:
    exam = make_exam(make_key({"B-3": Treatment.CREDIT_ALL}))
    page = built(make_results(exam), exam=exam)
    assert page["blocks"] == ["A", "B"]
    questions = {one["id"]: one for one in page["questions"]}
    assert list(questions) == list(exam.questions)
    assert questions["B-2"]["prohibited"] == ["d", "e"]
    assert questions["B-3"]["treatment"] == "credit_all"
    assert page["serials"]["B-2-3"] == {"text": "One case.", "questions": ["B-2", "B-3"]}
    assert page["runs"][0]["sheet"]["verdict"] == "pass"
    assert page["runs"][0]["provenance"]["exam"]["hash"] == exam.hash
    assert asking(page)["line"] == "【回答】a"
    assert (page["missing"], page["runs"][0]["missing"]) == ([], [])


@pytest.mark.parametrize(
    ("results", "labels"),
    [
        (make_results(), []),
        (make_results(synthetic(EXAM)), ["sample exam"]),
        (make_results(run=make_run(model="scripted/x")), ["scripted replies"]),
        (make_results(run=make_imported_run()), ["imported from JMLE2026-Bench", "images blind"]),
    ],
)
def test_labels(results: Results, labels: list[str]) -> None:
    assert built(results)["runs"][0]["labels"] == labels


def test_missing_pieces_are_named() -> None:
    page = spoken(data(build_page([PageRun(make_results(), NOTHING)], None)))
    assert "jmle fetch" in page["missing"][0]
    assert [one["id"] for one in page["questions"]] == list(EXAM.questions)
    assert page["runs"][0]["missing"] == ["7 of 7 replies are not in this page. The first: gone"]
    assert asking(page)["gone"] == "gone"


def test_an_exam_in_another_state_is_named() -> None:
    page = built(make_results(), exam=replace(EXAM, hash="9" * 64))
    assert "another state" in page["runs"][0]["missing"][0]


def test_another_key_state_is_named() -> None:
    page = built(make_results(), exam=replace(EXAM, key=replace(EXAM.key, state="author")))
    assert page["runs"][0]["missing"][0].startswith("The run was marked by key official")


def test_a_reply_that_was_not_the_one_marked_is_named() -> None:
    page = built(make_results(), text="【回答】b")
    assert "not the reply that was marked" in asking(page)["gone"]
    assert "gone" not in asking(page, "A-4")


def test_errors_have_no_reply_to_miss() -> None:
    results = make_epochs(EXAM, {"A_1": Outcome.ERROR})
    page = spoken(data(build_page([PageRun(results, NOTHING)], EXAM)))
    assert page["runs"][0]["missing"][0].startswith("6 of 6")
    assert "gone" not in asking(page)


def test_the_scored_asking_is_the_majority() -> None:
    wrong = {"A_1": Outcome.INCORRECT}
    found = built(make_epochs(EXAM, wrong, {}, {}))["runs"][0]["marks"]["A-1"]
    assert found["chosen"] == 1
    assert [one["epoch"] for one in found["askings"]] == [1, 2, 3]


def test_remarks_have_a_label_each() -> None:
    page = built(make_epochs(EXAM, {"A_1": Outcome.INCORRECT}, {}, {}))
    told = dict(page["runs"][0]["remarks"])
    assert told["Changing answers"] == "1 question, 1 between right and wrong: A-1"
    assert told["Cost"] == "unknown"
    assert all(told)


def test_replies_share_the_room_there_is() -> None:
    page = built(*[make_results()] * 4, text="あ" * 100_000)
    shown = [mark["askings"][0]["text"] for run in page["runs"] for mark in run["marks"].values()]
    assert all(one["left_out"] for one in shown)
    assert sum(len((one["head"] + one["tail"]).encode()) for one in shown) <= PAGE_BYTES


def figures(path: Path, images: str, base: Path) -> Any:
    exam = make_exam(questions=[make_question("A-1", images=(replace(FIGURE, path=path),))])
    page = built(make_results(exam), exam=exam, images=images, base=base)
    return page["figures"]["ecg.png"]


def test_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures" / "#1 ?.png"
    file.parent.mkdir()
    file.write_bytes(b"PNG")
    base = tmp_path / "results" / "tiny"
    size = {"width": 4, "height": 3, "size": 90}
    assert figures(file, "off", base) == size
    assert figures(file, "link", base) == size | {"source": "../../figures/%231%20%3F.png"}
    assert figures(file, "embed", base) == size | {"source": "data:image/png;base64,UE5H"}
    file.unlink()
    assert "No such file" in figures(file, "embed", base)["missing"]


def test_an_endless_error_is_cut() -> None:
    marks = {"A-1": make_mark(EXAM, "A-1", Outcome.ERROR, error="x" * 100_000)}
    page = built(make_results(marks=make_marks(EXAM) | marks))
    assert asking(page)["error"].endswith("… (95,000 characters more)")
    told = dict(page["runs"][0]["remarks"])
    assert len(told["Without a reply (1)"]) < 6000


def test_a_comparison_tells_both_answers() -> None:
    old = make_results(marks=make_marks(EXAM, A_1=Outcome.NO_ANSWER))
    new = make_results(marks=make_marks(EXAM, B_2=Outcome.INCORRECT))
    told = built(new.model_copy(update={"comparison": compare(old, new)}))["runs"][0]["comparison"]
    assert (list(told["gained"]), list(told["lost"])) == (["A-1"], ["B-2"])
    assert told["gained"]["A-1"]["old"] == {
        "answer": [],
        "outcome": "no_answer",
        "right": 0,
        "replies": 1,
    }
    assert told["gained"]["A-1"]["new"]["answer"] == ["a"]


def test_how_people_did_is_told_where_it_is_known() -> None:
    known = {**EXAM.questions, "A-1": replace(EXAM.questions["A-1"], human_accuracy=0.71)}
    page = built(make_results(), exam=replace(EXAM, questions=known))
    assert [one["human"] for one in page["questions"]][:2] == [0.71, None]


@pytest.mark.parametrize("ids", [(), ("tiny", "other")])
def test_a_page_is_of_one_exam(ids: Sequence[str]) -> None:
    runs = [PageRun(make_results(replace(EXAM, id=name)), NOTHING) for name in ids]
    with pytest.raises(ResultError, match="one exam"):
        build_page(runs, None)


def test_replies_are_read_below_exam_and_run(tmp_path: Path) -> None:
    write_run_page(make_results(), EXAM, tmp_path / "cassettes", tmp_path / "page.html")
    page = data((tmp_path / "page.html").read_text("utf-8"))
    assert str(tmp_path / "cassettes" / "tiny" / "some-model" / "A-1.yaml") in asking(page)["gone"]


def test_an_audit_is_in_the_page_with_the_questions_behind_each_state() -> None:
    exam = make_exam(questions=[make_question("A-4", images=(FIGURE,)), make_question("B-1")])
    vision = make_results(exam)
    blind = make_results(
        exam,
        make_marks(exam, A_4=Outcome.INCORRECT),
        run=make_run(run="b", images=ImageMode.BLIND, text_only_from="some-model"),
    )
    told = vision.model_copy(update={"audit": audit(vision, blind, exam)})
    (run,) = built(told, exam=exam)["runs"]
    assert run["audit"]["headline"].startswith("Net effect of the figures: +100.0")
    states = {one["index"]: one["questions"] for one in run["audit"]["states"]}
    assert states == {"p11": [], "p10": ["A-4"], "p01": [], "p00": []}
    assert built(vision, exam=exam)["runs"][0]["audit"] is None


def test_text_only_replies_of_a_blind_half_are_those_of_the_run_it_names(tmp_path: Path) -> None:
    shown = {"messages": [{"content": [{"image_url": {"url": "sha256:1"}, "type": "image_url"}]}]}
    lender, own = tmp_path / "vision", tmp_path / "blind"
    write_cassette(lender / "A-1.yaml", make_cassette("text-only"))
    write_cassette(lender / "A-4.yaml", make_cassette("seen", question="A-4", request=shown))
    write_cassette(own / "A-5.yaml", make_cassette("unseen", question="A-5"))
    read = cassette_replies(own, lender)
    replies = [read(name, 1) for name in ("A-1", "A-5")]
    assert [one.reply.text for one in replies if isinstance(one, StoredReply)] == [
        "text-only",
        "unseen",
    ]
    # A reply to the figures is nobody's blind reply.
    assert read("A-4", 1) == f"there is no cassette {own / 'A-4.yaml'}"
    assert read("A-9", 1) == f"there is no cassette {own / 'A-9.yaml'}"
    assert "there is no cassette" in str(cassette_replies(own)("A-1", 1))
