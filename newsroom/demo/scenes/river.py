"""Scenes by the river: the old bridge, a storm over the quay."""

import math

from newsroom.demo.scenes.canvas import (
    CLOUD,
    DAWN,
    DUSK,
    HEIGHT,
    MINT,
    NIGHT,
    OCHRE,
    ROSE,
    WIDTH,
    Palette,
    Sheet,
    curve,
    mix,
)
from newsroom.demo.scenes.props import clouds, glitter, gulls, lit_bank, person, sailing_boat, water


def bridge(s: Sheet) -> None:
    """The old stone bridge and its reflection, boats passing under."""
    p = s.rng.choice((DAWN, OCHRE, MINT, ROSE, DUSK))
    s.sky(p.high, p.low, 0, 780)
    x = s.rng.uniform(300, 1500)
    s.glow(x, 430, 560, p.sun, 0.6)
    s.disc(x, s.rng.uniform(330, 470), s.rng.uniform(70, 120), p.sun)
    clouds(s, 5, mix(p.low, "#ffffff", 0.35), alpha=0.5, bottom=300)
    lit_bank(s, 690, mix(p.far, p.low, 0.25), p)
    water(s, 690, mix(p.low, p.mid, 0.3), p.near, p.low, ripples=130)
    glitter(s, x, 700, p.sun, width=170)
    arches = s.rng.choice((3, 4, 5))
    stone = mix(p.mid, p.far, 0.25)
    span(s, arches, stone, p)
    for i in range(s.rng.randint(3, 6)):
        person(s, 160 + i * 320 + s.rng.uniform(-90, 90), 508, 104, walking=True, facing=s.rng.choice((-1, 1)))
    s.rect(0, 492, WIDTH, 26, mix(stone, p.ink, 0.2))
    s.rect(0, 486, WIDTH, 9, mix(stone, p.sun, 0.45))
    for i in range(arches + 1):
        lamp_x = 40 + i * (WIDTH - 80) / arches
        s.rect(lamp_x - 5, 372, 10, 120, p.ink)
        s.glow(lamp_x, 364, 90, p.glow, 0.6)
        s.disc(lamp_x, 364, 17, p.glow)
    for _ in range(s.rng.randint(1, 2)):
        sailing_boat(s, s.rng.uniform(200, 1600), s.rng.uniform(900, 1040), s.rng.uniform(150, 230), p.ink, p.accent)
    gulls(s, 5, p.ink, bottom=330)


def span(s: Sheet, arches: int, stone: str, p: Palette) -> None:
    """The body of the bridge with round openings, and the same upside down in the water."""
    wide = WIDTH / arches
    outline: list[tuple[float, float]] = [(-20.0, 500.0), (1820.0, 500.0), (1820.0, 800.0)]
    mirrored: list[tuple[float, float]] = []
    for i in range(arches - 1, -1, -1):
        middle, half = (i + 0.5) * wide, wide * 0.38
        outline += [(middle + half, 800)]
        outline += [
            (middle + half * math.cos(a / 12 * math.pi), 770 - 210 * math.sin(a / 12 * math.pi)) for a in range(13)
        ]
        outline += [(middle - half, 800)]
        mirrored += [
            (middle + half * math.cos(a / 12 * math.pi), 812 + 160 * math.sin(a / 12 * math.pi)) for a in range(13)
        ]
    outline.append((-20.0, 800.0))
    s.poly([(-20, 806), *reversed(mirrored), (1820, 806), (1820, 1060), (-20, 1060)], p.near, 0.5)
    s.poly(outline, stone)
    s.shade(outline, p.ink, strength=0.7)
    for i in range(arches):
        middle, half = (i + 0.5) * wide, wide * 0.38
        ring = [(middle + half * math.cos(a / 12 * math.pi), 770 - 210 * math.sin(a / 12 * math.pi)) for a in range(13)]
        s.line(ring, mix(stone, p.sun, 0.35), 15)
    for i in range(arches + 1):
        pier = [(i * wide - 70, 820), (i * wide - 44, 640), (i * wide + 44, 640), (i * wide + 70, 820)]
        s.poly(pier, mix(stone, p.ink, 0.22))
        s.shade(pier, p.ink, towards="right", strength=0.6)


def storm(s: Sheet) -> None:
    """A wave over the quay wall, rain, a bent lamp of light."""
    p = s.rng.choice((NIGHT, CLOUD, DUSK))
    s.sky(mix(p.high, p.ink, 0.35), p.low, 0, 800)
    clouds(s, 16, mix(p.mid, p.ink, 0.2), top=30, bottom=420, alpha=0.55)
    lit_bank(s, 640, mix(p.far, p.ink, 0.15), p)
    s.sky(p.mid, p.near, 640, 1200)
    for layer in range(4):
        breaker(s, 690 + layer * 85, 42 + layer * 20, mix(p.far, p.ink, 0.1 + layer * 0.2), p)
    wall = s.rng.choice((-1, 1))
    x = 900 + wall * 420
    s.poly([(x - wall * 60, 800), (900 + wall * 1000, 780), (900 + wall * 1000, 1210), (x - wall * 190, 1210)], p.ink)
    s.line([(x - wall * 60, 800), (900 + wall * 1000, 780)], mix(p.far, p.low, 0.4), 9)
    spray(s, x - wall * 60, 800, wall, p)
    post = x + wall * 260
    s.rect(post - 7, 410, 14, 385, p.ink)
    s.glow(post, 398, 260, p.glow, 0.8)
    s.disc(post, 398, 24, p.glow)
    person(s, post + wall * 120, 800, 190, coat="#e0a83a", walking=True, facing=-wall)
    for _ in range(260):
        rx, ry, long = (s.rng.uniform(-100, WIDTH), s.rng.uniform(-50, HEIGHT), s.rng.uniform(30, 90))
        s.line([(rx, ry), (rx + wall * long * 0.5, ry + long)], "#eef2f2", 2.5, 0.32)


def breaker(s: Sheet, y: float, h: float, colour: str, p: Palette) -> None:
    """A row of pointed waves with foam on their crests."""
    x, edge, foam = -s.rng.uniform(0, 200), [], []
    while x < WIDTH + 200:
        w = s.rng.uniform(170, 330)
        edge += [(x, y), (x + w * 0.45, y - h * 0.5), (x + w * 0.72, y - h), (x + w * 0.8, y - h * 0.75)]
        foam.append((x + w * 0.72, y - h))
        x += w
    s.poly([*curve(edge, steps=6), (WIDTH + 200, 1300), (-200, 1300)], colour)
    for fx, fy in foam:
        cap = [
            (fx - h * 0.9, fy + h * 0.42),
            (fx, fy - 4),
            (fx + h * 0.22, fy + h * 0.26),
            (fx - h * 0.1, fy + h * 0.2),
        ]
        s.poly(curve(cap, closed=True, steps=5), mix(p.sun, "#ffffff", 0.4), 0.85)


def spray(s: Sheet, x: float, y: float, wall: int, p: Palette) -> None:
    """Water thrown up by the wall: a fan of drops."""
    white = mix(p.sun, "#ffffff", 0.6)
    for _ in range(420):
        a, far = s.rng.gauss(-0.25 * wall, 0.42), s.rng.random() ** 0.7 * 520
        r = s.rng.uniform(3, 17) * (1.15 - far / 560)
        s.disc(
            x - wall * 60 - math.sin(a) * far * wall,
            y - math.cos(a) * far + 30,
            max(2, r),
            white,
            s.rng.uniform(0.5, 0.95),
        )
