from __future__ import annotations

from tests.integration.conftest import Project

KILLED_AT = "000D-3"


def test_a_worker_killed_half_way_leaves_an_incomplete_sheet(project: Project) -> None:
    project.conftest(
        f"""
        import os, signal, pytest

        @pytest.fixture(autouse=True)
        def die(question):
            if question.id == "{KILLED_AT}":
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = project.sit("--run=scripted-resident", "-n2")
    sheet = project.results("scripted-resident")["sheet"]
    assert result.ret == 1
    assert (sheet["verdict"], sheet["errors"]) == ("incomplete", [KILLED_AT])
    assert sheet["sections"]["required"]["passed"] is None
    assert sheet["total"]["max"] == 56


def test_an_interrupted_session_has_no_verdict(project: Project) -> None:
    project.conftest(
        f"""
        import pytest

        @pytest.fixture(autouse=True)
        def interrupt(question):
            if question.id == "{KILLED_AT}":
                raise KeyboardInterrupt
        """
    )
    project.apart = True
    result = project.sit("--run=scripted-resident")
    assert result.ret == 2
    sheet = project.results("scripted-resident.partial")["sheet"]
    assert (sheet["verdict"], sheet["asked"]) == ("partial", 22)


def test_a_question_nobody_marked_is_an_error(project: Project) -> None:
    project.conftest(
        f"""
        import pytest

        @pytest.fixture(autouse=True)
        def leave_out(question):
            if question.id == "{KILLED_AT}":
                pytest.skip("not today")
        """
    )
    result = project.sit("--run=scripted-resident")
    assert result.ret == 1
    assert project.results("scripted-resident")["sheet"]["errors"] == [KILLED_AT]


def test_a_question_marked_by_two_tests_is_an_error(project: Project) -> None:
    project.pytester.makepyfile(
        test_twice="""
        import pytest

        @pytest.mark.vcr
        def test_again(reply, mark):
            mark(reply)
        """
    )
    result = project.sit("--run=scripted-resident", "tests_exam", "test_twice.py")
    assert result.ret == 1
    assert len(project.results("scripted-resident")["sheet"]["errors"]) == 40
