"""A language model sits Japan's national medical licensing examination, as a pytest run."""

from __future__ import annotations

__version__ = "0.1.0"
