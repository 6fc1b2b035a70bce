"""Marking: from a reply to an answer, from an answer to points, from points to a verdict."""

from __future__ import annotations

from enum import StrEnum


class Extraction(StrEnum):
    """Which rule reads a reply; here, since the option table names them in every session."""

    STANDARD = "standard"
    PUBLISHED = "published"
