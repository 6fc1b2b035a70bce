"""What the gateway's process inherits of its parent's environment: keys, but not everything."""

from __future__ import annotations

from collections.abc import Mapping

_HERE = ("localhost", "127.0.0.1", "::1")
_NOT_INHERITED = ("PYTHONWARNINGS", "LITELLM_LOG")
"""Would turn a library's warning into a failure, or print whole requests."""


def gateway_environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment to start a gateway with; a proxy is for other machines than this one."""
    inherited = {name: value for name, value in own.items() if name not in _NOT_INHERITED}
    for name in ("NO_PROXY", "no_proxy"):
        inherited[name] = ",".join(filter(None, [own.get(name), *_HERE]))
    return inherited
