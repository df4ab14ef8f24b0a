"""Scenes outside the city: reeds with a heron, turbines at sea."""

import math

from newsroom.demo.scenes.canvas import (
    CLOUD,
    DAWN,
    DAYLIGHT,
    DUSK,
    MINT,
    OCHRE,
    ROSE,
    WIDTH,
    Palette,
    Sheet,
    curve,
    mix,
)
from newsroom.demo.scenes.props import clouds, glitter, ridge, sailing_boat, tree, water

REED = ("#c9a24a", "#a9823a", "#8c7a3a", "#6d7a3e", "#d8b968")


def reeds(s: Sheet) -> None:
    """Reeds in front of still water, birds among them."""
    p = s.rng.choice((DAWN, OCHRE, MINT, ROSE, CLOUD))
    s.sky(p.high, p.low, 0, 640)
    x = s.rng.uniform(350, 1450)
    s.glow(x, 430, 620, p.sun, 0.7)
    s.disc(x, s.rng.uniform(340, 480), s.rng.uniform(90, 150), p.sun)
    ridge(s, 610, 40, mix(p.far, p.low, 0.4), base=660)
    for _ in range(9):
        tree(s, s.rng.uniform(0, WIDTH), 630, s.rng.uniform(80, 170), mix(p.far, p.mid, 0.4), p.mid)
    water(s, 630, p.low, mix(p.mid, p.far, 0.3), "#ffffff", ripples=70)
    glitter(s, x, 640, p.sun, width=200)
    for _ in range(s.rng.randint(5, 16)):
        flying(s, s.rng.uniform(100, 1700), s.rng.uniform(90, 420), s.rng.uniform(20, 46), p.ink)
    stand_at = s.rng.choice((480, 700, 1100, 1320))
    for depth in range(3):
        tone, gap = mix(p.near, p.far, 0.5 - depth * 0.25), 330 - depth * 60
        for _ in range(105 + depth * 20):
            at = s.rng.uniform(-40, 1840)
            off = min(1, abs(at - stand_at) / gap) ** 2
            if off > s.rng.uniform(0.1, 0.8) or depth == 2:
                h = s.rng.uniform(150, 300) * (1 + depth * 0.4) * (0.3 + 0.7 * off)
                reed(s, at, 900 + depth * 160, h, tone, depth)
        if depth == 1:
            heron(s, stand_at, 1000, s.rng.uniform(400, 480), p, s.rng.choice((-1, 1)))
    s.shade_box(0, 900, WIDTH, 300, p.ink, strength=0.7)


def reed(s: Sheet, x: float, base: float, h: float, tone: str, depth: int) -> None:
    """One bent stalk, some with a plume or a leaf."""
    lean = s.rng.uniform(-0.06, 0.2) * h
    colour = mix(s.rng.choice(REED), tone, 0.55)
    stalk = curve([(x, base), (x + lean * 0.3, base - h * 0.5), (x + lean, base - h)], steps=5)
    s.line(stalk, colour, 4 + depth * 2)
    tip = (x + lean, base - h)
    if s.rng.random() < 0.4:
        plume = [
            tip,
            (tip[0] + h * 0.05, tip[1] - h * 0.06),
            (tip[0] + h * 0.1, tip[1] - h * 0.2),
            (tip[0] - h * 0.01, tip[1] - h * 0.1),
        ]
        s.poly(curve(plume, closed=True, steps=5), mix(colour, "#3a2416", 0.35))
    elif s.rng.random() < 0.5:
        side = s.rng.choice((-1, 1))
        y = base - h * s.rng.uniform(0.35, 0.7)
        s.poly(
            curve(
                [
                    (x, y),
                    (x + side * h * 0.12, y - h * 0.16),
                    (x + side * h * 0.27, y - h * 0.12),
                    (x + side * h * 0.1, y - h * 0.11),
                ],
                closed=True,
                steps=5,
            ),
            colour,
        )


def heron(s: Sheet, x: float, base: float, h: float, p: Palette, way: int) -> None:
    """A wading bird standing in the shallows."""

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + way * dx * h, base + dy * h) for dx, dy in points]

    grey, dark = mix(p.far, p.mid, 0.45), p.ink
    for dx in (-0.02, 0.07):
        s.line(at((dx, -0.42), (dx - 0.02, -0.2), (dx + 0.01, 0.02)), dark, h * 0.018)
    body = curve(
        at((0.16, -0.56), (0.02, -0.66), (-0.2, -0.5), (-0.4, -0.34), (-0.12, -0.38), (0.1, -0.42)), closed=True
    )
    s.line(curve(at((0.12, -0.54), (0.24, -0.66), (0.14, -0.8), (0.2, -0.95))), grey, h * 0.055)
    s.poly(body, grey)
    s.shade(body, dark, strength=0.75)
    s.poly(curve(at((0.14, -0.98), (0.2, -1.01), (0.27, -0.97), (0.2, -0.93)), closed=True), grey)
    s.poly(at((0.25, -0.99), (0.52, -0.95), (0.25, -0.945)), p.glow)
    s.line(curve(at((0.24, -0.985), (0.16, -1.0), (0.02, -0.97))), dark, h * 0.022)
    s.disc(*at((0.225, -0.975))[0], h * 0.01, dark)


def flying(s: Sheet, x: float, y: float, w: float, colour: str) -> None:
    """A bird in flight with a body."""
    lift = s.rng.uniform(-0.6, 0.9) * w
    s.poly(
        curve(
            [
                (x - w, y - lift),
                (x - w * 0.3, y - lift * 0.5),
                (x, y),
                (x + w * 0.3, y - lift * 0.5),
                (x + w, y - lift),
                (x + w * 0.25, y + w * 0.06),
                (x, y + w * 0.2),
                (x - w * 0.25, y + w * 0.06),
            ],
            closed=True,
            steps=5,
        ),
        colour,
    )


def turbines(s: Sheet) -> None:
    """Wind turbines at sea in rows, a small boat for size."""
    p = s.rng.choice((*DAYLIGHT, DUSK))
    s.sky(p.high, p.low, 0, 820)
    x = s.rng.uniform(250, 1550)
    s.glow(x, 500, 560, p.sun, 0.6)
    s.disc(x, s.rng.uniform(380, 620), s.rng.uniform(70, 130), p.sun)
    clouds(s, 7, mix(p.low, "#ffffff", 0.5), alpha=0.55, bottom=520)
    for i in range(7):
        turbine(s, 90 + i * 270 + s.rng.uniform(-30, 30), 824, 190, mix(p.low, p.far, 0.6))
    water(s, 820, mix(p.low, p.far, 0.6), p.near, mix(p.low, "#ffffff", 0.4), ripples=120)
    glitter(s, x, 824, p.sun, width=120)
    for i in range(4):
        turbine(s, s.rng.uniform(0.1, 0.9) * 450 + i * 450, 900, s.rng.uniform(330, 420), mix("#ffffff", p.far, 0.25))
    big = s.rng.choice((360, 620, 1180, 1440))
    sailing_boat(s, (big + 800) % 1600 + 100, 960, 120, p.ink, p.accent)
    turbine(s, big, 1040, 780, "#fbf8ee")
    for layer in range(3):
        swell(s, 1040 + layer * 60, mix(p.mid, p.near, layer * 0.5), p)


def turbine(s: Sheet, x: float, base: float, h: float, colour: str) -> None:
    """A turbine: tower, nacelle, three tapering blades at some angle."""
    hub, blade = (x, base - h * 0.72), h * 0.4
    s.poly([(x - h * 0.022, base), (x - h * 0.01, hub[1]), (x + h * 0.01, hub[1]), (x + h * 0.022, base)], colour)
    s.shade(
        [(x, base), (x, hub[1]), (x + h * 0.01, hub[1]), (x + h * 0.022, base)],
        "#44596a",
        towards="right",
        strength=0.7,
    )
    s.rect(x - h * 0.026, base - h * 0.05, h * 0.052, h * 0.06, "#e0a83a")
    turn = s.rng.uniform(0, 2.1)
    for i in range(3):
        a = turn + i * 2.094
        ux, uy = math.sin(a), -math.cos(a)
        s.poly(
            [
                (hub[0] - uy * h * 0.004, hub[1] + ux * h * 0.004),
                (hub[0] + ux * blade * 0.22 - uy * h * 0.02, hub[1] + uy * blade * 0.22 + ux * h * 0.02),
                (hub[0] + ux * blade, hub[1] + uy * blade),
                (hub[0] + uy * h * 0.006, hub[1] - ux * h * 0.006),
            ],
            colour,
        )
    s.disc(*hub, h * 0.018, mix(colour, "#44596a", 0.25))


def swell(s: Sheet, y: float, colour: str, p: Palette) -> None:
    """One long wave across the foreground with a bright crest."""
    phase, long = s.rng.uniform(0, 6), s.rng.uniform(0.008, 0.013)
    crest = [(float(x), y + 16 * math.sin(x * long + phase)) for x in range(-20, WIDTH + 40, 20)]
    s.poly([*crest, (WIDTH + 20, 1300), (-20, 1300)], colour)
    s.line(crest, mix(p.low, "#ffffff", 0.5), 5, 0.7)
