"""Pictures for the demo paper, drawn with Pillow alone: editorial scenes and portraits, no two alike.

A scene is a function that draws on a `Sheet`; `SCENES` names them all. The same scene, seed and size give the
same picture on every machine.
"""

from collections.abc import Callable

from PIL import Image

from newsroom.demo.scenes import kitchen, open_country, river, rooms, shows, squares, streets, water
from newsroom.demo.scenes.canvas import Sheet
from newsroom.demo.scenes.portraits import FRAME
from newsroom.demo.scenes.portraits import portrait as draw_portrait

SCENES: dict[str, Callable[[Sheet], None]] = {
    "archive": rooms.archive,
    "bridge": river.bridge,
    "courthouse": streets.courthouse,
    "ferry": water.ferry,
    "football": shows.football,
    "harbour": water.harbour,
    "hospital": rooms.hospital,
    "kitchen": kitchen.kitchen,
    "lecture-hall": rooms.lecture_hall,
    "lighthouse": water.lighthouse,
    "market": squares.market,
    "protest": squares.protest,
    "reeds": open_country.reeds,
    "sheds": squares.sheds,
    "skyline": streets.skyline,
    "stage": shows.stage,
    "storm": river.storm,
    "tram": streets.tram,
    "turbines": open_country.turbines,
}


def draw(scene: str, seed: int, size: tuple[int, int] = (1800, 1200)) -> Image.Image:
    """The picture of a scene as RGB, `size` in pixels; other shapes than 3:2 are cut from the middle.

    `scene` is a key of `SCENES` or "portrait". Raises KeyError for any other. Below half a second at full size.
    """
    if scene == "portrait":
        return portrait(seed, size)
    sheet = Sheet(f"{scene} {seed}", size)
    SCENES[scene](sheet)
    return sheet.finished()


def portrait(seed: int, size: tuple[int, int] = (900, 900)) -> Image.Image:
    """A stylised portrait of an invented person as RGB, `size` in pixels (drawn square, cut from the middle)."""
    sheet = Sheet(f"portrait {seed}", size, FRAME)
    draw_portrait(sheet)
    return sheet.finished()
