"""Scenes in the squares and on the quay: the market, a march, the old sheds."""

from newsroom.demo.scenes.canvas import (
    CLOUD,
    DAWN,
    DAYLIGHT,
    DUSK,
    MINT,
    NOON,
    OCHRE,
    ROSE,
    WIDTH,
    Palette,
    Sheet,
    curve,
    mix,
)
from newsroom.demo.scenes.props import clouds, gulls, person, terrace, tree, water

CLOTHS = ("#c9442d", "#2f6f8a", "#e0a83a", "#4b6b4f", "#8a3b52")


def market(s: Sheet) -> None:
    """Stalls with striped awnings, crates and people who take their time."""
    p = s.rng.choice((NOON, MINT, OCHRE, ROSE, DAWN))
    s.sky(p.high, p.low)
    terrace(
        s,
        860,
        (mix(p.far, p.low, 0.4), mix(p.far, p.accent, 0.25), p.far, mix(p.low, p.glow, 0.4)),
        p,
        low=330,
        high=520,
        share=0.1,
    )
    s.rect(0, 850, WIDTH, 350, mix(p.low, p.far, 0.55))
    s.shade_box(0, 850, WIDTH, 350, p.mid, strength=0.7)
    for i in range(6):
        person(s, 120 + i * 310 + s.rng.uniform(-70, 70), 1010, 300, walking=i % 2 == 0, facing=s.rng.choice((-1, 1)))
    w = s.rng.uniform(470, 540)
    for i in range(4):
        stall(s, -80 + i * (w + 30), 1075, w, s.rng.choice(CLOTHS), p)
    for i in range(s.rng.randint(2, 3)):
        person(s, 260 + i * 560 + s.rng.uniform(-120, 120), 1185, 420, facing=s.rng.choice((-1, 0, 1)))
    bulbs(s, p)


def stall(s: Sheet, x: float, base: float, w: float, cloth: str, p: Palette) -> None:
    """One stall: posts, a scalloped awning, two rows of crates."""
    top = base - 430
    for dx in (16, w - 28):
        s.rect(x + dx, top + 40, 13, 400, p.ink)
    for row, y in enumerate((base - 120, base - 60)):
        for i in range(4):
            crate(s, x + 22 + i * (w - 44) / 4, y + row * 4, (w - 44) / 4 - 8, p)
    s.rect(x + 8, base + 4, w - 16, 90, mix(cloth, p.ink, 0.55))
    stripes, light = 8, "#f7efdd"
    wide = w / stripes
    for i in range(stripes):
        colour = cloth if i % 2 == 0 else light
        a, b = x + i * wide, x + (i + 1) * wide
        inset = [x + w * 0.06 + i * wide * 0.88, x + w * 0.06 + (i + 1) * wide * 0.88]
        s.poly([(inset[0], top - 62), (inset[1], top - 62), (b, top + 44), (a, top + 44)], colour)
        s.disc((a + b) / 2, top + 44, wide / 2, colour, ry=26)
    s.shade(
        [(x + w * 0.06, top - 62), (x + w * 0.94, top - 62), (x + w, top + 70), (x, top + 70)],
        mix(cloth, p.ink, 0.6),
        strength=0.4,
    )


def crate(s: Sheet, x: float, y: float, w: float, p: Palette) -> None:
    """A crate heaped with one kind of fruit."""
    fruit = s.rng.choice(("#d6492f", "#e8a33d", "#8fae4b", "#6b2d4f", "#f0d25a", "#4f7a3a"))
    for _ in range(16):
        s.disc(
            x + s.rng.uniform(8, w - 8), y + s.rng.uniform(-16, 10), 13, mix(fruit, "#20100a", s.rng.uniform(0, 0.3))
        )
    s.rect(x, y + 8, w, 44, "#b58a55")
    s.rect(x, y + 26, w, 4, "#7d5a33")
    s.shade_box(x, y + 8, w, 44, p.ink, strength=0.4)


def bulbs(s: Sheet, p: Palette) -> None:
    """A string of bulbs across the square."""
    for start, sag in ((90, 150), (170, 100)):
        line = [(i * 60.0, start + sag * (1 - ((i * 60 - 900) / 900) ** 2)) for i in range(31)]
        s.line(line, p.ink, 4)
        for x, y in line[1::2]:
            s.disc(x, y + 12, 11, p.glow)


def sheds(s: Sheet) -> None:
    """Old warehouses on a quay: gables in a row, one roof open, a birch growing out of it."""
    p = s.rng.choice((OCHRE, CLOUD, DAWN, DUSK, MINT))
    s.sky(p.high, p.low, 0, 950)
    x, y = s.rng.uniform(250, 1550), s.rng.uniform(160, 330)
    s.glow(x, y, 430, p.sun, 0.6)
    s.disc(x, y, 75, p.sun)
    clouds(s, 5, mix(p.low, "#ffffff", 0.4), alpha=0.5, bottom=330)
    ruined = s.rng.randint(0, 4)
    for i in range(5):
        wall = mix(s.rng.choice(("#a8472f", "#b86b4a", "#8d5a45", "#99523f")), p.far, 0.18)
        shed(s, -40 + i * 380, 930, 372, wall, p, open_roof=i == ruined)
    s.rect(0, 926, WIDTH, 44, mix(p.far, p.ink, 0.5))
    s.shade_box(0, 926, WIDTH, 44, p.ink, strength=0.9)
    water(s, 970, mix(p.near, p.low, 0.35), p.near, p.low, ripples=70)
    for i in range(5):
        s.shade_box(-30 + i * 380, 972, 350, 150, mix("#7d3b2b", p.near, 0.4), towards="up", strength=0.7)
    gulls(s, 4, p.ink, bottom=260)
    for _ in range(s.rng.randint(1, 3)):
        person(s, s.rng.uniform(200, 1600), 934, 130, walking=True, facing=s.rng.choice((-1, 1)))


def shed(s: Sheet, x: float, base: float, w: float, wall: str, p: Palette, *, open_roof: bool) -> None:
    """One gabled warehouse with doors on three floors."""
    top, peak = base - 400, base - 400 - s.rng.uniform(120, 170)
    dark = mix(wall, p.ink, 0.6)
    if open_roof:
        tree(s, x + w * 0.62, base - 300, 400, "#5f8f54", "#e9e1d0")
        front = [
            (x, base),
            (x, top),
            (x + w * 0.3, top - 70),
            (x + w * 0.36, top - 20),
            (x + w * 0.5, top + 40),
            (x + w * 0.66, top + 10),
            (x + w * 0.74, top - 52),
            (x + w * 0.8, top - 60),
            (x + w, top),
            (x + w, base),
        ]
    else:
        front = [(x, base), (x, top), (x + w / 2, peak), (x + w, top), (x + w, base)]
    s.poly(front, wall)
    s.shade(front, dark, towards="right", strength=0.65)
    if not open_roof:
        s.line([(x - 10, top + 8), (x + w / 2, peak - 6), (x + w + 10, top + 8)], p.ink, 16)
        s.disc(x + w / 2, top - 20, 30, dark)
    for y in range(3):
        s.rect(x + w * 0.42, top + 70 + y * 112, w * 0.16, 84, p.ink if open_roof else mix(p.accent, p.ink, 0.45))
        for dx in (0.12, 0.72):
            glass = p.glow if s.rng.random() < 0.16 and not open_roof else mix(p.near, p.high, 0.2)
            s.rect(x + w * dx, top + 84 + y * 112, w * 0.16, 62, glass)
            s.rect(x + w * (dx + 0.074), top + 84 + y * 112, 5, 62, dark)
    s.rect(x + w * 0.49, top + 10, w * 0.02, 40, p.ink)


def protest(s: Sheet) -> None:
    """A crowd with banners and placards; signs instead of words."""
    p = s.rng.choice(DAYLIGHT)
    s.sky(p.high, p.low)
    clouds(s, 4, mix(p.low, "#ffffff", 0.5), bottom=220)
    terrace(s, 800, (mix(p.far, p.low, 0.5), p.far, mix(p.far, p.low, 0.25)), p, low=280, high=470, share=0.05)
    s.rect(0, 790, WIDTH, 420, mix(p.mid, p.far, 0.4))
    for row, (base, h) in enumerate(((840, 190), (930, 260), (1050, 340), (1240, 430))):
        step = h * 0.42
        for i in range(int(WIDTH / step) + 2):
            x = i * step + s.rng.uniform(-0.12, 0.12) * h - (row % 2) * step / 2
            if s.rng.random() < 0.23:
                placard(s, x + h * 0.14, base - h * 0.75, h, p)
            person(s, x, base + s.rng.uniform(-10, 14), h * s.rng.uniform(0.92, 1.06))
        s.shade_box(0, base - h, WIDTH, h, mix(p.mid, p.far, 0.4), towards="up", strength=0.28 - row * 0.09)
        if row == 2:
            banner(s, s.rng.uniform(300, 620), 700, 760, p)


def placard(s: Sheet, x: float, hand: float, h: float, p: Palette) -> None:
    """A sign on a stick with a plain mark on it: a wave, a sun, a chair, a fish."""
    w, tilt = h * 0.5, s.rng.uniform(-0.12, 0.12) * h
    paper = s.rng.choice(("#fbf3df", p.glow, p.accent, "#fbf3df"))
    mark = p.ink if paper != p.accent else "#fbf3df"
    cx, cy = x + tilt * 1.4, hand - h * 0.5
    s.line([(x, hand), (cx, cy)], "#8a6238", h * 0.028)
    s.poly(
        [
            (cx - w / 2, cy - w * 0.36 + tilt * 0.2),
            (cx + w / 2, cy - w * 0.36 - tilt * 0.2),
            (cx + w / 2, cy + w * 0.36 - tilt * 0.2),
            (cx - w / 2, cy + w * 0.36 + tilt * 0.2),
        ],
        paper,
    )
    kind = s.rng.randrange(4)
    if kind == 0:
        for dy in (-0.14, 0.02, 0.18):
            s.line(
                curve([(cx + w * (i * 0.16 - 0.32), cy + w * (dy + (0.05 if i % 2 else -0.05))) for i in range(5)]),
                mark,
                w * 0.06,
            )
    elif kind == 1:
        s.disc(cx, cy, w * 0.2, mark)
    elif kind == 2:
        s.line([(cx - w * 0.12, cy - w * 0.26), (cx - w * 0.12, cy + w * 0.24)], mark, w * 0.06)
        s.line([(cx - w * 0.12, cy), (cx + w * 0.14, cy), (cx + w * 0.14, cy + w * 0.24)], mark, w * 0.06)
    else:
        s.disc(cx - w * 0.04, cy, w * 0.22, mark, ry=w * 0.12)
        s.poly([(cx + w * 0.12, cy), (cx + w * 0.32, cy - w * 0.14), (cx + w * 0.32, cy + w * 0.14)], mark)


def banner(s: Sheet, x: float, y: float, w: float, p: Palette) -> None:
    """A long cloth carried between two poles."""
    for dx in (0, w):
        s.line([(x + dx, y - 30), (x + dx, y + 330)], "#8a6238", 12)
    top = [(x + w * i / 8, y + (12 if i % 2 else -6)) for i in range(9)]
    bottom = [(x + w * i / 8, y + 150 + (16 if i % 2 else -4)) for i in range(8, -1, -1)]
    cloth = [*curve(top), *curve(bottom)]
    s.poly(cloth, p.accent)
    for row in range(2):
        wave = [(x + w * (0.08 + 0.0467 * i), y + 52 + row * 52 + (-15 if i % 2 else 15)) for i in range(19)]
        s.line(curve(wave), "#fbf3df", 13)
    s.shade(cloth, mix(p.accent, p.ink, 0.6), strength=0.5)
