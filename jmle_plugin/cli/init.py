"""`jmle init`: what a repository of one's own needs to sit exams and to gate models."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.cli.common import say
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.library import suite_folder
from jmle_plugin.files import write_whole

_TEMPLATES = Path(__file__).with_name("project")
_IGNORED = ".gitignore"


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle init`."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="default: this one")


def run_init(options: argparse.Namespace) -> int:
    """Write what is missing and leave what is there; the exit status.

    Raises SettingsError where the folder cannot be written.
    """
    folder: Path = options.folder
    files = {
        "tests_exam/test_exam.py": suite_folder("tests_exam") / "test_exam.py",
        "conftest.py": _TEMPLATES / "conftest.txt",
        ".github/workflows/exam.yml": _TEMPLATES / "exam.yml",
    }
    try:
        for name, source in files.items():
            target = folder / name
            if target.exists() or target.is_symlink():
                say(f"{target}: is there already, and stays as it is")
            else:
                write_whole(target, source.read_bytes())
                say(f"{target}: written")
        _ignore(folder / _IGNORED)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"the project's files cannot be written ({error})",
            where=folder,
            remedy="Make the folder writable, or name another; what was written stays.",
        ) from error
    print("Try it offline: pytest tests_exam --exam=sample --model=scripted/resident")
    return 0


def _ignore(file: Path) -> None:
    """Add the lines that the file lacks at its end."""
    present = file.read_text(encoding="utf-8") if file.exists() else ""
    wanted = (_TEMPLATES / "gitignore.txt").read_text(encoding="utf-8").splitlines()
    if missing := [line for line in wanted if line not in present.splitlines()]:
        front = present if not present or present.endswith("\n") else f"{present}\n"
        write_whole(file, front + "\n".join(missing) + "\n")
        say(f"{file}: {'lines added' if present else 'written'}")
    else:
        say(f"{file}: has the lines already")
