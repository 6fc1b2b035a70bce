"""A bench in a browser: measures in place of criteria, sections in place of one rank."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Open, overflows, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_measures_stand_where_criteria_would(
    bench_pages: tuple[Path, Path], visit: Open, axe: str, width: int
) -> None:
    page = visit(bench_pages[0], width=width)
    expect(page.locator("table.measures tbody tr")).to_have_count(4)
    expect(page.locator("table.compared")).to_contain_text("linear kappa")
    expect(page.locator(".candidate")).not_to_contain_text("合格")
    assert not overflows(page)
    assert violations(page, axe) == []


def test_each_section_is_ranked_by_itself(
    bench_pages: tuple[Path, Path], visit: Open, axe: str
) -> None:
    page = visit(bench_pages[1])
    expect(page.locator(".ranking")).to_have_count(2)
    expect(page.locator(".ranking").first).to_contain_text("1.000")
    assert violations(page, axe) == []
