"""The mistakes can still be planted; whether each is caught is asked by `python -m tests.mutants`."""

import shutil
from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, plant
from tests.mutants.money import PLANTS, Plant


@pytest.mark.parametrize("one", PLANTS, ids=lambda one: one.name)
def test_a_mistake_can_be_planted(one: Plant, tmp_path: Path) -> None:
    for change in one.changes:
        (tmp_path / change.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / change.file, tmp_path / change.file)
    plant(one, tmp_path)


@pytest.mark.parametrize("one", PLANTS, ids=lambda one: one.name)
def test_the_tests_of_a_mistake_are_there(one: Plant) -> None:
    for words in one.tests:
        if words.startswith("tests/"):
            path, _, name = words.partition("::")
            assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8")
    chosen = [words for words in one.tests if words.startswith("fault_")]
    for name in chosen[0].split(" or ") if chosen else []:
        files = [ROOT / words for words in one.tests if words.startswith("tests/")]
        assert any(name in path.read_text(encoding="utf-8") for path in files), name


def test_all_seventeen_are_planted() -> None:
    assert {one.name.split()[0] for one in PLANTS} == {f"M{number}" for number in range(1, 18)}
