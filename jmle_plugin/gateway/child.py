"""The gateway as a child process: what it inherits, and how its pipes are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

_HERE = ("localhost", "127.0.0.1", "::1")
_NOT_INHERITED = ("PYTHONWARNINGS", "LITELLM_LOG")
"""Would turn a library's warning into a failure, or print whole requests."""


def gateway_environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment to start a gateway with; a proxy is for other machines than this one."""
    inherited = {name: value for name, value in own.items() if name not in _NOT_INHERITED}
    for name in ("NO_PROXY", "no_proxy"):
        inherited[name] = ",".join(filter(None, [own.get(name), *_HERE]))
    return inherited


def close_pipe(pipe: IO[bytes]) -> None:
    """Close one's own end, also where the other is gone and what was written never left."""
    try:
        pipe.close()
    except OSError:
        pipe.close()  # the second time there is nothing left to write
