"""The gate on two audits: are as many questions right only with their figures as before?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from jmle_plugin.compare.gate import Ruling
from jmle_plugin.compare.significance import sign_flip
from jmle_plugin.results.audit import Audit
from jmle_plugin.results.figures import p_text
from jmle_plugin.text import count


def decide_images(old: Audit, new: Audit, alpha: float) -> Ruling:
    """Fail when fewer questions are right with figures and wrong without than in `old`.

    Any shrink fails; the sentence says whether it is more than chance (exact one-sided test
    on the questions that are image-dependent in one audit alone, at `alpha`). Questions
    that only one of the two audits has count for neither.
    """
    both = _questions(old) & _questions(new)
    before = [one for one in old.total.right_wrong if one in both]
    after = [one for one in new.total.right_wrong if one in both]
    lost = [one for one in before if one not in after]
    gained = [one for one in after if one not in before]
    passed = len(after) >= len(before)
    verb = "do not shrink" if passed else "shrink"
    details = [*_lost(lost, new)]
    if gained:
        details.append(f"new {', '.join(gained)}")
    if not passed:
        p = sign_flip([-1] * len(lost) + [1] * len(gained))
        noise = "more than noise" if p <= alpha else "within noise"
        details.append(f"a shrink {noise} (one-sided {p_text(p)}, alpha {alpha:g})")
    return Ruling(
        passed,
        f"gate images: the answers that need their figures {verb}: "
        f"{count(len(after), 'question')} right only with figures, {len(before)} in "
        f"{old.vision.name}" + "".join(f"; {one}" for one in details),
    )


def _lost(lost: Collection[str], new: Audit) -> Iterator[str]:
    for words, state in (
        ("no longer right with figures", {*new.total.wrong_right, *new.total.wrong_wrong}),
        ("now right without as well", {*new.total.right_right}),
    ):
        if names := [one for one in lost if one in state]:
            yield f"{words} {', '.join(names)}"


def _questions(audit: Audit) -> set[str]:
    return {name for ids in audit.total.states.values() for name in ids}
