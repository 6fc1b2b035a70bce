"""What gates say, in every language: each sentence there is, snapshots that were read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.gates import GATES
from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.remake import Compared
from jmle_plugin.mark.bench import SectionMeasures
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.sheet_report import gates_document
from jmle_plugin.results import language
from jmle_plugin.results.comparison import Comparison, ImageAnswers, MeasureChange, NewlyWrong
from jmle_plugin.results.language import Language, group, speaking
from jmle_plugin.session.gate import Sat, decide, decide_shard, decisions, judge
from tests.builders import lines_of, make_epochs, make_exam, make_marks, make_results, make_run

EXAM = make_exam()
LATIN = re.compile(r"[A-Za-z]+")
NAMES = re.compile(
    r"official|significant|noninferior|newly-wrong|images|all|none|pytest|Holm|"
    r"old|new|tiny model|blind|\bp\b|A-\d|sample\.toml is not here"
)
"""Names of gates, runs, questions and tests, and what an error says."""


def sat(asked: str = "", **outcomes: Outcome) -> Sat:
    names = asked.split() or list(EXAM.questions)
    return Sat("tiny model", build_sheet(EXAM, make_marks(EXAM, **outcomes), names))


def compared() -> Comparison:
    old = make_results(EXAM, make_marks(EXAM), run=make_run(run="old"))
    new = make_results(EXAM, make_marks(EXAM, A_1=Outcome.INCORRECT), run=make_run(run="new"))
    return compare(old, new, places(EXAM), margin=2)


def measures(*differences: float | None, p: float = 0.2) -> list[MeasureChange]:
    return [
        MeasureChange(
            section="all", title="All sections", measure="accuracy", questions=9, old=0.5,
            new=None if one is None else 0.5 + one, low=None, high=None, test="sign-flip",
            p_loss=p, p_value=p, p_holm=None if one is None else p, decides=True,
        )
        for one in differences
    ]  # fmt: skip


def comparisons() -> Mapping[str, list[Comparison]]:
    """Gate -> comparisons on which it says all that it can say."""
    one = compared()
    assert one.margin is not None
    lost = one.tests.model_copy(update={"loss": 0.004})
    often = one.old.model_copy(update={"epochs": 3})
    images = ImageAnswers(
        questions=10, old_correct=9, new_correct=8.5, gained=[], lost=["A-1"], p_loss=0.25
    )
    steady = NewlyWrong(epochs=3, questions=["A-1", "A-2"], unsteady=2, p_value=0.06)
    some = steady.model_copy(update={"p_value": 0.01})
    excluded = one.margin.model_copy(update={"lower_bound": -1.5, "p_value": 0.03})
    wrong: list[dict[str, object]] = [
        {"newly_wrong": found.model_copy(update={"new_epochs": epochs})}
        for found in (steady, some)
        for epochs in (1, 3)
    ]
    changes: dict[str, list[dict[str, object]]] = {
        "significant": [
            {}, {"tests": lost}, {"difference": 0}, {"old": often},
            {"measures": measures(-0.1, None)}, {"measures": measures(-0.1, p=0.001)},
            {"measures": measures(0.1)},
        ],
        "noninferior": [{}, {"tests": lost}, {"margin": excluded}],
        "newly-wrong": [
            *wrong, {"newly_wrong": NewlyWrong(epochs=3, questions=[])},
        ],
        "images": [
            {"images": None}, {"images": images},
            {"images": images.model_copy(update={"p_loss": 0.01})},
            {"images": images.model_copy(update={"new_correct": 9, "lost": []})},
        ],
    }  # fmt: skip
    return {
        gate: [one.model_copy(update=update) for update in updates]
        for gate, updates in changes.items()
    }


def rulings() -> Iterator[str]:
    for gate, found in comparisons().items():
        for comparison in found:
            ruling = Compared("old", comparison, GATES[gate]).ruling
            assert ruling is not None
            yield ruling.sentence
    refused = Compared("old", None, GATES["images"], "sample.toml is not here", finished=False)
    assert refused.ruling is not None
    assert refused.ruling.sentence == refused.refusal
    yield refused.refusal


def sittings() -> Iterator[tuple[Sat, str]]:
    good, wrong = sat(), sat(B_2=Outcome.INCORRECT)
    once = {"B_2": Outcome.INCORRECT}
    epochs = make_epochs(EXAM, {}, once, once, run=make_run()).sheet.epochs
    part = sat("A-1 A-2")

    def of(one: Sat, **update: object) -> Sat:
        return replace(one, sheet=one.sheet.model_copy(update=update))

    bench = {"a": SectionMeasures(title="A", questions=1, replies=1, unreadable=0, measures={})}
    yield from ((one, "official") for one in (
        good, wrong, part, sat(A_1=Outcome.ERROR), of(part, epochs=epochs), of(good, epochs=epochs),
        of(wrong, prohibited=wrong.sheet.prohibited.model_copy(
            update={"count": 2, "limit": 1, "passed": False})),
        of(good, verdict=Verdict.PARTIAL, of=8, lacking=["A-9"]),
        of(good, verdict=Verdict.NONE, no_verdict="-"),
        of(good, verdict=Verdict.NONE, measures=bench),
    ))  # fmt: skip
    yield from ((replace(good, wrong=wrong), "all") for wrong in (0, 1, 2))
    yield good, "none"


def endings() -> Iterator[str]:
    good, wrong = sat(), replace(sat(B_2=Outcome.INCORRECT), name="blind", decides=False)
    for status, gate, unasked in ((2, "official", 0), (0, "official", 0), (1, "all", 1)):
        yield decide(status, gate, [good, wrong], asked=False, unasked=unasked).reason
    yield decide(1, "none", [good], asked=True, other_failures=2).reason
    yield decide(1, "none", [good], asked=True).reason
    for status, missing in ((2, 0), (0, 0), (0, 2)):
        yield decide_shard(status, (1, 3), {"old": missing, "new": 0}).reason


@pytest.mark.parametrize("which", Language)
def test_sentences(
    which: Language, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: set[str] = set()
    with speaking(which):
        texts, before = group("gate"), language.template_of

        def heard(key: str, number: float | None = None) -> str:
            said.add(key)
            return before(key, number)

        monkeypatch.setattr(language, "template_of", heard)
        judged = [one.sentence for sat_, gate in sittings() if (one := judge(sat_, gate))]
        found = {"rulings": [*rulings()], "judged": judged, "endings": [*endings()]}
    assert found == snapshot
    elsewhere = {"of_exam", "official.unasked"}
    keys = {re.sub(r"\.(one|other)$", "", key) for key in texts}
    assert {key for key in keys - elsewhere if f"gate.{key}" not in said} == set()
    if which is Language.JA:
        every = [text for texts in found.values() for text in texts]
        assert [text for text in every if LATIN.search(NAMES.sub("", text))] == []


def test_the_summary_of_a_job_says_it_in_the_language_in_force() -> None:
    with speaking(Language.JA):
        gates = decisions(sat(), "official", 0.5, Compared("old", compared(), None).ruling)
        assert lines_of(gates_document(gates)) == ["✅ ゲートofficial：tiny modelは合格です"]
