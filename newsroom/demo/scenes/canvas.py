"""The sheet the drawings are made on: flat shapes, stippled shade, paper grain, few colours.

All coordinates are logical: 1,800 wide and 1,200 high whatever the size of the picture, which is drawn at
twice its size and reduced once, so that edges are smooth.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

WIDTH, HEIGHT = 1800, 1200
OVERSAMPLING = 2

Point = tuple[float, float]
Points = Sequence[Point]


@dataclass(frozen=True)
class Palette:
    """The colours of one light: sky, three distances, ink, one accent and what glows."""

    high: str
    low: str
    sun: str
    far: str
    mid: str
    near: str
    ink: str
    accent: str
    glow: str


DAWN = Palette("#7fa3b5", "#f7d9b0", "#fdf1d3", "#a9a5a8", "#6f7f8e", "#34495c", "#1a2734", "#d6492f", "#ffd98a")
DUSK = Palette("#3b4a73", "#f19a6b", "#ffe0a3", "#8a6a86", "#564a73", "#2f2c52", "#171733", "#e8543f", "#ffcf70")
NIGHT = Palette("#0d1b2f", "#2d4a66", "#f3ecd2", "#24405a", "#182f46", "#0e2033", "#07121f", "#d9593c", "#ffd070")
CLOUD = Palette("#b9c4c4", "#e6e4d8", "#f6f2e4", "#9dabab", "#6d8086", "#3e525b", "#1f2d35", "#c9442d", "#f2c14e")
NOON = Palette("#5fa8c4", "#dff0e6", "#fffbe8", "#86b5b8", "#3f8590", "#1f5666", "#12303e", "#e4572e", "#ffd25e")
OCHRE = Palette("#e3b04b", "#f8e7bd", "#fff6dd", "#cf9a5a", "#9a6240", "#5a3a34", "#2c1f24", "#b8321f", "#ffe08a")
MINT = Palette("#a8cfc0", "#f3f0d7", "#fffbe6", "#7fb0a0", "#4b8577", "#26564f", "#12302f", "#e2653a", "#f8d568")
ROSE = Palette("#d98b8b", "#fbe3d2", "#fff3e2", "#b77a86", "#80536f", "#4a3354", "#251c33", "#1f7a8c", "#ffe2a0")
DAYLIGHT = (DAWN, CLOUD, NOON, OCHRE, MINT, ROSE)

SKINS = ("#f0c9a4", "#d9a074", "#a8714b", "#74482f", "#f5d9c0")
HAIRS = ("#2b1d1a", "#5b3a22", "#8d5a2b", "#c99a4b", "#b8b4ab", "#1c1c22", "#7a2f1d")
COATS = ("#c9442d", "#2f5d73", "#e0a83a", "#4b6b4f", "#7a4a6b", "#34405c", "#d98c5f", "#8aa6a3")


def curve(points: Points, *, steps: int = 10, closed: bool = False) -> list[Point]:
    """A smooth line through the points (Catmull-Rom), as many short straight ones."""
    ring = list(points)
    ring = [ring[-1], *ring, ring[0], ring[1]] if closed else [ring[0], *ring, ring[-1]]
    out: list[Point] = []
    for a, b, c, d in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        for i in range(steps):
            t = i / steps
            out.append(
                tuple(  # type: ignore[arg-type]  # two coordinates in, two out
                    0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3)
                    for p, q, r, s in zip(a, b, c, d, strict=True)
                )
            )
    return out if closed else [*out, ring[-1]]


def mix(one: str, other: str, share: float) -> str:
    """The colour `share` of the way from one hex colour to the other."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Sheet:
    """A picture being drawn; the seed settles all chance, and how near the scene is seen and from which side.

    `rng` is the only source of chance for scenes. Sheets of another frame than 3:2 are always seen whole.
    """

    def __init__(self, seed: str, size: tuple[int, int], frame: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self.rng = random.Random(seed)
        self.size = size
        whole = max(size[0] / frame[0], size[1] / frame[1]) * OVERSAMPLING
        self.image = Image.new("RGB", (math.ceil(frame[0] * whole), math.ceil(frame[1] * whole)), "#f4efe3")
        camera = random.Random(f"{seed} camera") if frame == (WIDTH, HEIGHT) else None
        zoom = camera.choice((1.0, 1.0, 1.15, 1.3, 1.45)) if camera else 1.0
        self.mirrored = bool(camera and camera.random() < 0.5)
        self.scale = whole * zoom
        spare = 1 - 1 / zoom  # the share of the frame that a closer look leaves out
        self.left = frame[0] * spare * (camera.uniform(0.25, 0.75) if camera else 0)
        self.top = frame[1] * spare * (camera.uniform(0.5, 0.8) if camera else 0)
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        half = (self.image.width // 2 + 1, self.image.height // 2 + 1)
        grain = random.Random(f"{seed} grain")  # apart, so that the picture is the same at every size
        noise = Image.frombytes("L", half, grain.randbytes(half[0] * half[1]))
        self.noise = noise.resize((half[0] * 2, half[1] * 2), Image.Resampling.NEAREST)

    def _at(self, points: Points) -> list[Point]:
        return [((x - self.left) * self.scale, (y - self.top) * self.scale) for x, y in points]

    def _ink(self, colour: str, alpha: float) -> str:
        return f"{colour}{round(alpha * 255):02x}"

    def poly(self, points: Points, colour: str, alpha: float = 1) -> None:
        """A filled shape."""
        self.pen.polygon(self._at(points), fill=self._ink(colour, alpha))

    def rect(self, x: float, y: float, w: float, h: float, colour: str, alpha: float = 1, r: float = 0) -> None:
        """A filled rectangle from its upper left corner, its corners rounded by `r`."""
        (box,) = [self._at([(x, y), (x + w, y + h)])]
        self.pen.rounded_rectangle([*box[0], *box[1]], r * self.scale, fill=self._ink(colour, alpha))

    def disc(self, x: float, y: float, rx: float, colour: str, alpha: float = 1, ry: float | None = None) -> None:
        """A filled circle, or an ellipse when `ry` is given."""
        ry = rx if ry is None else ry
        a, b = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self.pen.ellipse([*a, *b], fill=self._ink(colour, alpha))

    def line(self, points: Points, colour: str, width: float, alpha: float = 1) -> None:
        """A line with joined corners, `width` in logical units."""
        at = self._at(points)
        self.pen.line(at, fill=self._ink(colour, alpha), width=max(1, round(width * self.scale)), joint="curve")

    def _gradient(self, size: tuple[int, int], angle: str) -> Image.Image:
        """From 0 to 255 towards the side named: down, up, right or left."""
        turns = {
            "down": None,
            "up": Image.Transpose.ROTATE_180,
            "right": Image.Transpose.ROTATE_90,
            "left": Image.Transpose.ROTATE_270,
        }
        ramp, turn = Image.linear_gradient("L"), turns[angle]
        return (ramp if turn is None else ramp.transpose(turn)).resize(size, Image.Resampling.BILINEAR)

    def sky(self, high: str, low: str, y0: float = 0, y1: float = HEIGHT) -> None:
        """A wash from one colour down to another over the whole width."""
        top, bottom = round((y0 - self.top) * self.scale), round((y1 - self.top) * self.scale)
        column = Image.new("RGB", (1, 64))
        for i in range(64):
            column.putpixel((0, i), tuple(bytes.fromhex(mix(high, low, i / 63)[1:])))
        self.image.paste(column.resize((self.image.width, bottom - top), Image.Resampling.BILINEAR), (0, top))

    def shade(self, points: Points, colour: str, *, towards: str = "down", strength: float = 0.8) -> None:
        """Stippled shade inside a shape, growing denser towards one side: down, up, right or left."""
        at = self._at(points)
        x0, y0 = (max(0, math.floor(min(p[0] for p in at))), max(0, math.floor(min(p[1] for p in at))))
        x1 = min(self.image.width, math.ceil(max(p[0] for p in at)))
        y1 = min(self.image.height, math.ceil(max(p[1] for p in at)))
        if x1 <= x0 or y1 <= y0:
            return
        box = (x0, y0, x1, y1)
        ramp = self._gradient((x1 - x0, y1 - y0), towards).point([round(v * strength) for v in range(256)])
        dots = ImageChops.subtract(ramp, self.noise.crop(box)).point([0] + [255] * 255)
        inside = Image.new("L", dots.size, 0)
        ImageDraw.Draw(inside).polygon([(x - x0, y - y0) for x, y in at], fill=255)
        self.image.paste(colour, box, ImageChops.darker(dots, inside))

    def shade_box(
        self, x: float, y: float, w: float, h: float, colour: str, *, towards: str = "down", strength: float = 0.8
    ) -> None:
        """Stippled shade inside a rectangle."""
        self.shade([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], colour, towards=towards, strength=strength)

    def glow(self, x: float, y: float, r: float, colour: str, strength: float = 0.7, ry: float | None = None) -> None:
        """Soft light around a point, fading out at the radius."""
        w, h = round(2 * r * self.scale), round(2 * (ry or r) * self.scale)
        ramp = Image.radial_gradient("L").point(
            [round((1 - min(1, v / 181)) ** 2 * 255 * strength) for v in range(256)]
        )
        at = (round((x - self.left) * self.scale - w / 2), round((y - self.top) * self.scale - h / 2))
        self.image.paste(colour, (*at, at[0] + w, at[1] + h), ramp.resize((w, h), Image.Resampling.BILINEAR))

    def finished(self) -> Image.Image:
        """The picture at its size, with paper grain over it. Draw nothing afterwards."""
        small = self.image.reduce(OVERSAMPLING)
        if self.mirrored:
            small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        left, top = ((small.width - self.size[0]) // 2, (small.height - self.size[1]) // 2)
        small = small.crop((left, top, left + self.size[0], top + self.size[1]))
        grain = self.noise.crop((0, 0, *self.size)).point([118 + v * 20 // 255 for v in range(256)])
        coarse = self.noise.reduce(OVERSAMPLING).crop((0, 0, self.size[0] // 7 + 1, self.size[1] // 7 + 1))
        coarse = coarse.resize(self.size, Image.Resampling.BICUBIC).point([124 + v * 8 // 255 for v in range(256)])
        paper = ImageChops.add(grain, coarse, offset=-128)
        return ImageChops.overlay(small, Image.merge("RGB", (paper, paper, paper)))
