from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import PackError, UnknownNameError
from jmle_plugin.exam import default_data_root, find_pack, find_packs, pack_folders

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder, Refusal


def _pack(folder: Path, name: str) -> Path:
    file = folder / name / "exam.toml"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def test_the_suite_brings_its_own_exams() -> None:
    assert "jmle120" in find_packs(pack_folders())


def test_a_projects_exams_win_over_the_suites(tmp_path: Path) -> None:
    own = _pack(tmp_path / "data", "jmle120")
    assert find_pack("jmle120", pack_folders(tmp_path)) == own


def test_a_project_without_exams_adds_nothing(tmp_path: Path) -> None:
    assert pack_folders(tmp_path) == pack_folders()


def test_packs_are_sorted_and_folders_without_a_manifest_are_none(tmp_path: Path) -> None:
    for name in ("b", "a"):
        _pack(tmp_path, name)
    (tmp_path / "notes").mkdir()
    assert list(find_packs([tmp_path])) == ["a", "b"]


def test_an_exam_is_found_by_folder_or_file_too(pack: PackBuilder) -> None:
    file = pack.write()
    assert find_pack(str(file), []) == file
    assert find_pack(str(file.parent), []) == file


def test_an_unknown_exam_names_the_near_ones(tmp_path: Path, refusal: Refusal) -> None:
    _pack(tmp_path, "jmle120")
    message = refusal(lambda: find_pack("jmle12", [tmp_path]), UnknownNameError)
    assert message == "unknown exam 'jmle12'\n  Did you mean jmle120?"


def test_an_exam_like_no_other_names_all_there_are(tmp_path: Path, refusal: Refusal) -> None:
    _pack(tmp_path, "jmle120")
    assert "There are: jmle120." in refusal(lambda: find_pack("xyz", [tmp_path]), UnknownNameError)
    assert "There are none yet." in refusal(lambda: find_pack("xyz", []), UnknownNameError)


@pytest.mark.parametrize(
    "name", ["no/such/exam.toml", "a\0b", "x" * 5000], ids=["gone", "nul", "long"]
)
def test_a_path_that_is_not_there_is_an_unknown_exam(name: str, refusal: Refusal) -> None:
    assert "unknown exam" in refusal(lambda: find_pack(name, []), UnknownNameError)


def test_a_folder_without_a_manifest_is_no_exam(tmp_path: Path, refusal: Refusal) -> None:
    _pack(tmp_path / "packs", "jmle120")
    message = refusal(lambda: find_pack(str(tmp_path), [tmp_path / "packs"]), PackError)
    assert f"{tmp_path}: holds no exam.toml" in message
    assert "one of: jmle120" in message


def test_data_goes_into_the_users_own_folder() -> None:
    assert default_data_root().is_absolute()
    assert default_data_root().name == "jmle"
