from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.integration.conftest import MODES, Project

DOCUMENT = (ROOT / "docs" / "asking.md").read_text(encoding="utf-8")
MODEL = """
def my_model(messages):
    assert messages[-1]["role"] == "user"
    return "考えた。\\n【回答】a"
"""
OWN_CLIENT = (
    MODEL + DOCUMENT.partition("## Your own model")[2].split("```python\n")[1].split("```")[0]
)
"""The document's example, with a model."""

OWN_FOLDER = """
import pytest

@pytest.fixture
def vcr_cassette_dir(exam_seat):
    return str(exam_seat.sitting.folder.parent / "elsewhere")
"""

ORDERS = [
    pytest.param(("jmle_plugin.plugin", "pytest_recording.plugin"), id="jmle-first"),
    pytest.param(("pytest_recording.plugin", "jmle_plugin.plugin"), id="recording-first"),
]


@pytest.mark.parametrize("mode", MODES)
def test_a_model_of_ones_own_is_asked_without_any_gateway(
    project: Project, mode: tuple[str, ...]
) -> None:
    project.conftest(OWN_CLIENT)
    project.sit("--model=my/pipeline", *mode)
    sheet = project.results("my-pipeline")["sheet"]
    assert sheet["verdict"] == "fail"
    assert 0 < sheet["total"]["correct"] < 20
    assert sheet["errors"] == []


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_cassette_settings_win_whatever_the_install_order(
    project: Project, order: tuple[str, str], workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = [word for name in ("xdist.plugin", *order) for word in ("-p", name)]
    assert project.sit(*plugins, "--run=scripted-resident", "-n", workers).ret == 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_users_conftest_wins_whatever_the_install_order(
    project: Project, order: tuple[str, str], workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.path / "cassettes" / "sample"
    (folder / "elsewhere").mkdir()
    for file in (folder / "scripted-resident").glob("*.yaml"):
        file.rename(folder / "elsewhere" / file.name)
    project.conftest(OWN_FOLDER)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = [word for name in ("xdist.plugin", *order) for word in ("-p", name)]
    assert project.sit(*plugins, "--run=scripted-resident", "-n", workers).ret == 0


def test_cassettes_of_other_tests_keep_their_own_settings(project: Project) -> None:
    project.pytester.makepyfile(
        test_other="""
        import pytest

        @pytest.mark.vcr
        def test_other(vcr_config, vcr_cassette_dir, default_cassette_name):
            assert vcr_config == {}
            assert vcr_cassette_dir.endswith("test_other")
            assert default_cassette_name == "test_other"
        """
    )
    result = project.sit("--run=scripted-resident", "tests_exam", "test_other.py")
    assert result.ret == 0
    assert project.results("scripted-resident")["sheet"]["verdict"] == "pass"


def test_other_failing_tests_are_not_forgiven_by_a_pass(project: Project) -> None:
    project.pytester.makepyfile(test_other="def test_other(): assert False")
    result = project.sit("--run=scripted-resident", "tests_exam", "test_other.py")
    assert result.ret == 1
    assert "1 other failure in this session" in result.stdout.str()


def test_an_outage_in_ones_own_model_is_an_error_and_no_wrong_answer(project: Project) -> None:
    project.conftest(
        OWN_CLIENT.replace(
            "        return Reply", "        raise OSError('no GPU')\n        return Reply"
        )
    )
    result = project.sit("--model=my/pipeline")
    sheet = project.results("my-pipeline")["sheet"]
    assert result.ret == 1
    assert (sheet["verdict"], len(sheet["errors"])) == ("incomplete", 40)
