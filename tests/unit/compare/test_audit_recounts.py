"""Every statistic of an audit, recomputed from the marks of recorded runs.

Another run stands for the half without figures: what is counted is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.audit import audit
from jmle_plugin.compare.pairing import places
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.doubt import Audit, AuditPart
from tests.unit.compare.counting import Changes, cases_of, holm, sign_test
from tests.unit.compare.published import marked, published_exam, recorded

pytestmark = pytest.mark.data

AUDITED = [
    ("Gemini 3.1 Pro Preview", "GPT-5.2"),
    ("Qwen3.5-27B", "gpt-oss-120b (high)"),
    ("GPT-5.2", "gpt-oss-20b (low)"),
    ("gpt-oss-20b (low)", "Claude Sonnet 4.6"),
]


@dataclass(frozen=True)
class Audited:
    """An audit, and whether each question was right with figures, and without."""

    exam: Exam
    found: Audit
    right: dict[str, tuple[bool, bool]]

    def parts(self) -> Iterator[tuple[AuditPart, list[str]]]:
        """Each table, and its questions by the exam."""
        questions = self.exam.questions.values()
        shown = [one for one in questions if one.images]
        assert self.found.text_only is not None
        yield self.found.total, [one.id for one in shown]
        yield self.found.text_only, [one.id for one in questions if not one.images]
        for part in self.found.sections:
            yield part, [one.id for one in shown if one.section == part.name]
        for part in self.found.blocks:
            yield part, [one.id for one in shown if one.block == part.name]


@pytest.fixture(scope="module", params=AUDITED, ids=" against ".join)
def audited(request: pytest.FixtureRequest, data_root: Path) -> Audited:
    exam, raw = published_exam("jmle120", data_root), recorded(data_root)
    seen, unseen = request.param
    vision = marked(exam, raw[seen], "model", images=ImageMode.VISION, model="some/model")
    blind = marked(exam, raw[unseen], "model-blind", images=ImageMode.BLIND, model="some/model")
    before, after = (
        {mark.question: mark.outcome is Outcome.CORRECT for mark in one.marks}
        for one in (vision, blind)
    )
    right = {name: (before[name], after[name]) for name in exam.questions}
    return Audited(exam, audit(vision, blind, exam), right)


def test_every_part_has_its_states_the_exact_test_and_holms_correction(audited: Audited) -> None:
    found, tested = audited.found, []
    for part, names in audited.parts():
        states = Counter(audited.right[name] for name in names)
        assert part.questions == len(names)
        assert part.counts == (
            states[True, True], states[True, False], states[False, True], states[False, False]
        )  # fmt: skip
        gained, lost = states[True, False], states[False, True]
        assert part.net == pytest.approx(100 * (gained - lost) / len(names), abs=5.1e-3)
        tested.append(sign_test(gained, lost))
        assert part.p_mcnemar == pytest.approx(tested[-1], rel=1e-5)
    parts = [part for several in found.groupings.values() for part in several]
    assert len(parts) == len(tested) - 2
    assert [part.p_holm for part in parts] == pytest.approx(holm(tested[2:]), rel=1e-4)


def test_the_smallest_net_effect_is_found_4_times_of_5(audited: Audited) -> None:
    of = audited.found.total.questions
    fewest = next(n for n in range(of) if 2 * 0.5**n <= 0.05)
    assert audited.found.detectable == next(
        n
        for n in range(1, of + 1)
        if sum(
            comb(of, k) * (n / of) ** k * (1 - n / of) ** (of - k) for k in range(fewest, of + 1)
        )
        >= 0.8
    )


def test_the_ends_of_every_interval_are_where_the_test_just_excludes_a_net_effect(
    audited: Audited,
) -> None:
    """At each end a table as far from it as the one seen, or farther, has a chance of 2.5 %."""
    where = places(audited.exam)
    for part, names in audited.parts():
        net = {name: Fraction(audited.right[name][0] - audited.right[name][1]) for name in names}
        for end, side in ((part.low, 1), (part.high, -1)):
            changes = Changes.of(
                {name: side * one for name, one in net.items()},
                dict.fromkeys(names, 1),
                cases_of(names, where),
            )
            # In questions; two digits of a percentage are kept of what was found to a thousandth.
            loss, off = -side * end * len(names) / 100, 1.1e-3 + 5.1e-5 * len(names)
            if loss + off >= len(names):
                assert changes.p_value(len(names) - 1e-6) > 0.025
                continue
            assert changes.p_value(loss + off) <= 0.025
            assert changes.p_value(loss - off) >= 0.025
