"""Marking: from a reply to an answer, from an answer to points, from points to a verdict."""

from __future__ import annotations

from enum import StrEnum


# Here, since the option table names these in every session, which need not load the readers.
class Extraction(StrEnum):
    """Which rule reads the reply."""

    STANDARD = "standard"
    PUBLISHED = "published"
