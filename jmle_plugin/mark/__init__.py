"""Marking: from a reply to an answer, from an answer to points, from points to a verdict."""
