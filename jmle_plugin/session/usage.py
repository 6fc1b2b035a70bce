"""What was asked for and cannot be ends the session with pytest's usage error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jmle_plugin.errors import JmleError


@contextmanager
def as_usage_error() -> Iterator[None]:
    """Turn our errors into pytest's usage error, which ends the session with status 4."""
    try:
        yield
    except JmleError as error:
        raise pytest.UsageError(str(error)) from error
