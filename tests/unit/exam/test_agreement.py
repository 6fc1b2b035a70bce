"""A source that is not what its pack says is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam.fetch import check_source
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.sources import Paper, PaperQuestion

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder


def told(pack: PackBuilder, **points: int) -> None:
    """Check a paper whose source says these points (A_1=1)."""
    questions = tuple(
        PaperQuestion(
            name.replace("_", "-"),
            name[0],
            int(name[2:]),
            QuestionKind.CHOICE,
            "",
            (),
            points=counts,
        )
        for name, counts in points.items()
    )
    paper = Paper(file=pack.dataset, images=pack.folder / "images", questions=questions)
    pack.write()
    check_source(read_manifest(pack.file), paper, pack.folder)


def test_points_that_agree_are_fine(pack: PackBuilder) -> None:
    told(pack, A_1=1, B_1=1, B_2=3)


def test_points_that_differ_are_named_with_both(pack: PackBuilder) -> None:
    with pytest.raises(PackError, match="question B-2 counts 1 in the source, 3 in the pack"):
        told(pack, A_1=1, B_2=1)


def test_no_points_stand_for_a_question_that_is_excluded(pack: PackBuilder) -> None:
    with pytest.raises(PackError, match="question B-2 counts 0 in the source, 3 in the pack"):
        told(pack, B_2=0)
    pack.official["changes"] = [{"question": "B-2", "treatment": "exclude"}]
    told(pack, B_2=0)


def test_a_pinned_figure_that_is_not_there_is_missed(pack: PackBuilder) -> None:
    pack["A-1"].update(clinical_images=[], requires_image=False)
    pack.pin()
    pack.write()
    (pack.folder / "images" / "A-1.png").unlink()
    message = pack.refused_now()
    assert "A-1.png: this figure is pinned, but it is not there" in message
    assert "jmle fetch tiny" in message


def test_a_defect_of_an_unknown_question_is_a_mistake(pack: PackBuilder) -> None:
    pack.manifest["defects"] = {"Z-9": "is cut off"}
    assert "defects names question 'Z-9', which is not in this exam" in pack.refused()


def test_defects_are_told_and_change_no_digest(pack: PackBuilder) -> None:
    before = pack.load().hash
    pack.manifest["defects"] = {"A-1": "is cut off"}
    exam = pack.load()
    assert (exam.defects, exam.hash) == ({"A-1": "is cut off"}, before)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ({"unverified": ["x.json"]}, "pinned files need a 'folder' and a 'url'"),
        (
            {"unverified": ["x.json"], "url": "https://h/{commit}/{path}", "commit": "c0ffee"},
            "pinned by the commit alone: give all forty digits",
        ),
        (
            {"unverified": ["x.json"], "url": "https://h/{path}", "commit": "0" * 40},
            "a 'url' with a {commit} in it",
        ),
    ],
)
def test_files_without_checksum_need_a_whole_commit(
    pack: PackBuilder, source: dict[str, object], problem: str
) -> None:
    pack.manifest["source"] |= source
    assert problem in pack.refused()


def test_a_second_checksum_is_as_good_as_the_first(pack: PackBuilder) -> None:
    pack.pin()
    pack.write()
    name = pack.dataset.name
    first = pack.manifest["source"]["files"][name]
    pack.manifest["source"]["files"][name] = ["0" * 64, first]
    pack.load()
    pack.manifest["source"]["files"][name] = ["0" * 64, "1" * 64]
    assert "but the pack pins 000000000000" in pack.refused()


LATER = {"commit": "c0ffee", "key": "official"}


def newer(pack: PackBuilder, answer: str) -> str:
    """The refusal of a data set whose file is another than the pinned one."""
    pack.pin()
    pack.write()
    pack.manifest["source"]["later"] = LATER
    pack.official["changes"] = [{"question": "A-1", "answer": ["b"]}]
    pack["A-1"]["answer"] = [answer]
    return pack.refused()


def test_upstreams_newer_version_is_known_by_its_answers_and_not_to_be_deleted(
    pack: PackBuilder,
) -> None:
    message = newer(pack, "b")
    assert "it is upstream's newer version (commit c0ffee), which has the answers" in message
    assert "of the key 'official' already (A-1)" in message
    assert "write its checksum behind the pinned one" in message
    assert "delete" not in message


def test_any_other_version_is_not_taken_for_it(pack: PackBuilder) -> None:
    message = newer(pack, "c")
    assert "newer version" not in message
    assert "delete it and run `jmle fetch tiny`" in message


def test_a_pinned_figure_may_be_missing_where_its_question_is_said_to_lack_it(
    pack: PackBuilder,
) -> None:
    """One pinned figure of a question that shows none is missed by nobody unsaid."""
    figure = pack.folder / "images" / "A-1-2.png"
    pack.pin()
    pack.write()
    pack.manifest["source"]["files"]["images/A-1-2.png"] = "0" * 64
    assert f"{figure}: this figure is pinned, but it is not there" in pack.refused()
    pack["A-1"].update(clinical_images=[], requires_image=False)
    pack.manifest["source"]["files"].pop(pack.dataset.name)
    pack.load()
