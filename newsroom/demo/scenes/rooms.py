"""Scenes in public rooms: lecture hall, hospital corridor, archive."""

import math

from newsroom.demo.scenes.canvas import (
    CLOUD,
    COATS,
    DUSK,
    HAIRS,
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
from newsroom.demo.scenes.props import person

CARD = ("#c79a63", "#b5854f", "#d6b07c", "#9c7047", "#cfa878")


def lecture_hall(s: Sheet) -> None:
    """Curved rows of heads, a bright board, somebody explaining."""
    p = s.rng.choice((DUSK, MINT, OCHRE, NIGHT, ROSE))
    s.sky(mix(p.near, p.ink, 0.3), mix(p.mid, p.near, 0.5))
    for i in range(7):
        s.rect(i * 270 - 20, 0, 14, 760, p.ink, 0.5)
    board = (360, 130, 1080, 460)
    s.glow(900, 360, 1000, p.sun, 0.42, ry=620)
    s.rect(board[0] - 18, board[1] - 18, board[2] + 36, board[3] + 36, p.ink, r=6)
    s.rect(*board, mix(p.sun, "#ffffff", 0.2))
    drawing_on_board(s, s.rng.randrange(3), p)
    s.rect(-10, 640, 1820, 90, mix(p.near, p.accent, 0.35))
    person(s, s.rng.choice((250, 1540)), 712, 330, facing=s.rng.choice((-1, 1)))
    s.rect(830, 560, 150, 140, p.ink, r=6)
    for row in range(5):
        bench(s, 800 + row * 96, 46 + row * 11, 0.9 - row * 0.06, p, row)


def drawing_on_board(s: Sheet, kind: int, p: Palette) -> None:
    """A curve, a tide of columns or a network, in two colours."""
    if kind == 0:
        line = [(430 + i * 60, 480 - 150 * math.sin(i / 2.3 + s.rng.uniform(0, 0.4)) - i * 6) for i in range(17)]
        s.line([(420, 540), (1390, 540)], p.near, 6)
        s.line([(420, 170), (420, 540)], p.near, 6)
        s.line(curve(line), p.accent, 11)
    elif kind == 1:
        for i in range(9):
            h = s.rng.uniform(60, 320)
            s.rect(450 + i * 104, 540 - h, 68, h, p.accent if i == 6 else mix(p.mid, p.far, 0.4))
    else:
        dots = [(s.rng.uniform(450, 1350), s.rng.uniform(190, 530)) for _ in range(10)]
        for a, b in zip(dots, dots[1:] + dots[:1], strict=True):
            s.line([a, b], p.near, 5)
        for i, (x, y) in enumerate(dots):
            s.disc(x, y, 24, p.accent if i % 3 == 0 else p.mid)


def bench(s: Sheet, y: float, head: float, fill: float, p: Palette, row: int) -> None:
    """One curved row: heads and shoulders from behind, then the desk in front of the next."""
    count = 15 - row * 2
    dark = mix(p.near, p.ink, row / 5)
    for i in range(count):
        x = (i + 0.5) * WIDTH / count + s.rng.uniform(-14, 14)
        dip = 40 * (1 - ((x - 900) / 900) ** 2)
        if s.rng.random() > fill:
            continue
        coat = mix(s.rng.choice(COATS), dark, 0.45)
        s.poly(
            curve(
                [
                    (x - head * 1.5, y + dip + head * 2.2),
                    (x - head * 1.1, y + dip + head * 0.7),
                    (x, y + dip + head * 0.4),
                    (x + head * 1.1, y + dip + head * 0.7),
                    (x + head * 1.5, y + dip + head * 2.2),
                ]
            ),
            coat,
        )
        hair = mix(s.rng.choice(HAIRS), dark, 0.3)
        s.disc(x, y + dip - head * 0.25, head * 0.72, hair, ry=head * 0.86)
        if s.rng.random() < 0.25:
            s.disc(x, y + dip - head * 1.15, head * 0.34, hair)
    top = [(x, y + 62 + 40 * (1 - ((x - 900) / 900) ** 2) + head * 0.5) for x in range(-100, 1901, 100)]
    edge = [*top, (1900, 1300), (-100, 1300)]
    s.poly(edge, dark)
    s.line(top, mix(dark, p.glow, 0.4), 9)


def hospital(s: Sheet) -> None:
    """A corridor at night in one-point perspective, beds along the wall."""
    p = s.rng.choice((MINT, CLOUD, NOON, NIGHT))
    wall = mix("#dfe9e2", p.far, 0.35 if p is not NIGHT else 0.6)
    vx, vy = s.rng.uniform(760, 1040), 520.0
    near, far = ((-60.0, 1860.0, -160.0, 1230.0), (vx - 150, vx + 150, vy - 130, vy + 165))
    s.poly([(near[0], near[2]), (near[1], near[2]), (far[1], far[2]), (far[0], far[2])], mix(wall, "#ffffff", 0.45))
    floor = [(near[0], near[3]), (near[1], near[3]), (far[1], far[3]), (far[0], far[3])]
    s.poly(floor, mix(wall, p.mid, 0.45))
    for side in (0, 1):
        panel = [(near[side], near[2]), (far[side], far[2]), (far[side], far[3]), (near[side], near[3])]
        s.poly(panel, mix(wall, p.mid, 0.12 + 0.12 * side))
        rail = [(near[side], 800), (far[side], vy + 60), (far[side], vy + 70), (near[side], 850)]
        s.poly(rail, p.accent)
        s.shade(panel, p.near, towards="down", strength=0.45)
        for depth in (0.18, 0.46, 0.68):
            doorway(s, near, far, side, depth, p)
    s.rect(far[0], far[2], 300, 295, mix(wall, p.near, 0.25))
    s.glow(vx, vy + 10, 330, p.sun, 0.8)
    s.rect(vx - 64, vy - 80, 128, 130, mix(p.sun, p.glow, s.rng.uniform(0, 0.7)))
    s.rect(vx - 4, vy - 80, 8, 130, p.near)
    ceiling_lights(s, vx, vy, p)
    s.shade(floor, p.near, towards="down", strength=0.5)
    s.poly([(vx - 60, far[3]), (vx + 60, far[3]), (vx + 330, 1230), (vx - 330, 1230)], p.sun, 0.28)
    person(s, vx + s.rng.choice((-50, 52)), 765, 250, coat="#f4f6f2", walking=True)
    bed(s, s.rng.choice((-1, 1)), vx, p)


def doorway(s: Sheet, near: tuple[float, ...], far: tuple[float, ...], side: int, depth: float, p: Palette) -> None:
    """A door in a side wall, at a share of the corridor's depth."""

    def at(share: float, level: float) -> tuple[float, float]:
        bend = 1 - (1 - share) ** 1.7
        top, bottom = (near[2] + (far[2] - near[2]) * bend, near[3] + (far[3] - near[3]) * bend)
        return (near[side] + (far[side] - near[side]) * bend, top + (bottom - top) * level)

    colour = s.rng.choice((mix(p.mid, p.near, 0.4), mix(p.far, p.mid, 0.6), p.near))
    s.poly([at(depth, 0.3), at(depth + 0.13, 0.3), at(depth + 0.13, 1), at(depth, 1)], colour)
    if s.rng.random() < 0.7:
        s.poly([at(depth + 0.03, 0.38), at(depth + 0.07, 0.38), at(depth + 0.07, 0.56), at(depth + 0.03, 0.56)], p.glow)


def ceiling_lights(s: Sheet, vx: float, vy: float, p: Palette) -> None:
    """Lamps along the ceiling, larger towards us."""
    for i in range(5):
        k = 0.2 + 0.8 * (i / 4) ** 2.2
        y, half = vy - 150 - k * 520, 36 + k * 250
        s.glow(vx, y, half * 1.8, "#fffdf0", 0.55, ry=half * 0.7)
        s.poly(
            [
                (vx - half * 0.9, y - 6),
                (vx + half * 0.9, y - 6),
                (vx + half, y + 8 + k * 26),
                (vx - half, y + 8 + k * 26),
            ],
            "#fffdf0",
        )


def bed(s: Sheet, side: int, vx: float, p: Palette) -> None:
    """A bed on wheels in front of us, somebody asleep under a blanket."""
    x = 900 + side * 520
    inward = -side
    for dx in (-250, 220):
        s.line([(x + dx, 960), (x + dx, 1110)], p.ink, 14)
        s.disc(x + dx, 1118, 22, p.ink)
    s.rect(x - 290, 930, 560, 44, p.near, r=12)
    s.rect(x - 280, 866, 545, 74, "#f7f8f4", r=26)
    s.rect(x + inward * -240 - 80, 806, 170, 90, "#ffffff", r=34)
    s.disc(x + inward * -226, 818, 44, s.rng.choice(SKINS))
    s.disc(x + inward * -234, 796, 42, "#d5d3cc", ry=28)
    blanket = curve(
        [
            (x - inward * 170, 900),
            (x - inward * 140, 826),
            (x + inward * 60, 812),
            (x + inward * 250, 850),
            (x + inward * 280, 950),
            (x - inward * 150, 960),
        ],
        closed=True,
    )
    s.poly(blanket, p.accent)
    s.shade(blanket, p.ink, strength=0.6)
    s.line([(x - inward * 320, 1110), (x - inward * 320, 560), (x - inward * 270, 560)], p.ink, 9)
    s.rect(x - inward * 270 - 26, 574, 52, 84, mix(p.sun, p.high, 0.3), r=12)


def archive(s: Sheet) -> None:
    """Shelves of boxes and a cone of lamplight."""
    p = s.rng.choice((OCHRE, DUSK, NIGHT, MINT, ROSE))
    s.sky(mix(p.near, p.ink, 0.35), p.ink)
    lamp_x = s.rng.uniform(560, 1240)
    rows, bay = s.rng.choice((4, 5)), s.rng.choice((300, 360, 450))
    tall = 1080 / rows
    for row in range(rows):
        base = 30 + (row + 1) * tall
        x = 14.0
        while x < WIDTH:
            left = x % bay
            x = boxes(s, x + (22 if left < 22 else 0), base, tall, p)
        s.rect(0, base, WIDTH, 16, mix(p.ink, p.mid, 0.35))
    for x in range(0, WIDTH + bay, bay):
        s.rect(x - 9, 0, 18, 1140, mix(p.ink, p.mid, 0.25))
    s.shade_box(0, 0, lamp_x, 1130, p.ink, towards="left", strength=0.95)
    s.shade_box(lamp_x, 0, WIDTH - lamp_x, 1130, p.ink, towards="right", strength=0.95)
    s.poly([(lamp_x - 46, 190), (lamp_x + 46, 190), (lamp_x + 420, 1130), (lamp_x - 420, 1130)], p.glow, 0.2)
    s.glow(lamp_x, 230, 460, p.glow, 0.5)
    s.line([(lamp_x, 0), (lamp_x, 130)], p.ink, 7)
    s.poly(curve([(lamp_x - 86, 196), (lamp_x - 50, 130), (lamp_x + 50, 130), (lamp_x + 86, 196)]), p.accent)
    s.disc(lamp_x, 200, 26, "#fff6d8")
    s.rect(0, 1126, WIDTH, 80, mix(p.ink, p.mid, 0.12))
    person(s, lamp_x + s.rng.uniform(-180, 60), 1150, 560, facing=1)
    ladder(s, lamp_x + s.rng.choice((-430, 300)), p)


def boxes(s: Sheet, x: float, base: float, tall: float, p: Palette) -> float:
    """A few boxes, bound volumes or a gap; returns where the next group starts."""
    kind = s.rng.random()
    if kind < 0.62:
        w, h = s.rng.uniform(84, 128), tall * s.rng.uniform(0.6, 0.84)
        colour = mix(s.rng.choice(CARD), p.mid, 0.2)
        s.rect(x, base - h, w, h, colour)
        s.rect(x, base - h, w, h * 0.2, mix(colour, "#ffffff", 0.12))
        s.rect(x + w * 0.2, base - h * 0.62, w * 0.6, h * 0.26, "#f3ead4")
        s.rect(x + w * 0.28, base - h * 0.54, w * 0.4, 5, p.ink)
        s.disc(x + w / 2, base - h * 0.2, 10, p.ink)
        return x + w + 5
    if kind < 0.9:
        for _ in range(s.rng.randint(4, 7)):
            w, h = s.rng.uniform(15, 32), tall * s.rng.uniform(0.55, 0.86)
            colour = mix(s.rng.choice((*COATS, "#8a3b2a", "#53402f")), p.near, 0.3)
            s.rect(x, base - h, w, h, colour)
            s.rect(x, base - h * 0.86, w, 6, p.glow, 0.7)
            x += w + 2
        return x + 6
    for i in range(4):
        s.rect(x + s.rng.uniform(0, 14), base - 20 * (i + 1), 100, 17, mix(s.rng.choice(CARD), "#ffffff", 0.3))
    return x + 128


def ladder(s: Sheet, x: float, p: Palette) -> None:
    """A ladder against the shelves."""
    for dx in (0, 110):
        s.line([(x + dx, 1150), (x + dx + 60, 240)], "#a9713c", 16)
    for i in range(10):
        y = 1080 - i * 88
        lean = (1150 - y) / 910 * 60
        s.line([(x + lean, y), (x + 110 + lean, y)], "#8c5a2c", 12)
