"""Draw the ten figures of the sample exam.

Every figure is computed from the numbers in this file, so the drawings are the
same on every machine. Pillow is the only dependency and its built-in font the
only font, which is why labels are Latin letters, digits and units.

Run ``python data/sample/draw_figures.py`` to write them into ``images/``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Curve = Callable[[float], float]

SCALE = 3  # drawn three times as large, then reduced for smooth lines
SHADE_STEP = 17  # colour channels keep sixteen levels, which keeps the files small

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (20, 20, 20)
GREY: Colour = (120, 120, 120)
PALE: Colour = (214, 214, 214)
SHADE: Colour = (221, 221, 221)
RED: Colour = (200, 30, 40)
BLUE: Colour = (25, 75, 180)
PINK: Colour = (248, 214, 214)
ROSE: Colour = (232, 160, 160)


# --------------------------------------------------------------------------
# Canvas and axes
# --------------------------------------------------------------------------


@cache
def font(size: int) -> Font:
    """Return the built-in font at a size in final pixels."""
    return ImageFont.load_default(size=size * SCALE)


class Canvas:
    """A white sheet addressed in final pixels and drawn at ``SCALE`` times."""

    def __init__(self, width: int, height: int) -> None:
        """Start a blank sheet."""
        self.size = (width, height)
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), WHITE)
        self.pen = ImageDraw.Draw(self.image)

    def line(self, points: Iterable[Point], colour: Colour = BLACK, width: float = 1.5) -> None:
        """Draw an unbroken polyline."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def dashed(
        self,
        points: Sequence[Point],
        colour: Colour = BLACK,
        width: float = 1.5,
        dash: float = 9,
        gap: float = 6,
    ) -> None:
        """Draw a dashed polyline, keeping the rhythm across its corners."""
        travelled = 0.0
        for start, end in pairwise(points):
            length = math.dist(start, end)
            done = 0.0
            while done < length:
                phase = travelled % (dash + gap)
                pen_down = phase < dash
                step = min((dash if pen_down else dash + gap) - phase, length - done)
                step = max(step, 1e-6)
                if pen_down:
                    self.line(
                        [_along(start, end, done), _along(start, end, done + step)], colour, width
                    )
                done += step
                travelled += step

    def polygon(self, points: Iterable[Point], fill: Colour) -> None:
        """Fill a polygon."""
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Colour | None = None
    ) -> None:
        """Draw a framed rectangle."""
        corners = [left * SCALE, top * SCALE, right * SCALE, bottom * SCALE]
        self.pen.rectangle(corners, fill=fill, outline=BLACK, width=2 * SCALE)

    def circle(
        self,
        centre: Point,
        radius: float,
        colour: Colour = BLACK,
        width: float = 1.5,
        fill: Colour | None = None,
    ) -> None:
        """Draw a circle."""
        x, y = centre
        corners = [
            (x - radius) * SCALE,
            (y - radius) * SCALE,
            (x + radius) * SCALE,
            (y + radius) * SCALE,
        ]
        self.pen.ellipse(corners, fill=fill, outline=colour, width=max(1, round(width * SCALE)))

    def text(
        self, at: Point, words: str, size: int = 20, anchor: str = "mm", colour: Colour = BLACK
    ) -> None:
        """Write a label; ``anchor`` is Pillow's two-letter anchor."""
        x, y = at
        self.pen.text((x * SCALE, y * SCALE), words, fill=colour, font=font(size), anchor=anchor)

    def upright_text(self, at: Point, words: str, size: int = 20) -> None:
        """Write a label turned to read from bottom to top, centred on a point."""
        left, top, right, bottom = self.pen.textbbox((0, 0), words, font=font(size))
        mask = Image.new("L", (math.ceil(right - left), math.ceil(bottom - top)), 0)
        ImageDraw.Draw(mask).text((-left, -top), words, fill=255, font=font(size))
        turned = mask.rotate(90, expand=True)
        corner = (round(at[0] * SCALE - turned.width / 2), round(at[1] * SCALE - turned.height / 2))
        self.image.paste(
            BLACK, (*corner, corner[0] + turned.width, corner[1] + turned.height), turned
        )

    def arrow(self, tail: Point, tip: Point, colour: Colour = BLACK, head: float = 11) -> None:
        """Draw an arrow with a filled head."""
        angle = math.atan2(tip[1] - tail[1], tip[0] - tail[0])
        base = (tip[0] - head * math.cos(angle), tip[1] - head * math.sin(angle))
        side = (math.sin(angle) * head * 0.5, -math.cos(angle) * head * 0.5)
        self.line([tail, base], colour, 2)
        self.polygon(
            [tip, (base[0] + side[0], base[1] + side[1]), (base[0] - side[0], base[1] - side[1])],
            colour,
        )

    def finish(self) -> Image.Image:
        """Return the figure at its final size."""
        small = self.image.resize(self.size, Image.Resampling.LANCZOS)
        levels = [round(value / SHADE_STEP) * SHADE_STEP for value in range(256)]
        return small.point(levels * 3)


def _along(start: Point, end: Point, distance: float) -> Point:
    """Return the point a distance along the segment from start to end."""
    share = distance / math.dist(start, end)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


@dataclass(frozen=True)
class Axes:
    """A rectangle of the canvas with linear data coordinates."""

    canvas: Canvas
    left: float
    top: float
    right: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        """Return the pixel column of an x value."""
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return the pixel row of a y value."""
        low, high = self.y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def at(self, x: float, y: float) -> Point:
        """Return the pixel of a data point."""
        return (self.x(x), self.y(y))

    def plot(self, points: Iterable[Point], colour: Colour = BLACK, width: float = 2) -> None:
        """Draw a polyline through data points."""
        self.canvas.line([self.at(x, y) for x, y in points], colour, width)

    def plot_dashed(self, points: Iterable[Point], colour: Colour = GREY, width: float = 2) -> None:
        """Draw a dashed polyline through data points."""
        self.canvas.dashed([self.at(x, y) for x, y in points], colour, width)

    def curve(
        self, function: Curve, colour: Colour = BLACK, width: float = 2, steps: int = 1500
    ) -> None:
        """Draw a function over the whole x range."""
        self.plot([(x, function(x)) for x in spread(*self.x_range, steps)], colour, width)

    def grid(
        self, xs: Iterable[float], ys: Iterable[float], colour: Colour = PALE, width: float = 1
    ) -> None:
        """Rule grid lines at the given values."""
        for value in xs:
            self.canvas.line(
                [(self.x(value), self.top), (self.x(value), self.bottom)], colour, width
            )
        for value in ys:
            self.canvas.line(
                [(self.left, self.y(value)), (self.right, self.y(value))], colour, width
            )

    def frame(self) -> None:
        """Draw the outline of the plotting area."""
        self.canvas.box(self.left, self.top, self.right, self.bottom)

    def x_ticks(self, values: Iterable[float], size: int = 18) -> None:
        """Number the x axis below the frame."""
        for value in values:
            self.canvas.text((self.x(value), self.bottom + 8), f"{value:g}", size, "mt")

    def y_ticks(self, values: Iterable[float], size: int = 18) -> None:
        """Number the y axis left of the frame."""
        for value in values:
            self.canvas.text((self.left - 9, self.y(value)), f"{value:g}", size, "rm")

    def titles(
        self, x_title: str = "", y_title: str = "", y_gap: float = 62, size: int = 21
    ) -> None:
        """Name the axes."""
        if x_title:
            self.canvas.text(((self.left + self.right) / 2, self.bottom + 36), x_title, size, "mt")
        if y_title:
            self.canvas.upright_text(
                (self.left - y_gap, (self.top + self.bottom) / 2), y_title, size
            )


def spread(low: float, high: float, steps: int) -> list[float]:
    """Return evenly spaced values including both ends."""
    return [low + (high - low) * i / steps for i in range(steps + 1)]


def bell(x: float, centre: float, width: float) -> float:
    """Return a Gaussian bump of height one."""
    return math.exp(-0.5 * ((x - centre) / width) ** 2)


def smooth_step(x: float, start: float, end: float) -> float:
    """Rise smoothly from 0 at start to 1 at end."""
    share = min(max((x - start) / (end - start), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def through(anchors: Sequence[Point]) -> Curve:
    """Return a monotone cubic curve (Fritsch-Carlson) through anchor points."""
    xs = [x for x, _ in anchors]
    ys = [y for _, y in anchors]
    slopes = [(ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]) for i in range(len(xs) - 1)]
    inner = [0.0 if a * b <= 0 else 2 * a * b / (a + b) for a, b in pairwise(slopes)]
    tangents = [slopes[0], *inner, slopes[-1]]

    def value(x: float) -> float:
        i = max(0, min(sum(1 for knot in xs[1:-1] if knot <= x), len(slopes) - 1))
        h = xs[i + 1] - xs[i]
        t = min(max((x - xs[i]) / h, 0.0), 1.0)
        start = (1 + 2 * t) * (1 - t) ** 2 * ys[i] + t * (1 - t) ** 2 * h * tangents[i]
        end = t * t * (3 - 2 * t) * ys[i + 1] + t * t * (t - 1) * h * tangents[i + 1]
        return start + end

    return value


# --------------------------------------------------------------------------
# Audiogram
# --------------------------------------------------------------------------

AUDIO_HZ = (125, 250, 500, 1000, 2000, 4000, 8000)
AIR_RIGHT = (60, 60, 55, 55, 50, 45, 50)
AIR_LEFT = (55, 55, 50, 45, 45, 40, 45)
BONE_HZ = (250, 500, 1000, 2000, 4000)
BONE_RIGHT = (10, 10, 15, 30, 15)
BONE_LEFT = (5, 10, 15, 25, 10)


def audiogram() -> Image.Image:
    """Both ears: wide air-bone gap with a bone-conduction notch at 2000 Hz."""
    canvas = Canvas(1000, 760)
    axes = Axes(canvas, 110, 80, 700, 690, (-0.4, 6.4), (120, -20))
    axes.grid(range(7), range(-20, 121, 10))
    axes.grid([], [0], GREY, 2)
    axes.frame()
    axes.y_ticks(range(-20, 121, 10))
    for column, hertz in enumerate(AUDIO_HZ):
        canvas.text((axes.x(column), axes.top - 10), str(hertz), 18, "mb")
    canvas.text((axes.x(3), 26), "Frequency (Hz)", 21)
    axes.titles(y_title="Hearing level (dB)", y_gap=72)

    right = [axes.at(i, level) for i, level in enumerate(AIR_RIGHT)]
    left = [axes.at(i, level) for i, level in enumerate(AIR_LEFT)]
    canvas.line(right, RED, 2.5)
    canvas.dashed(left, BLUE, 2.5)
    for point in right:
        _ear_symbol(canvas, point, "air right")
    for point in left:
        _ear_symbol(canvas, point, "air left")
    for hertz, low, high in zip(BONE_HZ, BONE_RIGHT, BONE_LEFT, strict=True):
        column = AUDIO_HZ.index(hertz)
        x, y = axes.at(column, low)
        _ear_symbol(canvas, (x - 9, y), "bone right")
        x, y = axes.at(column, high)
        _ear_symbol(canvas, (x + 9, y), "bone left")
    _audiogram_key(canvas)
    return canvas.finish()


def _ear_symbol(canvas: Canvas, centre: Point, kind: str) -> None:
    """Draw one audiogram symbol."""
    x, y = centre
    r = 9.0
    if kind == "air right":
        canvas.circle(centre, r, RED, 2.5, WHITE)
    elif kind == "air left":
        canvas.line([(x - r, y - r), (x + r, y + r)], BLUE, 2.5)
        canvas.line([(x - r, y + r), (x + r, y - r)], BLUE, 2.5)
    else:
        side = -1 if kind == "bone right" else 1
        colour = RED if side < 0 else BLUE
        back, tip = x + side * 5, x - side * 3
        canvas.line([(tip, y - r), (back, y - r), (back, y + r), (tip, y + r)], colour, 2.5)


def _audiogram_key(canvas: Canvas) -> None:
    """Explain the audiogram symbols beside the chart."""
    rows = (
        ("air right", "Right, air"),
        ("air left", "Left, air"),
        ("bone right", "Right, bone"),
        ("bone left", "Left, bone"),
    )
    for row, (kind, words) in enumerate(rows):
        y = 110.0 + row * 44
        _ear_symbol(canvas, (765, y), kind)
        canvas.text((800, y), words, 20, "lm")


# --------------------------------------------------------------------------
# Kaplan-Meier curves
# --------------------------------------------------------------------------

# Forty patients in each group: months at death and months at censoring.
DEATHS_A = (
    3, 5, 6, 8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 29, 30, 33, 35, 40, 44,
)  # fmt: skip
CENSORED_A = (
    15, 21, 25, 32, 36, 37, 38, 39, 41, 42, 43, 45, 46, 47, 48, 48, 48, 48,
)  # fmt: skip
DEATHS_B = (
    1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 18, 19, 20, 22, 23, 25,
    26, 28, 31, 34, 38,
)  # fmt: skip
CENSORED_B = (13, 21, 27, 33, 37, 40, 42, 45, 47, 48)
FOLLOW_UP = 48


def survival_steps(deaths: Sequence[int], censored: Sequence[int]) -> list[Point]:
    """Return (month, survival) after each death time, from (0, 1)."""
    steps: list[Point] = [(0.0, 1.0)]
    for month in sorted(set(deaths)):
        at_risk = number_at_risk(deaths, censored, month)
        steps.append((float(month), steps[-1][1] * (1 - deaths.count(month) / at_risk)))
    return steps


def number_at_risk(deaths: Sequence[int], censored: Sequence[int], month: int) -> int:
    """Return how many are still followed just before a month."""
    return sum(1 for t in (*deaths, *censored) if t >= month)


def survival_at(steps: Sequence[Point], month: float) -> float:
    """Return the survival estimate at a month."""
    return [share for when, share in steps if when <= month][-1]


def kaplan_meier() -> Image.Image:
    """Two survival curves with censoring marks and numbers at risk."""
    canvas = Canvas(1100, 780)
    axes = Axes(canvas, 130, 40, 1050, 560, (0, FOLLOW_UP), (0, 100))
    months = range(0, FOLLOW_UP + 1, 6)
    axes.grid(months, range(0, 101, 10))
    axes.frame()
    axes.x_ticks(months, 20)
    axes.y_ticks(range(0, 101, 10), 20)
    axes.titles("Months", "Overall survival (%)", 80, 23)
    canvas.text((30, 655), "Number at risk", 20, "lm")
    groups = (("A", DEATHS_A, CENSORED_A, BLUE), ("B", DEATHS_B, CENSORED_B, RED))
    for row, (name, deaths, censored, colour) in enumerate(groups):
        steps = survival_steps(deaths, censored)
        corners = _staircase(steps)
        if name == "A":
            axes.plot(corners, colour, 3)
        else:
            axes.plot_dashed(corners, colour, 3)
        for month in censored:
            x, y = axes.at(month, survival_at(steps, month) * 100)
            canvas.line([(x, y - 9), (x, y + 9)], colour, 2)
        y = axes.y(survival_at(steps, 42) * 100)
        canvas.text((axes.x(45), y - 48), f"Group {name}", 22, "mm", colour)
        canvas.text((60, 692 + row * 36), name, 20, "mm", colour)
        for month in months:
            count = str(number_at_risk(deaths, censored, month))
            canvas.text((axes.x(month), 692 + row * 36), count, 20, "mm", colour)
    return canvas.finish()


def _staircase(steps: Sequence[Point]) -> list[Point]:
    """Turn survival steps into the corners of a staircase in percent."""
    corners = [(0.0, 100.0)]
    for month, share in steps[1:]:
        corners += [(month, corners[-1][1]), (month, share * 100)]
    return [*corners, (float(FOLLOW_UP), corners[-1][1])]


# --------------------------------------------------------------------------
# Electrocardiogram
# --------------------------------------------------------------------------

ECG_SECONDS = 8.4
MM = 5.0  # final pixels per millimetre of paper
P_WAVES = [0.16 + 0.715 * i for i in range(12)]  # 84/min
BEATS = [0.98 + 1.667 * i for i in range(5)]  # 36/min

# Each wave: offset from its start (s), width (s), height (mV).
LEAD_II_P = ((0.0, 0.026, 0.20),)
LEAD_II_QRS = ((-0.052, 0.013, -0.10), (0.0, 0.026, 1.0), (0.05, 0.026, 0.62), (0.36, 0.07, -0.34))
LEAD_V1_P = ((-0.018, 0.017, 0.12), (0.022, 0.019, -0.09))
LEAD_V1_QRS = (
    (-0.04, 0.014, 0.14),
    (0.012, 0.026, -0.85),
    (0.062, 0.024, -0.40),
    (0.35, 0.07, 0.30),
)


def ecg() -> Image.Image:
    """Leads II and V1: P waves at 84/min march through wide beats at 36/min."""
    canvas = Canvas(1100, 500)
    left, top, rows_mm = 25.0, 20.0, 88
    right, bottom = left + ECG_SECONDS * 25 * MM, top + rows_mm * MM
    paper = Axes(canvas, left, top, right, bottom, (0, ECG_SECONDS * 25), (0, rows_mm))
    paper.grid(range(211), range(rows_mm + 1), PINK, 0.7)
    paper.grid(range(0, 211, 5), [*range(0, rows_mm, 5), rows_mm], ROSE, 1.1)
    for name, base, waves in (
        ("II", 60, (LEAD_II_P, LEAD_II_QRS)),
        ("V1", 22, (LEAD_V1_P, LEAD_V1_QRS)),
    ):
        trace = _ecg_trace(*waves)
        points = [(t * 25, base + 10 * trace(t)) for t in spread(0, ECG_SECONDS, 4200)]
        paper.plot(points, BLACK, 1.9)
        canvas.text(paper.at(1, base + 15), name, 24, "lm")
    _calibration(paper, 60)
    canvas.text((left, 478), "25 mm/s   10 mm/mV", 20, "lm")
    return canvas.finish()


def _ecg_trace(
    atrial: Sequence[tuple[float, float, float]], beat: Sequence[tuple[float, float, float]]
) -> Curve:
    """Return millivolts against seconds for independent atria and ventricles."""
    waves = [(start + shift, width, height) for start in P_WAVES for shift, width, height in atrial]
    waves += [(start + shift, width, height) for start in BEATS for shift, width, height in beat]
    return lambda t: sum(height * bell(t, centre, width) for centre, width, height in waves)


def _calibration(paper: Axes, base: float) -> None:
    """Draw a 1 mV, 0.2 s calibration pulse at the end of a strip."""
    end = paper.x_range[1]
    pulse = [(end - 9, base + 14), (end - 7, base + 14), (end - 7, base + 24), (end - 2, base + 24)]
    paper.plot([*pulse, (end - 2, base + 14), (end, base + 14)], BLACK, 1.5)


# --------------------------------------------------------------------------
# Cardiotocogram
# --------------------------------------------------------------------------

CTG_MINUTES = 15
CONTRACTION_PEAKS = (1.7, 5.6, 9.4, 13.1)
DECELERATION_LAG = 0.62  # minutes from the peak of a contraction to the nadir
FETAL_BASELINE = 155.0


def cardiotocogram() -> Image.Image:
    """Flat baseline with a late deceleration after every contraction."""
    canvas = Canvas(1180, 700)
    rate = Axes(canvas, 95, 30, 1145, 410, (0, CTG_MINUTES), (60, 210))
    uterus = Axes(canvas, 95, 440, 1145, 620, (0, CTG_MINUTES), (0, 100))
    thirds = spread(0, CTG_MINUTES, CTG_MINUTES * 3)
    for axes, fine, bold in ((rate, 10, 30), (uterus, 10, 20)):
        low, high = round(axes.y_range[0]), round(axes.y_range[1])
        axes.grid(thirds, range(low, high + 1, fine))
        axes.grid(range(CTG_MINUTES + 1), range(low, high + 1, bold), (160, 160, 160), 1.4)
        axes.frame()
        axes.y_ticks(range(low, high + 1, bold))
    uterus.x_ticks(range(CTG_MINUTES + 1))
    rate.titles(y_title="FHR (bpm)")
    uterus.titles("Time (min)", "UC (mmHg)")
    rate.curve(_fetal_rate(), width=2)
    uterus.curve(_uterine_pressure, width=2)
    return canvas.finish()


def _uterine_pressure(minute: float) -> float:
    """Return pressure with contractions of about 70 s."""
    return 10 + sum(60 * bell(minute, peak, 0.29) for peak in CONTRACTION_PEAKS)


def _fetal_rate() -> Curve:
    """Return a rate without visible variability, falling late after contractions."""

    def value(minute: float) -> float:
        rate = FETAL_BASELINE + 0.3 * math.sin(minute * 23) + 0.3 * math.sin(minute * 37)
        for peak in CONTRACTION_PEAKS:
            nadir = peak + DECELERATION_LAG
            rate -= 42 * bell(minute, nadir, 0.27 if minute < nadir else 0.36)
        return rate

    return value


# --------------------------------------------------------------------------
# Cystometrogram
# --------------------------------------------------------------------------

COUGHS = (45.0, 105.0, 190.0, 245.0)  # mL infused
DETRUSOR_WAVES = ((135.0, 22.0), (168.0, 34.0), (218.0, 50.0), (276.0, 58.0))  # mL, cmH2O
LEAKS = ((221.0, 5.0), (279.0, 8.0))  # mL, mL/s


def cystometrogram() -> Image.Image:
    """Filling phase: detrusor contractions leak, coughs do not."""
    canvas = Canvas(1100, 800)
    panels: tuple[tuple[str, Curve, int, Sequence[int]], ...] = (
        ("Pves (cmH2O)", lambda v: _abdominal(v) + _detrusor(v), 120, range(0, 101, 25)),
        ("Pabd (cmH2O)", _abdominal, 120, range(0, 101, 25)),
        ("Pdet (cmH2O)", _detrusor, 120, range(0, 101, 25)),
        ("Leak (mL/s)", _leak, 15, (0, 5, 10)),
    )
    heights = (190, 190, 190, 112)
    top = 55.0
    for (title, function, ceiling, ticks), height in zip(panels, heights, strict=True):
        axes = Axes(canvas, 120, top, 1060, top + height - 14, (0, 300), (0, ceiling))
        axes.grid(range(0, 301, 25), ticks)
        axes.frame()
        axes.y_ticks(ticks, 17)
        axes.titles(y_title=title, y_gap=70, size=19)
        axes.curve(function, BLUE if "det" in title else BLACK, 2, 3000)
        top += height
    axes.x_ticks(range(0, 301, 50), 19)
    axes.titles("Infused volume (mL)", size=22)
    for volume in COUGHS:
        canvas.text((axes.x(volume), 26), "Cough", 19)
        canvas.arrow((axes.x(volume), 37), (axes.x(volume), 54), head=8)
    return canvas.finish()


def _abdominal(volume: float) -> float:
    """Return abdominal pressure with coughs."""
    ripple = 0.8 * math.sin(volume * 0.9)
    return 24 + ripple + sum(62 * bell(volume, cough, 0.9) for cough in COUGHS)


def _detrusor(volume: float) -> float:
    """Return detrusor pressure: good compliance plus involuntary contractions."""
    waves = sum(height * bell(volume, peak, 5.0) for peak, height in DETRUSOR_WAVES)
    return 3 + volume / 75 + waves


def _leak(volume: float) -> float:
    """Return leakage through the urethra."""
    return sum(rate * bell(volume, peak, 2.2) for peak, rate in LEAKS)


# --------------------------------------------------------------------------
# Flow-volume loop
# --------------------------------------------------------------------------

EXPECTED_OUT = (
    (0, 0), (0.18, 4.6), (0.5, 8.2), (0.7, 8.6), (1.0, 8.0), (2.0, 5.5), (3.0, 3.2),
    (3.8, 1.4), (4.4, 0),
)  # fmt: skip
EXPECTED_IN = ((0, 0), (0.3, -3.0), (1.0, -5.0), (2.2, -6.0), (3.4, -5.0), (4.1, -3.0), (4.4, 0))
PATIENT_OUT = (
    (0, 0), (0.08, 1.6), (0.25, 2.15), (0.6, 2.2), (2.6, 2.1), (3.2, 1.75), (3.7, 0.9), (4.0, 0),
)  # fmt: skip
PATIENT_IN = ((0, 0), (0.12, -1.5), (0.4, -2.05), (2.0, -2.1), (3.5, -2.05), (3.85, -1.5), (4.0, 0))


def flow_volume() -> Image.Image:
    """Flow is cut to the same plateau while breathing out and in."""
    canvas = Canvas(960, 840)
    axes = Axes(canvas, 120, 40, 900, 750, (0, 5), (-8, 10))
    axes.grid(range(6), range(-8, 11, 2))
    axes.grid([], [0], BLACK, 2)
    axes.frame()
    axes.x_ticks(range(6), 20)
    axes.y_ticks(range(-8, 11, 2), 20)
    axes.titles("Volume (L)", "Flow (L/s)", 75, 23)
    for out, back, expected in (
        (EXPECTED_OUT, EXPECTED_IN, True),
        (PATIENT_OUT, PATIENT_IN, False),
    ):
        for limb in (out, back):
            shape = through(limb)
            points = [(v, shape(v)) for v in spread(0, limb[-1][0], 300)]
            if expected:
                axes.plot_dashed(points, GREY, 2.5)
            else:
                axes.plot(points, BLACK, 3.5)
    canvas.text(axes.at(4.9, 3.0), "Expiration (up)", 19, "rm", GREY)
    canvas.text(axes.at(4.9, -7.0), "Inspiration (down)", 19, "rm", GREY)
    canvas.dashed([(640, 80), (710, 80)], GREY, 2.5)
    canvas.text((725, 80), "Predicted", 21, "lm")
    canvas.line([(640, 115), (710, 115)], BLACK, 3.5)
    canvas.text((725, 115), "Patient", 21, "lm")
    return canvas.finish()


# --------------------------------------------------------------------------
# Visual fields
# --------------------------------------------------------------------------

DEGREE = 2.7  # final pixels per degree
LOST = (90.0, 180.0)  # upper left quadrant of each eye
ISOPTERS = (("V/4e", 1.0), ("I/4e", 0.74), ("I/2e", 0.42))


def visual_field() -> Image.Image:
    """Kinetic fields: the upper left quadrant is missing in both eyes."""
    canvas = Canvas(1160, 640)
    for name, centre, temporal in (("L", (295.0, 310.0), -1), ("R", (865.0, 310.0), 1)):
        _lost_sector(canvas, centre, temporal)
        _perimeter_chart(canvas, centre)
        for row, (_, size) in enumerate(ISOPTERS):
            outline = _isopter(centre, temporal, size)
            canvas.line([*outline, outline[0]], BLACK, 3.2 - 0.7 * row)
        spot = (centre[0] + temporal * 15 * DEGREE, centre[1] + 2 * DEGREE)
        canvas.circle(spot, 4 * DEGREE, BLACK, 1, BLACK)
        for words, size in ISOPTERS:
            angle = 315.0
            x, y = _polar(centre, angle, _normal_extent(angle, temporal) * size)
            canvas.polygon(
                [(x - 24, y - 11), (x + 24, y - 11), (x + 24, y + 11), (x - 24, y + 11)], WHITE
            )
            canvas.text((x, y), words, 17)
        canvas.text((centre[0], 612), name, 32)
    return canvas.finish()


def _polar(centre: Point, angle: float, degrees: float) -> Point:
    """Return the pixel at an eccentricity; angles run anticlockwise from the right."""
    turn = math.radians(angle)
    return (
        centre[0] + degrees * DEGREE * math.cos(turn),
        centre[1] - degrees * DEGREE * math.sin(turn),
    )


def _normal_extent(angle: float, temporal: int) -> float:
    """Return how far a normal field reaches in a direction."""
    across, up = math.cos(math.radians(angle)) * temporal, math.sin(math.radians(angle))
    horizontal = 88.0 if across > 0 else 60.0
    vertical = 56.0 if up > 0 else 70.0
    return 1 / math.hypot(across / horizontal, up / vertical)


def _isopter(centre: Point, temporal: int, size: float) -> list[Point]:
    """Return an isopter that skirts the lost quadrant."""
    start, end = LOST
    seen = spread(end + 2, start - 2 + 360, 200)
    rim = [_polar(centre, angle, _normal_extent(angle, temporal) * size) for angle in seen]
    return [
        *rim,
        _polar(centre, start - 8, 12),
        _polar(centre, 135, 2.0),
        _polar(centre, end + 8, 12),
    ]


def _lost_sector(canvas: Canvas, centre: Point, temporal: int) -> None:
    """Shade the part of the normal field that is not seen."""
    rim = [_polar(centre, angle, _normal_extent(angle, temporal)) for angle in spread(*LOST, 60)]
    canvas.polygon([centre, *rim], SHADE)
    canvas.dashed(rim, GREY, 1.5, 5, 5)


def _perimeter_chart(canvas: Canvas, centre: Point) -> None:
    """Draw the circles and meridians of a perimeter chart."""
    for degrees in range(10, 91, 10):
        canvas.circle(centre, degrees * DEGREE, (190, 190, 190), 1)
    for angle in range(0, 360, 15):
        bold = angle % 90 == 0
        inner = 0 if bold else 10
        canvas.line(
            [_polar(centre, angle, inner), _polar(centre, angle, 90)],
            GREY if bold else (205, 205, 205),
            1,
        )
    for angle in range(0, 360, 45):
        canvas.text(_polar(centre, angle, 99), str(angle), 17)
    for degrees in (30, 60, 90):
        x, y = _polar(centre, 270, degrees)
        canvas.text((x + 4, y - 3), str(degrees), 15, "lb", GREY)


# --------------------------------------------------------------------------
# Capnogram
# --------------------------------------------------------------------------

BREATHS = tuple(range(3, 48, 5))  # seconds at which the bag is squeezed
CO2_PEAKS = (13.0, 7.0, 3.5, 1.5)  # mmHg after the first breaths, none afterwards


def capnogram() -> Image.Image:
    """Small carbon dioxide waves die away within four breaths."""
    canvas = Canvas(1100, 475)
    axes = Axes(canvas, 110, 40, 1060, 400, (0, 50), (0, 60))
    axes.grid(range(0, 51, 5), range(0, 61, 10))
    axes.frame()
    axes.x_ticks(range(0, 51, 5), 20)
    axes.y_ticks(range(0, 61, 10), 20)
    axes.titles("Time (s)", "CO2 (mmHg)", 68, 23)
    axes.curve(_expired_co2, BLUE, 3.2)
    for second in BREATHS:
        canvas.arrow((axes.x(second), axes.y(46)), (axes.x(second), axes.y(38)), head=10)
    canvas.text((axes.x(BREATHS[0]), axes.y(51)), "Bag squeezed", 20, "lm")
    return canvas.finish()


def _expired_co2(second: float) -> float:
    """Return carbon dioxide at the tube: one rounded wave after each early breath."""
    total = 0.4
    for breath, peak in zip(BREATHS, CO2_PEAKS, strict=False):
        rise = smooth_step(second, breath + 1.2, breath + 2.0)
        fall = 1 - smooth_step(second, breath + 2.6, breath + 4.0)
        total += peak * min(rise, fall)
    return total


# --------------------------------------------------------------------------
# Growth chart
# --------------------------------------------------------------------------

# Age (years), mean height (cm) and standard deviation of boys, rounded.
BOYS = (
    (0, 49.0, 2.1), (0.5, 67.5, 2.2), (1, 75.0, 2.5), (2, 86.0, 3.0), (3, 94.0, 3.4),
    (4, 101.0, 3.9), (5, 107.6, 4.3), (6, 113.9, 4.7), (7, 119.7, 5.0), (8, 125.4, 5.3),
    (9, 130.9, 5.6), (10, 136.3, 5.9), (11, 142.1, 6.6), (12, 149.1, 7.5), (13, 156.6, 7.9),
    (14, 162.9, 7.1), (15, 167.1, 6.1), (16, 169.4, 5.8), (17, 170.5, 5.8), (18, 170.9, 5.8),
)  # fmt: skip
PATIENT_HEIGHTS = (
    (0, 49.5), (0.5, 67.9), (1, 75.3), (2, 86.8), (3, 94.6), (4, 101.4), (5, 107.8),
    (6, 113.6), (7, 116.1), (8, 117.5), (9, 118.6),
)  # fmt: skip


def growth_chart() -> Image.Image:
    """A boy's height leaves the mean after six years and falls below -2 SD."""
    canvas = Canvas(960, 1000)
    axes = Axes(canvas, 110, 40, 880, 900, (0, 18), (40, 190))
    axes.grid(range(19), range(40, 191, 5), (232, 232, 232))
    axes.grid(range(0, 19, 2), range(40, 191, 10), PALE, 1.2)
    axes.frame()
    axes.x_ticks(range(19), 19)
    axes.y_ticks(range(40, 191, 10), 19)
    axes.titles("Age (years)", "Height (cm)", 68, 22)
    for deviation in (2, 1, 0, -1, -2):
        line = through([(age, mean + deviation * sd) for age, mean, sd in BOYS])
        axes.curve(line, GREY, 2.4 if deviation == 0 else 1.4)
        name = f"{deviation:+d} SD" if deviation else "Mean"
        canvas.text((axes.right + 8, axes.y(line(18))), name, 18, "lm", GREY)
    axes.plot(PATIENT_HEIGHTS, RED, 2.5)
    for age, height in PATIENT_HEIGHTS:
        canvas.circle(axes.at(age, height), 6, RED, 1, RED)
    canvas.text((axes.left + 20, axes.top + 26), "Boys", 24, "lm")
    canvas.circle((axes.left + 28, axes.top + 62), 6, RED, 1, RED)
    canvas.text((axes.left + 46, axes.top + 62), "Patient", 21, "lm")
    return canvas.finish()


# --------------------------------------------------------------------------
# Pedigree
# --------------------------------------------------------------------------

ROW_Y = {"I": 90.0, "II": 270.0, "III": 450.0}
HALF = 21.0  # half the width of a pedigree symbol

# Generation, column (pixels), male, affected; numbered from the left in each row.
PEOPLE = (
    ("I", 520, True, False), ("I", 640, False, False),
    ("II", 140, False, False), ("II", 260, True, True), ("II", 420, True, False),
    ("II", 540, False, False), ("II", 690, True, False), ("II", 810, False, False),
    ("II", 930, True, False),
    ("III", 140, False, False), ("III", 260, True, False),
    ("III", 390, True, True), ("III", 480, False, False), ("III", 570, True, False),
    ("III", 780, True, False), ("III", 870, True, True), ("III", 960, False, False),
)  # fmt: skip
# Row of the couple, their columns, row and columns of their children.
FAMILIES = (
    ("I", (520, 640), "II", (260, 540, 690, 810)),
    ("II", (140, 260), "III", (140, 260)),
    ("II", (420, 540), "III", (390, 480, 570)),
    ("II", (810, 930), "III", (780, 870, 960)),
)
PROBAND = (480.0, ROW_Y["III"])


def pedigree() -> Image.Image:
    """Three generations: only men are affected, always through unaffected women."""
    canvas = Canvas(1060, 620)
    for couple, (father, mother), row, children in FAMILIES:
        _draw_family(canvas, ROW_Y[couple], (father, mother), ROW_Y[row], children)
    count: dict[str, int] = {}
    for row, x, male, affected in PEOPLE:
        count[row] = count.get(row, 0) + 1
        _draw_person(canvas, (x, ROW_Y[row]), male, affected)
        canvas.text((x, ROW_Y[row] + HALF + 17), str(count[row]), 19)
    for row, height in ROW_Y.items():
        canvas.text((50, height), row, 26)
    left, top = PROBAND
    canvas.arrow((left - 46, top + 62), (left - 18, top + 26), head=13)
    _pedigree_key(canvas, 575)
    return canvas.finish()


def _draw_family(
    canvas: Canvas,
    parents_y: float,
    couple: tuple[float, float],
    children_y: float,
    children: Sequence[float],
) -> None:
    """Join a couple to their children."""
    middle = sum(couple) / 2
    bar = children_y - 75
    canvas.line([(couple[0], parents_y), (couple[1], parents_y)], BLACK, 2.5)
    canvas.line([(middle, parents_y), (middle, bar)], BLACK, 2.5)
    canvas.line([(min(*children, middle) - 1, bar), (max(*children, middle) + 1, bar)], BLACK, 2.5)
    for x in children:
        canvas.line([(x, bar), (x, children_y)], BLACK, 2.5)


def _draw_person(canvas: Canvas, centre: Point, male: bool, affected: bool) -> None:
    """Draw a square for a man or a circle for a woman, filled when affected."""
    fill = BLACK if affected else WHITE
    x, y = centre
    if male:
        canvas.box(x - HALF, y - HALF, x + HALF, y + HALF, fill)
    else:
        canvas.circle(centre, HALF + 1, BLACK, 2, fill)


def _pedigree_key(canvas: Canvas, y: float) -> None:
    """Explain the pedigree symbols."""
    rows = ((True, False, "Male"), (False, False, "Female"), (True, True, "Affected"))
    for column, (male, affected, words) in enumerate(rows):
        x = 380 + column * 180
        _draw_person(canvas, (x, y), male, affected)
        canvas.text((x + 34, y), words, 20, "lm")


# --------------------------------------------------------------------------
# All figures
# --------------------------------------------------------------------------

FIGURES: dict[str, Callable[[], Image.Image]] = {
    "audiogram.png": audiogram,
    "kaplan_meier.png": kaplan_meier,
    "ecg.png": ecg,
    "cardiotocogram.png": cardiotocogram,
    "cystometrogram.png": cystometrogram,
    "flow_volume.png": flow_volume,
    "visual_field.png": visual_field,
    "capnogram.png": capnogram,
    "growth_chart.png": growth_chart,
    "pedigree.png": pedigree,
}


def draw_all(folder: Path) -> list[Path]:
    """Draw every figure into a folder and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in FIGURES.items():
        draw().save(folder / name, optimize=True)
        written.append(folder / name)
    return written


if __name__ == "__main__":
    for figure in draw_all(Path(__file__).parent / "images"):
        print(figure)
