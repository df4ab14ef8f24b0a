"""What several scenes share: water, land, houses, boats, gulls, trees and people."""

import math
from collections.abc import Iterable

from newsroom.demo.scenes.canvas import COATS, HAIRS, SKINS, WIDTH, Palette, Sheet, curve, mix


def ridge(s: Sheet, y: float, height: float, colour: str, *, base: float = 1300, step: float = 30) -> None:
    """Land with a rolling edge across the whole width."""
    waves = [(s.rng.uniform(0.5, 4), s.rng.uniform(0, 6.3), s.rng.uniform(0.3, 1)) for _ in range(4)]
    edge = []
    x = -step
    while x <= WIDTH + step:
        lift = sum(a * math.sin(f * x / WIDTH * 6.3 + p) for f, p, a in waves) / 2.6
        edge.append((x, y - height * (0.5 + 0.5 * lift)))
        x += step
    s.poly([*edge, (WIDTH + step, base), (-step, base)], colour)


def water(s: Sheet, y: float, high: str, low: str, light: str, *, end: float = 1200, ripples: int = 90) -> None:
    """Water from `y` down, with short bright ripples that lengthen towards the front."""
    s.sky(high, low, y, end)
    for _ in range(ripples):
        depth = s.rng.random() ** 1.6
        at, long = y + 8 + depth * (end - y - 8), 20 + depth * s.rng.uniform(60, 220)
        x = s.rng.uniform(-100, WIDTH)
        s.rect(x, at, long, 2 + depth * 5, light, s.rng.uniform(0.12, 0.5), r=3)


def glitter(s: Sheet, x: float, y: float, colour: str, *, width: float = 90, end: float = 1200) -> None:
    """The path of the sun or a lamp on water below it."""
    at = y + 6
    while at < end:
        share = (at - y) / (end - y)
        long = width * (0.35 + share) * s.rng.uniform(0.4, 1.5)
        s.rect(x - long / 2 + s.rng.uniform(-20, 20), at, long, 4 + 5 * share, colour, 0.75 - 0.4 * share, r=4)
        at += 13 + 12 * share


def clouds(s: Sheet, count: int, colour: str, *, top: float = 80, bottom: float = 420, alpha: float = 0.6) -> None:
    """Long flat-bottomed clouds."""
    for _ in range(count):
        x, y, w = (s.rng.uniform(-100, WIDTH), s.rng.uniform(top, bottom), s.rng.uniform(160, 420))
        bumps = s.rng.randint(3, 5)
        humps = [(x + w * i / bumps, y - s.rng.uniform(10, 46)) for i in range(1, bumps)]
        s.poly([*curve([(x, y), *humps, (x + w, y)], steps=8), (x + w, y + 8), (x, y + 8)], colour, alpha)


def gulls(s: Sheet, count: int, colour: str, *, top: float = 100, bottom: float = 480) -> None:
    """Birds far away: two curved strokes each."""
    for _ in range(count):
        x, y, w = (s.rng.uniform(80, WIDTH - 80), s.rng.uniform(top, bottom), s.rng.uniform(12, 34))
        tilt = s.rng.uniform(-0.3, 0.3) * w
        wing = [
            (x - w, y - w * 0.35 + tilt),
            (x - w * 0.5, y - w * 0.5 + tilt / 2),
            (x, y),
            (x + w * 0.5, y - w * 0.5 - tilt / 2),
            (x + w, y - w * 0.3 - tilt),
        ]
        s.line(curve(wing, steps=6), colour, max(2.5, w / 7))


def stars(s: Sheet, count: int, colour: str, *, bottom: float = 700) -> None:
    """Stars, small and few large."""
    for _ in range(count):
        s.disc(s.rng.uniform(0, WIDTH), bottom * s.rng.random() ** 1.3, s.rng.choice((1.5, 1.5, 2, 3)), colour, 0.8)


def windows(s: Sheet, x: float, y: float, w: float, h: float, *, lit: str, dark: str, share: float) -> None:
    """Rows of windows inside a rectangle, `share` of them lit."""
    columns, rows = max(1, int(w / 34)), max(1, int(h / 52))
    for row in range(rows):
        for column in range(columns):
            colour = lit if s.rng.random() < share else dark
            s.rect(
                x + (column + 0.28) * w / columns,
                y + (row + 0.25) * h / rows,
                w / columns * 0.44,
                h / rows * 0.5,
                colour,
            )


def house(s: Sheet, x: float, base: float, w: float, h: float, wall: str, roof: str, *, lit: str, share: float) -> None:
    """A town house with one of four roofs."""
    top = base - h
    s.rect(x, top, w, h, wall)
    style = s.rng.randrange(4)
    if style == 0:
        s.poly([(x - 6, top), (x + w / 2, top - w * 0.6), (x + w + 6, top)], roof)
    elif style == 1:
        s.poly([(x, top), (x + w * 0.15, top - w * 0.35), (x + w * 0.85, top - w * 0.35), (x + w, top)], roof)
    elif style == 2:
        for i in range(4):
            s.rect(x + w * 0.125 * i, top - w * 0.16 * (i + 1), w * (1 - 0.25 * i), w * 0.17, wall)
        s.rect(x + w * 0.44, top - w * 0.42, w * 0.12, w * 0.2, roof)
    else:
        s.rect(x - 5, top - 12, w + 10, 14, roof)
    if style != 2:
        s.rect(x + w * s.rng.choice((0.15, 0.7)), top - w * 0.5, w * 0.12, w * 0.42, roof)
    windows(s, x + w * 0.08, top + 14, w * 0.84, h - 34, lit=lit, dark=mix(wall, "#0b1018", 0.45), share=share)
    s.shade_box(x, top, w, h, mix(wall, "#0b1018", 0.6), towards="right", strength=0.45)


def terrace(
    s: Sheet, base: float, colours: Iterable[str], p: Palette, *, low: float, high: float, share: float
) -> None:
    """A street front across the whole width."""
    colours = list(colours)
    x = -s.rng.uniform(0, 80)
    while x < WIDTH:
        w = s.rng.uniform(90, 190)
        house(s, x, base, w, s.rng.uniform(low, high), s.rng.choice(colours), p.ink, lit=p.glow, share=share)
        x += w + s.rng.choice((0, 0, 0, 6))


def lit_bank(s: Sheet, base: float, colour: str, p: Palette) -> None:
    """The far bank: low roofs, trees, one steeple, a few lights."""
    x, steeple = -20.0, s.rng.uniform(200, 1600)
    while x < WIDTH:
        w, h = s.rng.uniform(50, 120), s.rng.uniform(30, 90)
        s.rect(x, base - h, w + 1, h, colour)
        s.poly([(x, base - h), (x + w / 2, base - h - w * 0.4), (x + w, base - h)], colour)
        if s.rng.random() < 0.4:
            s.disc(x + w, base - 24, s.rng.uniform(24, 50), mix(colour, p.mid, 0.3))
        if s.rng.random() < 0.35:
            s.rect(x + w * 0.4, base - h * 0.6, 9, 13, p.glow)
        x += w
    s.rect(steeple - 18, base - 170, 36, 170, colour)
    s.poly([(steeple - 24, base - 170), (steeple, base - 300), (steeple + 24, base - 170)], colour)


def tree(s: Sheet, x: float, base: float, h: float, leaf: str, trunk: str, *, bare: bool = False) -> None:
    """A tree: a trunk and either branches or a crown of a few overlapping rounds."""
    s.poly(
        [(x - h * 0.03, base), (x - h * 0.012, base - h * 0.7), (x + h * 0.012, base - h * 0.7), (x + h * 0.03, base)],
        trunk,
    )
    if bare:
        for i in range(11):
            y, side = base - h * (0.35 + 0.055 * i), 1 if i % 2 else -1
            reach = h * (0.3 - 0.018 * i)
            s.line(
                curve([(x, y), (x + side * reach * 0.5, y - reach * 0.5), (x + side * reach, y - reach * 1.1)]),
                trunk,
                5 - i * 0.3,
            )
        return
    for _ in range(7):
        dx, dy = s.rng.uniform(-0.2, 0.2) * h, s.rng.uniform(0.5, 0.9) * h
        s.disc(x + dx, base - dy, h * s.rng.uniform(0.12, 0.2), mix(leaf, "#0b1018", s.rng.uniform(0, 0.25)))


TORSO = ((-0.75, 0.8), (0, 0.84), (0.75, 0.8), (1.15, 0.36), (-1.15, 0.36))
CROWN = ((-0.075, 0.9), (-0.06, 0.99), (0.01, 1.015), (0.07, 0.97), (0.06, 0.94), (-0.01, 0.955))


def person(s: Sheet, x: float, base: float, h: float, *, coat: str | None = None, flat: str | None = None,
           facing: int = 0, walking: bool = False) -> None:  # fmt: skip
    """A standing or walking figure; `flat` draws it as one silhouette. `facing`: -1 left, 0 us, 1 right."""
    coat = flat or coat or s.rng.choice(COATS)
    legs, skin, hair = flat or "#20242e", flat or s.rng.choice(SKINS), flat or s.rng.choice(HAIRS)
    stride = h * (0.13 if walking else 0.03)
    for side in (-1, 1):
        foot = x + side * stride
        s.line([(x + side * h * 0.03, base - h * 0.45), (foot, base - h * 0.02)], legs, h * 0.075)
        s.rect(foot - h * (0.035 - facing * 0.025), base - h * 0.035, h * 0.08, h * 0.035, legs, r=h * 0.015)
    wide = h * s.rng.uniform(0.12, 0.15)
    body = curve([(x + dx * wide, base - dy * h) for dx, dy in TORSO], steps=6, closed=True)
    s.poly(body, coat)
    if not flat:
        s.shade(body, mix(coat, "#0b1018", 0.55), towards="right", strength=0.6)
        arm = [(x + wide * dx, base - h * dy) for dx, dy in ((0.72, 0.76), (1, 0.56), (0.8, 0.4))]
        s.line(arm, mix(coat, "#0b1018", 0.28), h * 0.055)
    s.rect(x - h * 0.03, base - h * 0.88, h * 0.06, h * 0.07, skin)
    s.disc(x + facing * h * 0.015, base - h * 0.92, h * 0.062, skin, ry=h * 0.075)
    s.poly(curve([(x + dx * h - facing * h * 0.006, base - dy * h) for dx, dy in CROWN], steps=4, closed=True), hair)


def sailing_boat(s: Sheet, x: float, y: float, w: float, hull: str, sail: str) -> None:
    """A small boat with one or two sails."""
    s.poly(
        curve(
            [
                (x - w * 0.5, y - w * 0.08),
                (x - w * 0.35, y + w * 0.06),
                (x + w * 0.3, y + w * 0.06),
                (x + w * 0.52, y - w * 0.1),
            ]
        ),
        hull,
    )
    s.line([(x, y - w * 0.05), (x, y - w * 1.1)], hull, w * 0.025)
    s.poly([(x + w * 0.03, y - w * 1.05), (x + w * 0.03, y - w * 0.16), (x + w * 0.45, y - w * 0.16)], sail)
    s.poly(
        [(x - w * 0.03, y - w * 0.9), (x - w * 0.03, y - w * 0.16), (x - w * 0.32, y - w * 0.16)], mix(sail, hull, 0.18)
    )
