"""Scenes on the water: the harbour, the ferry, the lighthouse."""

from newsroom.demo.scenes.canvas import CLOUD, DAWN, DUSK, MINT, NIGHT, NOON, OCHRE, ROSE, Palette, Sheet, curve, mix
from newsroom.demo.scenes.props import clouds, glitter, gulls, ridge, stars, water

BOXES = ("#c9442d", "#2f6f8a", "#e0a83a", "#4b6b4f", "#d98c5f", "#8a3b52", "#e7dcc4")


def harbour(s: Sheet) -> None:
    """Gantry cranes over a ship and stacks of boxes."""
    p = s.rng.choice((DAWN, DUSK, OCHRE, CLOUD, ROSE))
    s.sky(p.high, p.low, 0, 820)
    x, y = s.rng.uniform(300, 1500), s.rng.uniform(300, 560)
    s.glow(x, y, 520, p.sun, 0.6)
    s.disc(x, y, s.rng.uniform(80, 130), p.sun)
    clouds(s, 4, mix(p.low, p.high, 0.35))
    ridge(s, 760, 60, mix(p.far, p.low, 0.4), base=830)
    far = s.rng.uniform(100, 700)
    for i in range(s.rng.randint(2, 3)):
        crane(s, far + i * 330, 800, 300, mix(p.far, p.mid, 0.3), flip=i % 2 == 0)
    water(s, 800, mix(p.low, p.mid, 0.35), p.near, p.low)
    glitter(s, x, 800, p.sun)
    ship_left = s.rng.uniform(-120, 260)
    box_ship(s, ship_left, 985, s.rng.uniform(900, 1120), p)
    big = s.rng.uniform(1020, 1250)
    crane(s, big, 1040, 880, p.accent, flip=True, ink=p.ink)
    if s.rng.random() < 0.6:
        crane(s, big + 420, 1050, 940, mix(p.accent, p.ink, 0.35), flip=True, ink=p.ink)
    quay(s, p)
    gulls(s, s.rng.randint(4, 9), p.ink)


def quay(s: Sheet, p: Palette) -> None:
    """The edge of the quay in front, with bollards and a few stacked boxes."""
    s.rect(-10, 1050, 1820, 160, p.ink)
    s.shade_box(-10, 1050, 1820, 150, mix(p.ink, p.mid, 0.5), towards="up", strength=0.5)
    s.rect(-10, 1050, 1820, 10, mix(p.ink, p.low, 0.35))
    for post in range(60, 1800, 290):
        s.rect(post, 1026, 44, 28, p.ink, r=8)
        s.rect(post - 8, 1018, 60, 14, p.ink, r=7)
    x = s.rng.uniform(1250, 1450)
    for column in range(3):
        for row in range(s.rng.randint(1, 3)):
            box(s, x + column * 168, 1062 - (row + 1) * 72, 160, 68, s.rng.choice(BOXES))


def box(s: Sheet, x: float, y: float, w: float, h: float, colour: str) -> None:
    """A shipping container with ribs."""
    s.rect(x, y, w, h, colour)
    dark = mix(colour, "#101820", 0.3)
    for i in range(1, int(w / 14)):
        s.rect(x + i * 14, y + h * 0.1, 3, h * 0.8, dark)
    s.shade_box(x, y, w, h, mix(colour, "#101820", 0.55), strength=0.6)


def box_ship(s: Sheet, x: float, y: float, w: float, p: Palette) -> None:
    """A container ship, its bow to the right."""
    size = w / 22
    for column in range(13):
        for row in range(s.rng.randint(2, 4)):
            colour = mix(s.rng.choice(BOXES), p.mid, 0.18)
            s.rect(
                x + w * 0.24 + column * size * 1.22, y - 118 - (row + 1) * size * 0.82, size * 1.16, size * 0.76, colour
            )
    s.rect(x + w * 0.06, y - 330, w * 0.13, 230, mix(p.sun, p.far, 0.15))
    s.rect(x + w * 0.04, y - 330, w * 0.17, 26, p.sun)
    for row in range(4):
        s.rect(x + w * 0.07, y - 290 + row * 44, w * 0.11, 14, p.near)
    s.rect(x + w * 0.09, y - 392, w * 0.05, 64, p.accent)
    hull = [(x, y - 128), (x + w * 0.93, y - 118), (x + w, y - 150), (x + w * 0.95, y + 30), (x + w * 0.03, y + 30)]
    s.poly(hull, p.near)
    s.shade(hull, p.ink, strength=1.0)
    s.poly([(x + w * 0.025, y + 8), (x + w * 0.955, y + 8), (x + w * 0.95, y + 30), (x + w * 0.03, y + 30)], p.accent)
    s.rect(x - 20, y + 28, w + 40, 7, p.low, 0.5, r=3)


def crane(s: Sheet, x: float, base: float, h: float, colour: str, *, flip: bool, ink: str | None = None) -> None:
    """A ship-to-shore gantry crane; the boom reaches left when flipped."""
    way, w, t = (-1 if flip else 1), h * 0.28, h * 0.022
    for dx in (0, w):
        s.line([(x + dx, base), (x + dx, base - h * 0.62)], colour, t * 1.5)
    s.line([(x, base - h * 0.25), (x + w, base - h * 0.25)], colour, t)
    s.line([(x, base - h * 0.6), (x + w, base - h * 0.26)], colour, t * 0.8)
    s.line([(x + w, base - h * 0.6), (x, base - h * 0.26)], colour, t * 0.8)
    boom, mast = base - h * 0.62, x + w / 2 - way * w * 0.2
    tip, tail = mast + way * h * 0.85, mast - way * h * 0.38
    s.line([(tail, boom), (tip, boom)], colour, t * 1.6)
    s.line([(tail, boom + t * 2.2), (tip, boom + t * 2.2)], colour, t * 0.6)
    s.line([(mast, boom), (mast, base - h * 0.95)], colour, t * 1.3)
    for end in (tip, mast + way * h * 0.45, tail):
        s.line([(mast, base - h * 0.94), (end, boom)], colour, t * 0.5)
    cabin = mast + way * h * s.rng.uniform(0.35, 0.65)
    s.rect(cabin - h * 0.03, boom + t * 2.4, h * 0.06, h * 0.045, ink or colour)
    s.line([(cabin, boom + t), (cabin, boom + h * 0.26)], ink or colour, t * 0.35)
    if ink:
        box(s, cabin - h * 0.075, boom + h * 0.26, h * 0.15, h * 0.062, s.rng.choice(BOXES))


def ferry(s: Sheet) -> None:
    """A ferry under a big sun, an island behind."""
    p = s.rng.choice((DAWN, ROSE, MINT, NOON, DUSK))
    s.sky(p.high, p.low, 0, 760)
    x, y = s.rng.uniform(450, 1350), s.rng.uniform(360, 520)
    s.glow(x, y, 640, p.sun, 0.7)
    s.disc(x, y, s.rng.uniform(170, 250), p.sun)
    clouds(s, 5, mix(p.low, "#ffffff", 0.4), alpha=0.5)
    ridge(s, 700, 80, mix(p.far, p.low, 0.25), base=770)
    ridge(s, 735, 50, p.far, base=770)
    water(s, 745, mix(p.low, p.mid, 0.4), p.mid, mix(p.low, "#ffffff", 0.3), ripples=150)
    glitter(s, x, 745, p.sun, width=260)
    way = s.rng.choice((-1, 1))
    boat = s.rng.uniform(780, 1020)
    wake(s, boat - way * 420, 900, way, p)
    ferry_boat(s, boat, 900, way, p)
    gulls(s, s.rng.randint(5, 10), p.ink, top=120, bottom=560)
    ridge(s, 1215, 50, p.near)


def wake(s: Sheet, x: float, y: float, way: int, p: Palette) -> None:
    """The broken water a boat leaves behind."""
    for i in range(40):
        far = i / 40
        dx = -way * far * 900
        spread = 14 + far * 120
        for _ in range(3):
            at = y + s.rng.uniform(-0.1, 1) * spread * 0.5
            s.rect(
                x + dx + s.rng.uniform(-40, 40),
                at,
                s.rng.uniform(20, 90),
                6,
                mix(p.low, "#ffffff", 0.5),
                0.8 - far * 0.7,
                r=3,
            )


def ferry_boat(s: Sheet, x: float, y: float, way: int, p: Palette) -> None:
    """The Ellen Skar: dark hull with a bright stripe, two decks, a bridge and a funnel."""

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + way * dx, y + dy) for dx, dy in points]

    white = mix(p.sun, "#ffffff", 0.4)
    s.poly(at((-330, -150), (300, -150), (330, -90), (-350, -90)), white)
    s.poly(at((-270, -225), (215, -225), (250, -148), (-280, -148)), white)
    s.poly(at((60, -285), (190, -285), (215, -222), (50, -222)), white)
    s.poly(at((-170, -345), (-80, -345), (-60, -224), (-180, -224)), p.accent)
    s.poly(at((-170, -345), (-80, -345), (-75.5, -318), (-172.2, -318)), p.ink)
    for i in range(11):
        left = x + way * (-245 + i * 42) - 13
        s.rect(left, y - 204, 26, 30, p.near, r=4)
    for i in range(13):
        s.disc(x + way * (-300 + i * 46), y - 120, 10, p.near)
    s.poly(at((78, -272), (184, -272), (196, -248), (74, -248)), p.near)
    s.line(at((120, -285), (120, -370)), p.ink, 6)
    s.line(at((95, -345), (145, -345)), p.ink, 4)
    hull = at((-380, -96), (400, -96), (345, 26), (-350, 26))
    s.poly(hull, p.near)
    s.shade(hull, p.ink, strength=0.9)
    s.poly(at((-376, -80), (392, -80), (386, -62), (-373, -62)), p.accent)
    shadow = mix(p.far, p.mid, 0.4)
    s.shade(at((-268, -225), (220, -225), (248, -150), (-279, -150)), shadow, strength=0.25)
    s.shade(at((-330, -150), (300, -150), (328, -96), (-348, -96)), shadow, strength=0.4)
    s.poly(curve(at((345, 26), (410, 14), (450, 30), (300, 36), (-380, 36), (-400, 26)), closed=True), white, 0.8)
    smoke = [at((-120 - i * 70, -380 - i * 22 - s.rng.uniform(0, 20)))[0] for i in range(6)]
    for i, (sx, sy) in enumerate(smoke):
        s.disc(sx, sy, 26 + i * 10, mix(p.far, p.low, 0.5), 0.32 - i * 0.045)


def lighthouse(s: Sheet) -> None:
    """A lighthouse at night, its beam over the sea."""
    p = s.rng.choice((NIGHT, DUSK))
    s.sky(p.high, p.low, 0, 860)
    stars(s, 150, p.sun, bottom=620)
    way = s.rng.choice((-1, 1))
    x = 900 - way * s.rng.uniform(330, 520)
    top = s.rng.uniform(240, 330)
    for spread, alpha in ((150, 0.12), (95, 0.16), (48, 0.28)):
        s.poly(
            [(x, top + 30), (x + way * 2000, top - spread * 1.5), (x + way * 2000, top + spread * 2.2)], p.glow, alpha
        )
    s.poly([(x, top + 30), (x - way * 1200, top - 30), (x - way * 1200, top + 110)], p.glow, 0.12)
    water(s, 860, mix(p.low, p.near, 0.5), p.ink, p.far, ripples=140)
    glitter(s, x + way * 60, 870, p.glow, width=130, end=1100)
    rocks(s, x, p)
    tower(s, x, top, p)
    s.glow(x, top + 34, 330, p.glow, 0.85)
    s.disc(x, top + 34, 20, "#fff6d8")


def rocks(s: Sheet, x: float, p: Palette) -> None:
    """The rock the tower stands on, and foam along its foot."""
    for spread, height, colour in ((560, 150, p.near), (430, 110, p.ink)):
        edge = [
            (x - spread + i * spread / 5, 930 - height * (1 - abs(i - 5) / 5) ** 0.7 - s.rng.uniform(0, 34))
            for i in range(11)
        ]
        s.poly([*edge, (x + spread + 60, 990), (x - spread - 60, 990)], colour)
        s.shade([*edge, (x + spread, 990), (x - spread, 990)], mix(colour, p.far, 0.5), towards="up", strength=0.35)
    for _ in range(46):
        s.disc(x + s.rng.uniform(-600, 600), s.rng.uniform(968, 1000), s.rng.uniform(6, 26), p.sun, 0.5, ry=6)


def tower(s: Sheet, x: float, top: float, p: Palette) -> None:
    """A banded tower with a gallery and a lantern room."""
    base, white = 850.0, mix(p.sun, p.far, 0.12)
    whole = [(x - 46, top + 80), (x + 46, top + 80), (x + 82, base), (x - 82, base)]
    s.poly(whole, white)
    bands = s.rng.choice((2, 3))
    for i in range(bands):
        a, b = (2 * i + 0.7) / (2 * bands + 0.4), (2 * i + 1.7) / (2 * bands + 0.4)
        ya, yb = top + 80 + (base - top - 80) * a, top + 80 + (base - top - 80) * b
        wa, wb = 46 + 36 * a, 46 + 36 * b
        s.poly([(x - wa, ya), (x + wa, ya), (x + wb, yb), (x - wb, yb)], p.accent)
    s.shade(whole, p.ink, towards="right", strength=0.85)
    s.rect(x - 62, top + 70, 124, 14, p.ink)
    s.rect(x - 34, top, 68, 72, mix(p.glow, "#ffffff", 0.3))
    for dx in (-34, -12, 10, 30):
        s.rect(x + dx, top, 5, 72, p.ink)
    s.poly([(x - 46, top + 4), (x, top - 56), (x + 46, top + 4)], p.accent)
    s.disc(x, top - 60, 8, p.ink)
    for y in (top + 200, top + 360):
        s.rect(x - 10, y, 20, 34, p.glow, r=10)
