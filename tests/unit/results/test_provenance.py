"""Where a result comes from."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from jmle_plugin import __version__
from jmle_plugin.mark import Extraction
from jmle_plugin.results.provenance import Git, RunContext, build_provenance, read_git
from tests.builders import make_exam, make_imported_run, make_marks, make_run, make_sitting

EXAM = make_exam()
CONTEXT = RunContext(dt.datetime(2026, 2, 7, 9, 30, tzinfo=dt.UTC), 0.0, "2", None)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.invalid"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit: a source file and a result."""
    root = tmp_path / "repository"
    (root / "results").mkdir(parents=True)
    (root / "code.py").write_text("1", encoding="utf-8")
    (root / "results" / "run.json").write_text("{}", encoding="utf-8")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    return root


def change(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed", encoding="utf-8")


def is_dirty(root: Path, results: Path | None = None) -> bool:
    found = read_git(root, results or root / "results")
    assert found is not None
    return found.dirty


def test_commit_is_named(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert read_git(repository, repository / "results") == Git(commit=commit, dirty=False)


def test_changed_source_makes_it_dirty(repository: Path) -> None:
    change(repository / "code.py")
    assert is_dirty(repository)


def test_staged_change_makes_it_dirty(repository: Path) -> None:
    change(repository / "code.py")
    git(repository, "add", "code.py")
    assert is_dirty(repository)


def test_results_do_not_make_it_dirty(repository: Path) -> None:
    change(repository / "results" / "run.json")
    assert not is_dirty(repository)
    assert is_dirty(repository, repository / "elsewhere")


def test_untracked_files_do_not_make_it_dirty(repository: Path) -> None:
    change(repository / "notes.txt")
    assert not is_dirty(repository)


@pytest.mark.parametrize("place", ["../outside", "../outside/deeper"])
def test_results_may_lie_outside_the_repository(repository: Path, place: str) -> None:
    outside = repository / place
    change(outside / "run.json")
    assert not is_dirty(repository, outside)
    change(repository / "code.py")
    assert is_dirty(repository, outside)


def test_results_in_the_projects_own_folder_hide_no_change(repository: Path) -> None:
    change(repository / "code.py")
    assert is_dirty(repository, repository)


def test_characters_with_a_meaning_to_git_mean_nothing(repository: Path) -> None:
    change(repository / "code.py")
    assert is_dirty(repository, repository / "*")


def test_project_may_be_reached_by_a_link(repository: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(repository)
    change(repository / "results" / "run.json")
    assert not is_dirty(link, repository / "results")
    assert not is_dirty(repository, link / "results")


def test_project_may_be_a_part_of_a_repository(repository: Path) -> None:
    change(repository / "part" / "results" / "run.json")
    change(repository / "part" / "code.py")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    (repository / "part" / "results" / "run.json").write_text("again", encoding="utf-8")
    assert not is_dirty(repository / "part")
    (repository / "part" / "code.py").write_text("again", encoding="utf-8")
    assert is_dirty(repository / "part")


def test_looking_leaves_the_index_alone(repository: Path) -> None:
    index = repository / ".git" / "index"
    (repository / ".git" / "index.lock").touch()
    before = index.read_bytes()
    (repository / "code.py").touch()
    assert not is_dirty(repository)
    assert index.read_bytes() == before


def test_folder_without_a_repository_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_git(tmp_path, tmp_path / "results") is None
    assert read_git(tmp_path / "nowhere", tmp_path) is None


def test_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert read_git(tmp_path, tmp_path / "results") is None


def test_machine_without_git_is_no_obstacle(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert read_git(repository, repository / "results") is None


def test_everything_a_figure_depends_on_is_named() -> None:
    marks = [
        mark.model_copy(update={"model": model})
        for mark, model in zip(make_marks(EXAM).values(), ["m-2", "m-1", "m-2", ""], strict=False)
    ]
    run = make_run(parameters={"seed": 1})
    made = build_provenance(make_sitting(EXAM, run), marks, Extraction.PUBLISHED, CONTEXT)
    assert (made.exam.id, made.exam.hash, made.key.state) == ("tiny", EXAM.hash, "official")
    assert (made.prompt, made.imported, made.parameters) == (run.prompt, None, {"seed": 1})
    assert (made.requested_model, made.returned_models) == ("some/model", ["m-1", "m-2"])
    assert made.packages["jmle"] == __version__
    assert (made.run.started, made.run.workers) == ("2026-02-07T09:30:00+00:00", "2")


def test_what_was_sent_is_told_with_how_often_whatever_the_order() -> None:
    sets = [{"b": 1, "a": 2}, {}, {"seed": 1}, {"seed": 1}, {"a": 2, "b": 1}, {"top_k": 1}]
    marks = [
        mark.model_copy(update={"sent": sent})
        for mark, sent in zip(make_marks(EXAM).values(), sets, strict=False)
    ]
    for order in (marks, marks[::-1]):
        made = build_provenance(make_sitting(EXAM), order, Extraction.STANDARD, CONTEXT)
        assert [(one.parameters, one.replies) for one in made.sent] == [
            ({"a": 2, "b": 1}, 2),
            ({"seed": 1}, 2),
            ({"top_k": 1}, 1),
        ]


def test_how_figures_were_shown_is_named() -> None:
    run = make_run(images="blind", no_vision=True, image_max_edge=1024, epochs=3)
    made = build_provenance(make_sitting(EXAM, run), [], Extraction.STANDARD, CONTEXT)
    assert (made.images, made.no_vision) == ("blind", True)
    assert (made.image_max_edge, made.epochs) == (1024, 3)


def test_imported_replies_answered_no_prompt_of_ours() -> None:
    run = make_imported_run()
    made = build_provenance(make_sitting(EXAM, run), [], Extraction.STANDARD, CONTEXT)
    assert made.prompt is None
    assert made.imported == run.imported


def test_packages_not_installed_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jmle_plugin.results.provenance.PACKAGES", ("no-such-package",))
    made = build_provenance(make_sitting(EXAM), [], Extraction.STANDARD, CONTEXT)
    assert made.packages["no-such-package"] == "not installed"
