"""Where Chromium is; on a Debian machine of one's own, where it is installed first."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")
MISSING = "no Chromium here: install it (Debian: apt-get install chromium) or name it in CHROMIUM"
FLAGS = (
    "--no-sandbox",  # Chromium refuses root otherwise; the pages are this project's own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The program's path; None where there is none and none could be installed."""
    return _named() or _install()


def _named() -> str | None:
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)


def _install() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    # Several test workers may arrive here at once; the first one installs.
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (found := _named()) is not None:
            return found
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            subprocess.run(
                ["apt-get", "--quiet", "--option=DPkg::Lock::Timeout=120", *command],
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            )
    return _named()
