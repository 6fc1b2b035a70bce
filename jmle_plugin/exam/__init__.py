"""The paper: exam packs, which there are and where their data lies; questions, keys, criteria."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from jmle_plugin.errors import PackError, unknown_name

PACK_FILE = "exam.toml"


def default_data_root() -> Path:
    """The user's data folder, where `jmle fetch` puts questions."""
    return Path(platformdirs.user_data_dir("jmle", appauthor=False))


def pack_folders(project: Path | None = None) -> tuple[Path, ...]:
    """Folders that hold packs: the project's own `data`, then the suite's."""
    own = () if project is None else (project / "data",)
    folders = (*own, suite_folder("packs", "data"))
    return tuple(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def suite_folder(installed: str, in_repository: str = "") -> Path:
    """A folder of the suite: in the package where a wheel carries it, else beside the package.

    In the repository it has the same name, unless another is given.
    """
    package = Path(__file__).resolve().parents[1]
    carried = package / installed
    return carried if carried.is_dir() else package.parent / (in_repository or installed)


def find_packs(folders: Sequence[Path]) -> dict[str, Path]:
    """Pack name -> its `exam.toml`, names sorted; earlier folders win.

    A pack's folder lies in one of `folders`, or with others in a folder there.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for file in (*folder.glob(f"*/{PACK_FILE}"), *folder.glob(f"*/*/{PACK_FILE}")):
            found.setdefault(file.parent.name, file)
    return dict(sorted(found.items()))


def find_pack(name: str, folders: Sequence[Path]) -> Path:
    """The `exam.toml` of an exam given by name or by path.

    A path is a pack's folder or its `exam.toml`. Raises UnknownNameError with the near
    names, or PackError where a path holds no pack.
    """
    packs = find_packs(folders)
    if name in packs:
        return packs[name]
    path = Path(name)
    # A name no file system takes is no path.
    with contextlib.suppress(OSError, ValueError):
        for file in (path, path / PACK_FILE):
            if file.name == PACK_FILE and file.is_file():
                return file
        if path.is_dir():
            raise PackError(
                f"holds no {PACK_FILE}",
                where=path.absolute(),
                remedy=f"Name a pack's folder, its {PACK_FILE}, or one of: {', '.join(packs)}.",
            )
    raise unknown_name("exam", name, packs)
