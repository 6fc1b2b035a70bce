"""Whatever is written as a result, every command accepts: invented packs of every rule and kind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmle_plugin.ask.cassette import Cassette, write_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.recording import keep_run
from jmle_plugin.cli import main
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import NumericRule, Treatment
from jmle_plugin.exam.pack import load_exam
from tests.builders import make_completion
from tests.packs import write_rules

RUNS = ("one", "other")
FORMS: dict[str, dict[str, Any]] = {
    "single": {"kind": "choice", "select": 1, "answer": ["a"], "prohibited": ["d"]},
    "multi_select": {"kind": "choice", "select": 2, "answer": ["a", "c"], "prohibited": ["b"]},
    "select_all": {"kind": "choice", "select": 0, "answer": ["a", "b"]},
    "sequence": {"kind": "sequence", "select": 3, "answer": ["c", "a", "b"]},
    "numeric": {"kind": "numeric", "answer": ["0.40"]},
    "terms": {"kind": "terms", "select": 0, "answer": ["cough", "fever"]},
}
REPLIES = (
    *("a", "b", "d", "a,c", "c,a", "b,c", "a,b", "a,b,c,d", "c,a,b", "0.40", "0.4", "41", ""),
    *("a または b", "b" * 300, "9" * 300, "fever", '["cough", "fever"]', None),
)
"""What is written behind the marker; None for no reply at all."""


@dataclass(frozen=True)
class Invented:
    """A pack, and what two runs reply to it: question and epoch -> reply."""

    rules: dict[str, Any]
    questions: list[dict[str, Any]]
    epochs: int
    replies: Mapping[str, Mapping[tuple[str, int], str | None]]
    extraction: str

    @property
    def costly(self) -> bool:
        """Whether wrong answers cost points."""
        return any(block.get("wrong") for block in self.rules["blocks"])


@st.composite
def invented(draw: st.DrawFn) -> Invented:
    forms = draw(st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=6))
    questions = []
    for number, form in enumerate(forms, 1):
        fields = dict(FORMS[form])
        if fields["kind"] not in {"numeric", "terms"}:
            fields["options"] = dict(zip("abcd", ("one", "two", "three", "four"), strict=True))
        name = f"A-{number}"
        questions.append(
            {"id": name, "block": "A", "number": number, "text": f"Question {name}?", **fields}
        )
    points = draw(st.integers(0, 3))
    changes = []
    for one in questions:
        decision = draw(st.sampled_from(["none", "accept", *Treatment]))
        if decision == "accept":
            others = {"numeric": ["7"], "terms": ["fever"]}
            second = others.get(one["kind"], sorted(one["answer"], reverse=True))
            # The second answer must be another one, and no prohibited choice.
            if one["kind"] == "choice":
                second = {0: ["c"], 1: ["b"], 2: ["c", "d"]}[one["select"]]
            changes.append({"question": one["id"], "accept": [one["answer"], second]})
        elif decision not in ("none", "standard"):
            changes.append({"question": one["id"], "treatment": decision})
    criterion = draw(
        st.sampled_from([{"ratio": [4, 5]}, {"threshold": 0}, {"threshold": 1, "ratio": [1, 2]}])
    )
    key: dict[str, Any] = {
        "title": "the key",
        "numeric": draw(st.sampled_from([one.value for one in NumericRule])),
        "criteria": {"general": criterion},
        "changes": changes,
    }
    if draw(st.booleans()):
        key["prohibited"] = {"limit": draw(st.integers(0, 1)), "listed": draw(st.booleans())}
    block = {"id": "A", "section": "general", "questions": len(questions), "points": points}
    wrong = draw(st.integers(-2, 0))
    epochs = draw(st.integers(1, 2))
    askings = [(one["id"], epoch) for one in questions for epoch in range(1, epochs + 1)]
    reply = st.sampled_from(REPLIES)
    return Invented(
        {"blocks": [block | ({"wrong": wrong} if wrong else {})], "key": key},
        questions,
        epochs,
        {run: {asking: draw(reply) for asking in askings} for run in RUNS},
        draw(st.sampled_from(["standard", "published"])),
    )


def record(case: Invented) -> None:
    """The pack, and cassettes of both runs, in the current folder."""
    pack = write_rules(Path("data"), "made", case.rules, case.questions)
    exam = load_exam(pack, data_root=Path.cwd())
    for run, replies in case.replies.items():
        wanted = Wanted(model=f"some/{run}", run=run, epochs=case.epochs, may_record=True)
        sitting = open_sitting(exam, Path("cassettes"), wanted)
        keep_run(sitting.folder, sitting.run)
        for seat in sitting.seats():
            reply = replies[seat.question.id, seat.epoch]
            if reply is None:
                continue
            request = seat.request
            cassette = Cassette(
                question=request.question,
                epoch=request.epoch,
                question_sha256=request.question_sha256,
                request=request.body,
                response=make_completion(f"【回答】{reply}"),
            )
            write_cassette(seat.cassette, cassette)


def test_every_kind_and_treatment_is_invented() -> None:
    assert {form["kind"] for form in FORMS.values()} == set(QuestionKind)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=invented())
def test_whatever_is_written_every_command_accepts(
    case: Invented, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        record(case)
        again = ["rescore", *RUNS, "--exam=made", f"--extraction={case.extraction}", "--write"]
        assert main(again) == 0
        files = [f"results/made/{run}.json" for run in RUNS]
        for file in files:
            sheet = json.loads(Path(file).read_text("utf-8"))["sheet"]
            assert main(["show", file]) == 0
            assert ("A wrong answer costs points" in capsys.readouterr().out) is case.costly
            assert main(["verify", file]) == 0, capsys.readouterr()
            assert sheet["total"]["points"] <= sheet["total"]["max"]
        assert main(["leaderboard", *files]) == 0, capsys.readouterr().err
        assert main(["report", *files, "--output=page.html"]) == 0
        assert main(again) == 0
        assert capsys.readouterr().out.count("the same figures, no mark changed") == len(RUNS)
        status = main(["compare", *RUNS, "--allow-mismatch=incomplete"])
        said = capsys.readouterr().err
        if case.costly:
            assert (status, "wrong answers cost points in this exam" in said) == (1, True)
        else:
            # Where a run has no reply at all there is nothing to compare.
            assert status == int("no answered question in common" in said)
