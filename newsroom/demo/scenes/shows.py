"""Scenes people go to together: a football match, a stage."""

import math

from newsroom.demo.scenes.canvas import (
    CLOUD,
    COATS,
    DUSK,
    HAIRS,
    HEIGHT,
    MINT,
    NIGHT,
    NOON,
    OCHRE,
    ROSE,
    SKINS,
    WIDTH,
    Palette,
    Sheet,
    curve,
    mix,
)
from newsroom.demo.scenes.props import person, ridge, stars


def football(s: Sheet) -> None:
    """A small ground: striped pitch, one stand, floodlights, a match."""
    p = s.rng.choice((DUSK, NIGHT, MINT, OCHRE, NOON, CLOUD))
    s.sky(p.high, p.low, 0, 640)
    if p in (NIGHT, DUSK):
        stars(s, 70, p.sun, bottom=400)
    ridge(s, 560, 60, p.far, base=700)
    stand(s, s.rng.uniform(150, 420), p)
    for x in (90, 1690):
        mast(s, x, p)
    grass, other = ("#3f7d4a", "#4b8c54") if p not in (NIGHT, DUSK) else ("#2c6048", "#357052")
    s.rect(0, 640, WIDTH, 570, grass)
    for i in range(0, 12, 2):
        a, b = (i - 6) * 190 + 900, (i - 5) * 190 + 900
        s.poly([(a, 640), (b, 640), (900 + (b - 900) * 1.9, HEIGHT), (900 + (a - 900) * 1.9, HEIGHT)], other)
    line = "#f2f1e3"
    s.line([(0, 668), (WIDTH, 668)], line, 5)
    ring = [(900 + 330 * math.cos(a / 24 * math.pi), 900 + 92 * math.sin(a / 24 * math.pi)) for a in range(49)]
    s.line(ring, line, 7)
    s.line([(900, 668), (900, HEIGHT)], line, 8)
    goal(s, s.rng.choice((-1, 1)), line)
    shirts = s.rng.sample(COATS, 2)
    for i in range(11):
        depth = s.rng.random()
        player(s, s.rng.uniform(120, 1680), 720 + depth * 420, 120 + depth * 130, shirts[i % 2])
    s.disc(s.rng.uniform(500, 1300), s.rng.uniform(760, 1060), 17, "#ffffff")
    s.shade_box(0, 640, WIDTH, 570, p.ink, strength=0.45)


def stand(s: Sheet, x: float, p: Palette) -> None:
    """A covered stand full of dots of people."""
    w = 1150
    s.poly([(x, 650), (x + 40, 400), (x + w - 40, 400), (x + w, 650)], p.near)
    for row in range(7):
        for i in range(58):
            if s.rng.random() < 0.8:
                at = x + 46 + i * (w - 92) / 57 + s.rng.uniform(-4, 4)
                s.disc(at, 438 + row * 28, 10, s.rng.choice(COATS))
                s.disc(at, 424 + row * 28, 7, s.rng.choice(SKINS))
    s.poly([(x - 40, 380), (x + 30, 318), (x + w - 30, 318), (x + w + 40, 380)], p.accent)
    s.shade([(x - 40, 380), (x + 30, 318), (x + w - 30, 318), (x + w + 40, 380)], p.ink, strength=0.6)
    for dx in range(30, w, 180):
        s.rect(x + dx, 380, 9, 270, p.ink)
    s.rect(x - 20, 622, w + 40, 34, mix(p.low, p.glow, 0.4))


def mast(s: Sheet, x: float, p: Palette) -> None:
    """A floodlight mast."""
    s.poly([(x - 8, 660), (x - 4, 190), (x + 4, 190), (x + 8, 660)], p.ink)
    s.glow(x, 160, 330, "#fff6d8", 0.6)
    s.rect(x - 66, 116, 132, 78, p.ink, r=6)
    for row in range(2):
        for i in range(4):
            s.disc(x - 48 + i * 32, 138 + row * 34, 12, "#fff8e2")


def goal(s: Sheet, side: int, colour: str) -> None:
    """A goal at one edge of the pitch, with its net."""
    x = 900 + side * 760
    for i in range(9):
        s.line([(x + side * i * 13, 706 - i * 2), (x + side * i * 13, 850 + i * 9)], colour, 2, 0.6)
        s.line([(x, 706 + i * 18), (x + side * 110, 690 + i * 26)], colour, 2, 0.6)
    s.line([(x, 850), (x, 700), (x + side * 110, 684), (x + side * 110, 930)], colour, 11)


def player(s: Sheet, x: float, base: float, h: float, shirt: str) -> None:
    """A running player: limbs as strokes, a shirt, a shadow."""
    way = s.rng.choice((-1, 1))
    skin = s.rng.choice(SKINS)
    s.disc(x, base + 2, h * 0.3, "#10261c", 0.45, ry=h * 0.06)
    for knee, foot in (((0.12, -0.3), (0.05, -0.02)), ((-0.08, -0.26), (-0.28, -0.14))):
        s.line(
            [
                (x, base - h * 0.46),
                (x + way * knee[0] * h, base + knee[1] * h),
                (x + way * foot[0] * h, base + foot[1] * h),
            ],
            skin,
            h * 0.075,
        )
    s.poly(
        [
            (x - h * 0.12, base - h * 0.54),
            (x + h * 0.12, base - h * 0.54),
            (x + h * 0.15, base - h * 0.36),
            (x - h * 0.15, base - h * 0.36),
        ],
        "#f4f1e6",
    )
    for reach in (0.26, -0.24):
        s.line(
            [(x, base - h * 0.76), (x + reach * h, base - h * 0.6), (x + reach * 1.25 * h, base - h * 0.7)],
            skin,
            h * 0.055,
        )
    s.rect(x - h * 0.13, base - h * 0.82, h * 0.26, h * 0.32, shirt, r=h * 0.02)
    s.disc(x + way * h * 0.03, base - h * 0.91, h * 0.075, skin)
    s.disc(x + way * h * 0.015, base - h * 0.945, h * 0.072, s.rng.choice(HAIRS), ry=h * 0.05)


def stage(s: Sheet) -> None:
    """A stage with a curtain, light from above, one or two people and an audience."""
    p = s.rng.choice((DUSK, ROSE, OCHRE, NIGHT, MINT))
    cloth = s.rng.choice(("#a32c28", "#1f5666", "#6b2d4f", "#b5651d"))
    s.sky(mix(p.near, p.ink, 0.5), p.mid, 0, 900)
    organ = s.rng.random() < 0.5
    if organ:
        pipes(s, p)
    for x in (s.rng.uniform(450, 700), s.rng.uniform(1100, 1350)):
        s.poly(
            [(x - 26, 0), (x + 26, 0), (900 + (x - 900) * 0.3 + 260, 870), (900 + (x - 900) * 0.3 - 260, 870)],
            p.glow,
            0.2,
        )
    s.rect(-10, 930, 1820, 280, mix(p.ink, cloth, 0.3))
    s.poly([(60, 850), (1740, 850), (1860, 980), (-60, 980)], "#8a5a34")
    s.shade([(60, 850), (1740, 850), (1860, 980), (-60, 980)], p.ink, strength=0.7)
    s.disc(900, 900, 430, p.glow, 0.35, ry=52)
    for i in range(s.rng.choice((1, 2, 3))):
        person(s, 900 + (i - 0.5) * 190 + s.rng.uniform(-40, 40), 905, 330, facing=s.rng.choice((-1, 0, 1)))
    for side in (-1, 1):
        drape(s, side, cloth, p)
    s.rect(-10, -10, 1820, 130, cloth)
    for i in range(15):
        s.disc(60 + i * 120, 118, 62, mix(cloth, p.ink, 0.12 * (i % 2)), ry=46)
        s.disc(60 + i * 120, 158, 8, p.glow)
    for row in range(3):
        for i in range(14 - row * 2):
            head = 44 + row * 12
            x = (i + 0.5 + 0.3 * (row % 2)) * WIDTH / (14 - row * 2) + s.rng.uniform(-16, 16)
            y = 1050 + row * 74
            s.disc(x, y, head * 0.8, mix(p.ink, cloth, 0.16 - row * 0.05))
            s.disc(x, y + head * 1.7, head * 1.5, mix(p.ink, cloth, 0.16 - row * 0.05), ry=head * 1.1)


def pipes(s: Sheet, p: Palette) -> None:
    """Organ pipes in towers."""
    for tower in range(5):
        x0, rise = 420 + tower * 200, 330 if tower % 2 == 0 else 230
        s.rect(x0 - 6, 760 - 40, 184, 150, "#5a3a24")
        for i in range(7):
            h = rise + 190 - abs(i - 3) * 46
            x = x0 + 4 + i * 24
            s.rect(x, 740 - h, 20, h, mix("#d9b25f", p.low, 0.3), r=8)
            s.shade_box(x, 740 - h, 20, h, p.ink, towards="right", strength=0.7)
            s.disc(x + 10, 700, 5, p.ink, ry=10)


def drape(s: Sheet, side: int, cloth: str, p: Palette) -> None:
    """One side of the curtain, in folds, drawn back."""
    edge = 900 + side * 900
    for i in range(8):
        a, b = edge - side * i * 46, edge - side * (i + 1) * 46
        fold = curve([(a, 60), (a - side * 10, 520), (a + side * i * 12, 900), (a + side * i * 12, 1000)], steps=6)
        back = curve(
            [(b, 60), (b - side * 10, 520), (b + side * (i + 1) * 12, 900), (b + side * (i + 1) * 12, 1000)], steps=6
        )
        s.poly([*fold, *reversed(back)], mix(cloth, p.ink, 0.32 if i % 2 else 0))
        s.shade([*fold, *reversed(back)], mix(cloth, p.ink, 0.75), towards="right", strength=0.55)
