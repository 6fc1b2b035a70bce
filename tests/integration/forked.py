"""Gateways as copies of the testing process, which has loaded litellm once for all of them.

Starting one is otherwise mostly that import, and most of what a test of asking takes. It stands
in for `subprocess` in `jmle_plugin.gateway.launch`; what is asked, kept and ended is the same.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, NoReturn

from jmle_plugin.gateway.__main__ import main

PIPE = subprocess.PIPE
TimeoutExpired = subprocess.TimeoutExpired


class Popen:
    """A gateway's process, with what `launch` uses of `subprocess.Popen`."""

    def __init__(
        self,
        _command: list[str],
        *,
        stdin: int,
        stdout: int,
        stderr: IO[bytes],
        env: Mapping[str, str],
    ) -> None:
        assert stdin == stdout == PIPE
        (reads, writes), (hears, says) = os.pipe(), os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads: the copy uses none of this process's
            self.pid = os.fork()
        if self.pid == 0:
            _become(reads, says, stderr.fileno(), env)
        os.close(reads)
        os.close(says)
        self.stdin, self.stdout = os.fdopen(writes, "wb"), os.fdopen(hears, "rb")
        self.returncode: int | None = None
        self._reaper = threading.Thread(target=self._reap, daemon=True)
        self._reaper.start()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; TimeoutExpired where it has none by then."""
        self._reaper.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired("gateway", timeout or 0.0)
        return self.returncode

    def kill(self) -> None:
        """End it by force."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _reap(self) -> None:
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _become(stdin: int, stdout: int, stderr: int, environment: Mapping[str, str]) -> NoReturn:
    """Be a gateway in this copy of the process, and nothing of what it was copied from."""
    status = 1
    try:
        gc.freeze()  # objects of the other process must not close files of this one
        for number, file in enumerate((stdin, stdout, stderr)):
            os.dup2(file, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        sys.stdin, sys.stdout, sys.stderr = (open(n, "w" if n else "r") for n in range(3))  # noqa: PTH123, SIM115
        os.environ.clear()
        os.environ.update(environment)
        logging.getLogger().handlers.clear()
        warnings.simplefilter("ignore")
        sys.unraisablehook, threading.excepthook = sys.__unraisablehook__, threading.__excepthook__
        status = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - it must not go on as a second testing process
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)
