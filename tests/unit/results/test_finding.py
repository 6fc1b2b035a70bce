"""A run's name finds its results; what it could also mean is an error that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.errors import UnknownNameError
from jmle_plugin.results.store import find_results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("jmle120/gpt-5.2", "jmle120/gpt-5.2.partial", "jmle120/both", "sample/both"):
        file = tmp_path / "results" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    (tmp_path / "results" / "jmle120" / "page.html").write_text("")
    return tmp_path / "results"


@pytest.mark.parametrize("exam", [None, "jmle120"])
@pytest.mark.parametrize("name", ["gpt-5.2", "gpt-5.2.partial"])
def test_a_name_that_is_unique(folder: Path, name: str, exam: str | None) -> None:
    assert find_results(name, folder, exam) == folder / "jmle120" / f"{name}.json"


def test_a_name_of_several_exams(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"several runs\n.*--exam: jmle120, sample"):
        find_results("both", folder)
    assert find_results("both", folder, "sample") == folder / "sample" / "both.json"


def test_an_address_and_a_folder_of_cassettes_name_both(folder: Path) -> None:
    for exam in ("jmle120", "sample"):
        assert find_results(f"{exam}/both", folder) == folder / exam / "both.json"
        run = folder.parent / "cassettes" / exam / "both"
        run.mkdir(parents=True)
        (run / "run.json").write_text("{}")
        assert find_results(str(run), folder) == folder / exam / "both.json"
    with pytest.raises(UnknownNameError, match="Did you mean both"):
        find_results("sample/bot", folder)


@pytest.mark.parametrize(
    ("name", "exam", "told"),
    [
        ("gpt-5.3", None, "Did you mean gpt-5.2"),
        ("page", None, "There are: both, gpt-5.2"),
        ("gpt-5.2", "sample", "There are: both."),
        ("both", "jmle12", "unknown exam with results 'jmle12'\n  Did you mean jmle120"),
    ],
)
def test_near_names_are_told(folder: Path, name: str, exam: str | None, told: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        find_results(name, folder, exam)
    assert told in str(raised.value)


def test_no_results_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="There are none yet"):
        find_results("gpt-5.2", tmp_path / "gone")


def test_files_are_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gone.json", "gone/run", "../run"):
        assert find_results(name, folder) == Path(name)
    monkeypatch.chdir(folder.parent)
    Path("both").write_text("{}")
    assert find_results("both", folder) == Path("both")
