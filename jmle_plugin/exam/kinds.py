"""How the kinds of questions are called."""

from __future__ import annotations

KIND_TITLES = {
    "single": "one choice",
    "multi_select": "several choices",
    "numeric": "numeric",
    "sequence": "in order",
    "select_all": "all that apply",
}
