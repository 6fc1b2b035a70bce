"""Importing vcrpy without the HTTP libraries it would patch.

vcrpy imports every HTTP library that is installed, in order to be able to patch it. litellm
brings several, and importing them takes longer than replaying a hundred questions. The
suite's own traffic goes through httpx alone.
"""

from __future__ import annotations

import importlib
import sys

UNUSED = (
    *("aiohttp", "boto3", "botocore", "httplib2", "requests", "tornado", "urllib3"),
    # httpx's command line, which it imports where it can.
    *("click", "rich"),
)


def import_vcr() -> None:
    """Import vcrpy as if the unused libraries were not installed.

    Only for sessions in which nothing else is recorded: vcrpy will not patch those
    libraries afterwards. Libraries imported before, and vcrpy itself, stay as they are.
    """
    if "vcr" in sys.modules:
        return
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None hides a module
    try:
        importlib.import_module("vcr")
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
