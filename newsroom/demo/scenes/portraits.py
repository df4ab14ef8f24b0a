"""Portraits of people who do not exist: flat shapes, one light from the left, a plain ground."""

from newsroom.demo.scenes.canvas import COATS, DAYLIGHT, HAIRS, SKINS, Palette, Sheet, curve, mix

FRAME = (1200, 1200)
BLUSH = "#d6492f"


HAIRLINES = {
    "long": [
        (392, 470),
        (380, 320),
        (520, 216),
        (700, 214),
        (826, 330),
        (808, 480),
        (760, 370),
        (600, 300),
        (450, 380),
    ],
    "bob": [(384, 500), (376, 320), (520, 214), (700, 214), (826, 320), (816, 500), (790, 400), (600, 392), (410, 400)],
    "short": [
        (396, 420),
        (384, 300),
        (500, 214),
        (660, 196),
        (800, 270),
        (812, 420),
        (776, 350),
        (620, 300),
        (440, 340),
    ],
    "curls": [
        (396, 420),
        (400, 300),
        (520, 220),
        (690, 220),
        (800, 300),
        (804, 420),
        (740, 330),
        (600, 300),
        (460, 330),
    ],
    "bun": [(398, 430), (392, 310), (500, 226), (700, 226), (808, 310), (802, 430), (740, 320), (600, 276), (460, 320)],
    "parting": [
        (394, 440),
        (374, 310),
        (480, 210),
        (700, 190),
        (830, 300),
        (810, 440),
        (790, 350),
        (520, 268),
        (440, 350),
    ],
}


def portrait(s: Sheet) -> None:
    """Head and shoulders on a sheet of `FRAME`; hair, glasses, beard and clothes vary with the seed."""
    p = s.rng.choice(DAYLIGHT)
    skin, hair = s.rng.choice(SKINS), s.rng.choice(HAIRS)
    coat = s.rng.choice([c for c in COATS if c != p.accent])
    s.sky(mix(p.high, p.low, 0.2), p.low)
    s.disc(s.rng.uniform(480, 720), 520, 430, mix(p.high, p.mid, 0.35))
    style = s.rng.choice(("long", "bob", "short", "curls", "bun", "parting"))
    back_of_hair(s, style, hair)
    shoulders(s, skin, coat, p)
    face(s, skin)
    front_of_hair(s, style, hair)
    extras(s, skin, hair, style, p)


def back_of_hair(s: Sheet, style: str, hair: str) -> None:
    """What is behind the head."""
    if style == "long":
        shape = curve([(600, 200), (830, 300), (880, 620), (860, 900), (340, 900), (320, 620), (370, 300)], closed=True)
        s.poly(shape, hair)
        s.shade(shape, mix(hair, "#0b1018", 0.5), strength=0.5)
    elif style == "bob":
        shape = curve([(600, 210), (830, 310), (870, 560), (830, 730), (370, 730), (330, 560), (370, 310)], closed=True)
        s.poly(shape, hair)
        s.shade(shape, mix(hair, "#0b1018", 0.5), strength=0.45)
    elif style == "curls":
        for i in range(46):
            s.disc(
                600 + s.rng.uniform(-250, 250),
                420 + s.rng.uniform(-210, 190),
                s.rng.uniform(50, 84),
                mix(hair, "#0b1018", (i % 3) * 0.1),
            )
    elif style == "bun":
        s.disc(600, 190, 96, hair)


def shoulders(s: Sheet, skin: str, coat: str, p: Palette) -> None:
    """Neck, collar and coat."""
    s.poly([(520, 640), (680, 640), (700, 900), (500, 900)], mix(skin, "#3a1c12", 0.18))
    s.shade([(520, 640), (680, 640), (700, 900), (500, 900)], mix(skin, "#3a1c12", 0.55), towards="up", strength=0.8)
    body = curve(
        [(140, 1260), (190, 980), (380, 870), (500, 838), (600, 930), (700, 838), (820, 870), (1010, 980), (1060, 1260)]
    )
    s.poly(body, coat)
    s.shade(body, mix(coat, "#0b1018", 0.65), towards="right", strength=0.75)
    inner = s.rng.choice(("#f4efe3", p.ink, p.glow))
    if s.rng.random() < 0.5:
        s.poly([(500, 838), (600, 960), (700, 838), (664, 822), (600, 884), (536, 822)], inner)
    else:
        roll = curve([(492, 830), (600, 872), (708, 830), (716, 892), (600, 946), (484, 892)], closed=True)
        s.poly(roll, mix(coat, "#ffffff", 0.18))
        s.shade(roll, coat, strength=0.6)


def face(s: Sheet, skin: str) -> None:
    """Head with ears, brows, eyes, nose and mouth."""
    dark = mix(skin, "#3a1c12", 0.55)
    for x in (402, 798):
        s.disc(x, 500, 34, mix(skin, "#3a1c12", 0.15), ry=54)
    width = s.rng.uniform(186, 206)
    head = curve(
        [
            (600, 246),
            (600 + width, 350),
            (600 + width, 520),
            (600 + width * 0.62, 690),
            (600, 748),
            (600 - width * 0.62, 690),
            (600 - width, 520),
            (600 - width, 350),
        ],
        closed=True,
    )
    s.poly(head, skin)
    s.shade(head, mix(skin, "#5a2416", 0.3), towards="right", strength=0.5)
    for x in (492, 708):
        s.disc(x, 596, 46, BLUSH, 0.13)
    tilt = s.rng.uniform(-10, 12)
    for side in (-1, 1):
        x = 600 + side * 88
        s.disc(x, 482, 13, "#1a1416", ry=17)
        s.disc(x + 4, 476, 4, "#ffffff")
        s.line(
            curve([(x - 46, 432 + side * tilt * 0.3), (x, 418), (x + 46, 432 - side * tilt * 0.3)]),
            mix(dark, "#120c0a", 0.4),
            13,
        )
    s.line(curve([(604, 480), (630, 562), (594, 574)]), dark, 9)
    smile = s.rng.uniform(4, 22)
    s.line(curve([(546, 640), (600, 640 + smile), (656, 636)]), mix(dark, BLUSH, 0.35), 12)


def front_of_hair(s: Sheet, style: str, hair: str) -> None:
    """The hairline, by style."""
    shape = curve([(float(x), float(y)) for x, y in HAIRLINES[style]], closed=True)
    s.poly(shape, hair)
    s.shade(shape, mix(hair, "#0b1018", 0.4), towards="right", strength=0.4)


def extras(s: Sheet, skin: str, hair: str, style: str, p: Palette) -> None:
    """Glasses, a beard, ear-rings: some have one, some none."""
    if style in ("short", "parting", "curls") and s.rng.random() < 0.5:
        beard = curve(
            [
                (416, 560),
                (470, 640),
                (540, 610),
                (600, 622),
                (660, 610),
                (730, 640),
                (786, 560),
                (730, 700),
                (600, 776),
                (470, 700),
            ],
            closed=True,
        )
        s.poly(beard, hair)
        s.poly(curve([(552, 642), (600, 656), (650, 640), (600, 672)], closed=True), mix(skin, BLUSH, 0.5))
    if s.rng.random() < 0.45:
        frame = s.rng.choice((p.ink, p.accent))
        for x in (512, 688):
            ring = [(x - 66, 484), (x - 46, 434), (x + 46, 434), (x + 66, 484), (x + 44, 534), (x - 44, 534)]
            s.line([*curve(ring, closed=True), *curve(ring, closed=True)[:3]], frame, 10)
        s.line(curve([(578, 476), (600, 466), (622, 476)]), frame, 10)
    if style in ("long", "bob", "bun") and s.rng.random() < 0.6:
        for x in (392, 808):
            s.disc(x, 572, 17, p.glow)
