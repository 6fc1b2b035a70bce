"""What the score sheet says of what replies took: tokens, cost, time, figures."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.gateway.reply import ImageBytes
from jmle_plugin.mark.sheet import CostTotal, Latency, Sheet, TokenTotals
from jmle_plugin.report.layout import dollars
from jmle_plugin.results.language import joined, wording

_MB = 1e6


def spent_sentences(sheet: Sheet) -> Iterator[str]:
    """Tokens, cost and, where replies were timed, the seconds that they took."""
    yield _tokens(sheet.tokens)
    yield _cost(sheet.cost)
    if sheet.latency is not None:
        yield _latency(sheet.latency)


def _tokens(tokens: TokenTotals) -> str:
    if not tokens.replies:
        return wording("remark.tokens.unknown")
    counts = {
        name: getattr(tokens, name) for name in ("prompt", "completion", "reasoning", "cached")
    }
    counted = joined(
        wording(f"remark.tokens.{name}", tokens=f"{n:,}")
        for name, n in counts.items()
        if n is not None
    )
    return wording(
        "remark.tokens.of",
        tokens=counted or wording("remark.tokens.none"),
        replies=wording("count.replies", tokens.replies),
    )


def _cost(cost: CostTotal) -> str:
    if cost.usd is None:
        return wording("remark.cost.unknown")
    values = {"cost": dollars(cost.usd), "replies": wording("count.replies", cost.replies)}
    if cost.unknown:
        return wording("remark.cost.some", unknown=cost.unknown, **values)
    return wording("remark.cost.all", **values)


def _latency(latency: Latency) -> str:
    speed = latency.tokens_per_second
    return wording(
        "remark.latency.counted" if speed else "remark.latency.timed",
        median=f"{latency.seconds.median:.2f}",
        p95=f"{latency.seconds.p95:.2f}",
        speed=f"{speed.median:.1f}" if speed else "",
        speed_p95=f"{speed.p95:.1f}" if speed else "",
        replies=wording("count.replies", latency.replies),
    )


def figures_sentence(figures: ImageBytes) -> str:
    """How many figures went out, and how many bytes."""
    unit, name = (_MB, "MB") if max(figures.size, figures.sent_size) >= _MB else (1e3, "kB")
    return wording(
        "remark.figures",
        sent=figures.count,
        changed=figures.changed,
        size=f"{figures.size / unit:.1f} {name}",
        sent_size=f"{figures.sent_size / unit:.1f} {name}",
    )
