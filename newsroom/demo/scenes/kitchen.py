"""A kitchen table by a window, and what stands on it."""

from newsroom.demo.scenes.canvas import DAYLIGHT, DUSK, WIDTH, Palette, Sheet, curve, mix


def kitchen(s: Sheet) -> None:
    """A kitchen table by a window: cups, bread, papers, a lamp."""
    p = s.rng.choice((*DAYLIGHT, DUSK))
    wall = mix(p.far, p.low, s.rng.uniform(0.3, 0.6))
    s.sky(wall, mix(wall, p.mid, 0.15))
    s.shade_box(0, 0, WIDTH, 1200, p.mid, towards=s.rng.choice(("left", "right")), strength=0.45)
    wx = s.rng.choice((180, 560, 1000))
    window_view(s, wx, p)
    lx = 900 + s.rng.uniform(-120, 120)
    s.line([(lx, 0), (lx, 230)], p.ink, 6)
    s.glow(lx, 350, 520, p.glow, 0.4)
    s.poly(curve([(lx - 150, 330), (lx - 110, 250), (lx, 215), (lx + 110, 250), (lx + 150, 330)]), p.accent)
    s.disc(lx, 332, 44, "#fff6d8", ry=20)
    chair(s, 120, p)
    chair(s, 1480, p)
    cloth = s.rng.choice((mix(p.sun, "#ffffff", 0.5), mix(p.accent, "#ffffff", 0.72), mix(p.far, "#ffffff", 0.6)))
    top = [(240, 830), (1560, 830), (1860, 1230), (-60, 1230)]
    s.poly(top, cloth)
    for i in range(1, 9):
        a = 240 + i * 1320 / 9
        b = -60 + i * 1920 / 9
        s.poly([(a - 5, 830), (a + 5, 830), (b + 9, 1230), (b - 9, 1230)], p.accent, 0.35)
    for y in (870, 935, 1020, 1130):
        out = 240 - (y - 830) * 0.75
        s.rect(out, y, WIDTH - 2 * out, 9, p.accent, 0.3)
    s.shade(top, p.mid, towards="down", strength=0.35)
    things = s.rng.sample((cup, bread, papers, bowl, jug), 4)
    for i, thing in enumerate(things):
        thing(s, 380 + i * 350 + s.rng.uniform(-40, 40), 1000 + s.rng.uniform(-70, 60), p)


def window_view(s: Sheet, x: float, p: Palette) -> None:
    """A window with weather, a roof line and a plant on the sill."""
    s.rect(x - 16, 104, 652, 512, mix(p.sun, "#ffffff", 0.5))
    s.rect(x, 120, 620, 480, p.high)
    s.shade_box(x, 120, 620, 480, p.low, strength=1.0)
    s.disc(x + s.rng.uniform(120, 500), s.rng.uniform(210, 330), 60, p.sun)
    for i in range(6):
        h = s.rng.uniform(50, 160)
        s.rect(x + i * 104, 600 - h, 100, h, p.mid)
        s.poly([(x + i * 104, 600 - h), (x + i * 104 + 50, 555 - h), (x + i * 104 + 100, 600 - h)], p.near)
    s.rect(x + 302, 120, 16, 480, mix(p.sun, "#ffffff", 0.5))
    s.rect(x, 330, 620, 12, mix(p.sun, "#ffffff", 0.5))
    s.rect(x - 40, 604, 700, 26, mix(p.sun, p.far, 0.2))
    pot = x + s.rng.choice((70, 520))
    for i in range(9):
        lean = (i - 4) * 22
        s.line(
            curve([(pot, 540), (pot + lean * 0.5, 490), (pot + lean * 1.4, 450 - s.rng.uniform(0, 50))]), "#3c6e47", 11
        )
    s.poly([(pot - 46, 530), (pot + 46, 530), (pot + 34, 606), (pot - 34, 606)], p.accent)


def chair(s: Sheet, x: float, p: Palette) -> None:
    """A chair's back behind the table."""
    for dx in (0, 180):
        s.rect(x + dx, 560, 22, 500, p.near, r=9)
    for y in (580, 660, 740):
        s.rect(x, y, 200, 34, p.near, r=12)


def cup(s: Sheet, x: float, y: float, p: Palette) -> None:
    """A steaming cup on a saucer."""
    s.disc(x, y + 30, 110, "#ffffff", ry=30)
    s.line(curve([(x + 54, y - 40), (x + 104, y - 50), (x + 96, y), (x + 50, y + 8)]), p.accent, 15)
    s.poly([(x - 70, y - 80), (x + 70, y - 80), (x + 48, y + 30), (x - 48, y + 30)], p.accent)
    s.disc(x, y - 80, 70, mix(p.accent, "#ffffff", 0.4), ry=17)
    s.disc(x, y - 78, 58, "#4a2c1d", ry=12)
    for dx in (-22, 20):
        steam = [(x + dx, y - 110), (x + dx + 16, y - 150), (x + dx - 12, y - 190), (x + dx + 10, y - 235)]
        s.line(curve(steam), "#ffffff", 8, 0.55)


def bread(s: Sheet, x: float, y: float, p: Palette) -> None:
    """A loaf on a board, two slices cut."""
    s.rect(x - 170, y + 14, 340, 30, "#8c5a2c", r=12)
    s.poly(
        curve(
            [(x - 140, y + 18), (x - 150, y - 50), (x - 60, y - 96), (x + 50, y - 84), (x + 70, y + 18)], closed=True
        ),
        "#c98743",
    )
    for dx in (-90, -40, 10):
        s.line([(x + dx, y - 70), (x + dx + 24, y - 20)], "#f0cf97", 8)
    s.poly(
        curve(
            [(x + 84, y + 16), (x + 78, y - 44), (x + 118, y - 66), (x + 150, y - 36), (x + 146, y + 16)], closed=True
        ),
        "#f3dcb0",
    )


def papers(s: Sheet, x: float, y: float, p: Palette) -> None:
    """A newspaper and a pen."""
    s.poly([(x - 170, y + 40), (x - 110, y - 60), (x + 170, y - 46), (x + 140, y + 56)], "#fbf8ee")
    s.poly([(x - 140, y + 2), (x - 116, y - 46), (x - 10, y - 40), (x - 26, y + 8)], p.mid)
    for i in range(5):
        s.line([(x + 10 - i * 4, y - 32 + i * 17), (x + 138 - i * 5, y - 26 + i * 17)], p.near, 5)
    s.line([(x + 60, y + 70), (x + 190, y + 10)], p.accent, 10)


def bowl(s: Sheet, x: float, y: float, p: Palette) -> None:
    """A bowl of apples."""
    for dx, dy in ((-56, -30), (0, -50), (54, -30), (-26, -26), (28, -22)):
        s.disc(x + dx, y + dy - 20, 42, s.rng.choice(("#c9442d", "#8fae4b", "#e0a83a")))
    s.poly(curve([(x - 130, y - 30), (x - 84, y + 46), (x + 84, y + 46), (x + 130, y - 30)]), mix(p.near, p.high, 0.3))


def jug(s: Sheet, x: float, y: float, p: Palette) -> None:
    """A jug with a few stems in it."""
    for i in range(6):
        lean = (i - 2.5) * 34
        s.line(curve([(x, y - 120), (x + lean * 0.5, y - 220), (x + lean, y - 300)]), "#3c6e47", 7)
        s.disc(x + lean, y - 310, 26, s.rng.choice((p.glow, p.accent, "#ffffff")))
    s.poly(
        curve(
            [
                (x - 44, y - 130),
                (x - 70, y - 20),
                (x - 50, y + 44),
                (x + 50, y + 44),
                (x + 70, y - 20),
                (x + 44, y - 130),
            ]
        ),
        "#f6f3ea",
    )
    s.shade(
        [(x - 70, y - 130), (x + 70, y - 130), (x + 60, y + 40), (x - 60, y + 40)], p.mid, towards="right", strength=0.4
    )
