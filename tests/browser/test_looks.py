"""Light and dark, wide and narrow, on paper: nothing overflows, everybody can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import NARROW, WIDE, Open, overflows, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_contrast_labels_and_width(
    visit: Open, two_runs: Path, axe: str, width: int, scheme: str
) -> None:
    page = visit(two_runs, width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert not overflows(page)
    # Colours do not depend on the width, and on a wide page the list stays beside the question.
    if (width, scheme) == (NARROW, "light"):
        assert violations(page, axe) == []
    page.evaluate("location.hash = '000B-2'")
    page.locator("#question h3").wait_for()
    assert not overflows(page)
    if (width, scheme) != (NARROW, "dark"):
        assert violations(page, axe) == []


def test_light_and_dark_differ(visit: Open, one_run: Path) -> None:
    grounds = {
        visit(one_run, scheme=scheme).evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert len(grounds) == 2


def test_help_can_be_read(visit: Open, one_run: Path, axe: str) -> None:
    page = visit(one_run)
    page.keyboard.press("?")
    assert violations(page, axe) == []


def test_paper_shows_the_sheet_and_no_controls(visit: Open, one_run: Path) -> None:
    page = visit(one_run)
    page.emulate_media(media="print")
    assert page.locator(".criteria").is_visible()
    assert page.locator("#list").is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#masthead nav").is_visible()
