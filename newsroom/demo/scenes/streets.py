"""Scenes in the streets of Varnholm: roofs at dusk, the court, a night tram."""

from newsroom.demo.scenes.canvas import (
    CLOUD,
    DAWN,
    DUSK,
    HEIGHT,
    NIGHT,
    NOON,
    OCHRE,
    ROSE,
    WIDTH,
    Palette,
    Sheet,
    curve,
    mix,
)
from newsroom.demo.scenes.props import clouds, glitter, gulls, person, stars, terrace, water


def skyline(s: Sheet) -> None:
    """Roofs and steeples in layers above the river."""
    p = s.rng.choice((DUSK, OCHRE, ROSE, NIGHT, DAWN))
    s.sky(p.high, p.low, 0, 900)
    x, y = s.rng.uniform(300, 1500), s.rng.uniform(240, 520)
    s.glow(x, y, 600, p.sun, 0.6)
    s.disc(x, y, s.rng.uniform(60, 150), p.sun)
    if p is NIGHT:
        stars(s, 120, p.sun)
    clouds(s, 4, mix(p.low, p.high, 0.4), alpha=0.45)
    for layer, colour in enumerate((mix(p.far, p.low, 0.35), p.far, p.mid)):
        roofs(s, 760 + layer * 60, 190 - layer * 10, colour, p, lit=0.06 * layer)
    terrace(s, 960, (p.near, mix(p.near, p.mid, 0.5), mix(p.near, p.accent, 0.3)), p, low=110, high=230, share=0.4)
    s.rect(0, 955, WIDTH, 16, p.ink)
    water(s, 968, mix(p.near, p.low, 0.3), p.ink, p.low, ripples=60)
    for _ in range(9):
        glitter(s, s.rng.uniform(50, 1750), 970, p.glow, width=34, end=1180)
    gulls(s, s.rng.randint(3, 8), p.ink, bottom=360)


def roofs(s: Sheet, base: float, height: float, colour: str, p: Palette, *, lit: float) -> None:
    """One layer of a far city: gables, steeples, a dome."""
    x = -s.rng.uniform(0, 90)
    while x < WIDTH:
        w, h = s.rng.uniform(70, 150), height * s.rng.uniform(0.45, 1)
        top, kind = base - h, s.rng.random()
        s.rect(x, top, w + 1, h + 220, colour)
        if kind < 0.1:
            s.rect(x + w * 0.3, top - h * 0.9, w * 0.4, h, colour)
            s.poly([(x + w * 0.26, top - h * 0.9), (x + w * 0.5, top - h * 1.9), (x + w * 0.74, top - h * 0.9)], colour)
        elif kind < 0.16:
            s.disc(x + w / 2, top, w * 0.42, colour)
            s.rect(x + w * 0.47, top - w * 0.7, w * 0.06, w * 0.4, colour)
        elif kind < 0.7:
            s.poly([(x, top), (x + w / 2, top - w * 0.5), (x + w, top)], colour)
            s.rect(x + w * 0.68, top - w * 0.45, w * 0.1, w * 0.4, colour)
        for _ in range(5 if s.rng.random() < lit * 6 else 0):
            s.rect(x + w * s.rng.uniform(0.1, 0.8), top + h * s.rng.uniform(0.15, 0.8), 9, 13, p.glow)
        x += w


def courthouse(s: Sheet) -> None:
    """Columns, steps and one long shadow; somebody small on the way up."""
    p = s.rng.choice((DAWN, OCHRE, ROSE, CLOUD, NOON))
    stone, dark = mix(p.low, "#ffffff", 0.25), mix(p.mid, p.near, 0.4)
    s.sky(p.high, mix(p.high, p.low, 0.6))
    clouds(s, 4, p.low, bottom=260)
    pediment = [(120, 300), (900, s.rng.uniform(70, 130)), (1680, 300)]
    s.poly(pediment, stone)
    s.shade(pediment, p.mid, towards="right", strength=0.6)
    emblem(s, p)
    s.rect(100, 296, 1600, 70, stone)
    s.shade_box(100, 330, 1600, 36, p.mid, strength=0.9)
    s.rect(150, 366, 1500, 560, dark)
    s.shade_box(150, 366, 1500, 560, p.ink, towards="up", strength=0.9)
    door = 900
    s.rect(door - 110, 540, 220, 390, p.ink)
    s.rect(door - 96, 556, 92, 370, p.accent)
    s.rect(door + 4, 556, 92, 370, p.accent)
    s.shade_box(door - 96, 556, 192, 370, p.ink, towards="up", strength=0.8)
    count = s.rng.choice((6, 8))
    for i in range(count):
        column(s, 190 + i * (1420 - 90) / (count - 1), 366, 560, 90, stone, p)
    steps(s, stone, p)
    edge, foot = s.rng.uniform(900, 1300), s.rng.uniform(300, 700)
    shadow = [(edge, 366), (1650, 366), (1650, 920), (1950, 1200), (foot, 1200)]
    s.poly(shadow, p.ink, 0.34)
    walker = s.rng.uniform(420, 760)
    s.poly([(walker, 1078), (walker + 250, 1096), (walker + 250, 1110), (walker - 10, 1086)], p.ink, 0.4)
    person(s, walker, 1084, 210, walking=True, facing=1)
    if s.rng.random() < 0.6:
        person(s, s.rng.uniform(1150, 1450), 1000, 165, flat=p.ink)


def emblem(s: Sheet, p: Palette) -> None:
    """A pair of scales in the pediment."""
    s.line([(900, 150), (900, 268)], p.near, 9)
    s.line([(800, 176), (1000, 176)], p.near, 8)
    tilt = s.rng.choice((-1, 0, 1)) * 7
    for x, y in ((800, 176 + tilt), (1000, 176 - tilt)):
        s.line([(x - 34, y + 60), (x, y), (x + 34, y + 60)], p.near, 4)
        s.poly(curve([(x - 42, y + 60), (x, y + 84), (x + 42, y + 60)]), p.near)
    s.rect(862, 264, 76, 10, p.near)


def column(s: Sheet, x: float, top: float, h: float, w: float, stone: str, p: Palette) -> None:
    """A fluted column with base and capital."""
    s.rect(x - 12, top, w + 24, 26, stone)
    s.rect(x - 12, top + h - 30, w + 24, 30, stone)
    shaft = [(x + 4, top + 26), (x + w - 4, top + 26), (x + w, top + h - 30), (x, top + h - 30)]
    s.poly(shaft, stone)
    for i in range(1, 5):
        s.rect(x + i * w / 5 - 2, top + 34, 4, h - 74, mix(stone, p.mid, 0.3))
    s.shade(shaft, p.near, towards="right", strength=0.9)
    s.shade_box(x - 12, top + 14, w + 24, 40, p.near, towards="up", strength=0.8)


def steps(s: Sheet, stone: str, p: Palette) -> None:
    """Broad steps down to the street."""
    for i in range(7):
        y, out = 920 + i * 42, i * 34
        s.rect(110 - out, y, 1580 + 2 * out, 44, mix(stone, p.far, 0.08 * (i % 2)))
        s.rect(110 - out, y + 34, 1580 + 2 * out, 9, mix(stone, p.near, 0.45))
    s.shade_box(-100, 920, 2000, 300, p.mid, towards="down", strength=0.45)


def tram(s: Sheet) -> None:
    """A lit tram in a wet street at night."""
    p = s.rng.choice((NIGHT, DUSK))
    s.sky(p.high, p.low, 0, 900)
    stars(s, 60, p.sun, bottom=300)
    terrace(s, 880, (p.near, p.mid, mix(p.near, p.accent, 0.22), p.far), p, low=420, high=620, share=0.22)
    s.sky(mix(p.near, p.ink, 0.4), p.ink, 880, HEIGHT)
    way, x = s.rng.choice((-1, 1)), s.rng.uniform(260, 560)
    s.line([(0, 452), (WIDTH, 436)], p.ink, 4)
    for i in range(4):
        lamp(s, 120 + i * 520 + s.rng.uniform(-40, 40), 900, p)
    tram_car(s, x, 560, 900, way, p)
    for i in range(60):
        at = s.rng.uniform(x, x + 900)
        y = 905 + (i / 60) * 270
        s.rect(at - 40, y, s.rng.uniform(30, 110), 5, s.rng.choice((p.glow, p.accent, p.glow)), 0.55 - i / 130, r=3)
    for y in (918, 948):
        s.rect(0, y, WIDTH, 5, mix(p.ink, p.low, 0.5))
    for i in range(s.rng.randint(2, 4)):
        person(s, s.rng.choice((90, 200, 1560, 1690)) + i * 34, 1010 + i * 26, 300, flat=p.ink if i else None)


def lamp(s: Sheet, x: float, base: float, p: Palette) -> None:
    """A street lamp with its light."""
    s.rect(x - 5, base - 380, 10, 380, p.ink)
    s.line(curve([(x, base - 376), (x + 20, base - 410), (x + 60, base - 410)]), p.ink, 8)
    s.glow(x + 62, base - 396, 170, p.glow, 0.55)
    s.poly([(x + 40, base - 408), (x + 84, base - 408), (x + 76, base - 388), (x + 48, base - 388)], p.glow)


def tram_car(s: Sheet, x: float, y: float, w: float, way: int, p: Palette) -> None:
    """Two joined cars with lit windows and passengers."""
    s.glow(x + w / 2, y + 170, 700, p.glow, 0.35, ry=300)
    s.rect(x, y, w, 330, p.accent, r=38)
    s.rect(x, y + 28, w, 168, mix(p.sun, p.accent, 0.1))
    s.rect(x + 20, y - 14, w - 40, 18, p.ink, r=8)
    for i in range(8):
        left = x + 26 + i * (w - 40) / 8
        s.rect(left, y + 44, (w - 40) / 8 - 18, 132, p.glow, r=8)
        if s.rng.random() < 0.6:
            at = left + s.rng.uniform(28, 62)
            s.disc(at, y + 112, 19, p.near, ry=23)
            s.poly(curve([(at - 36, y + 176), (at - 26, y + 140), (at + 26, y + 140), (at + 36, y + 176)]), p.near)
    for door in (0.3, 0.68):
        s.rect(x + w * door, y + 36, 6, 260, p.ink)
        s.rect(x + w * door + 74, y + 36, 6, 260, p.ink)
    s.rect(x, y + 236, w, 12, mix(p.sun, p.accent, 0.3))
    s.rect(x + w / 2 - 14, y - 6, 28, 330, p.ink)
    s.shade_box(x, y + 200, w, 128, p.ink, strength=0.8)
    s.rect(x + 30, y + 318, w - 60, 36, p.ink, r=10)
    s.line([(x + w * 0.4, y - 12), (x + w * 0.46, y - 62), (x + w * 0.4, y - 112)], p.ink, 6)
    nose = x + w - 26 if way > 0 else x + 26
    s.glow(nose, y + 270, 150, "#fff3cf", 0.8)
    s.disc(nose, y + 270, 15, "#fff8e2")
