"""The cache of the demo lake: quick the second time, whole or rebuilt, and tidy."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from datalfred.errors import LocalStackError
from datalfred.local.demo_lake import cache, generation
from datalfred.local.demo_lake.cache import cached_lake

DAY = date(2025, 1, 4)


class Recorder:
    """Remembers the progress that it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []

    def __call__(self, text: str, fraction: float) -> None:
        self.steps.append((text, fraction))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the lake of the day; copies of it are cheap."""
    cache_folder = tmp_path_factory.mktemp("made")
    cached_lake(cache_folder, DAY, Recorder())
    return cache_folder


@pytest.fixture
def filled(made: Path, cache_folder: Path) -> Path:
    shutil.copytree(made, cache_folder)
    return cache_folder


def test_progress_names_each_step_and_never_goes_back(cache_folder: Path):
    progress = Recorder()

    cached_lake(cache_folder, DAY, progress)

    fractions = [fraction for _, fraction in progress.steps]
    assert ("Placing orders", pytest.approx(0.32)) in progress.steps
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_second_start_reads_the_cache(filled: Path):
    progress = Recorder()

    lake = cached_lake(filled, DAY, progress)

    assert lake.rows["sales.orders"] > 100
    assert progress.steps == []


@pytest.mark.parametrize("damage", ["truncate", "delete", "no manifest", "bad manifest", "a file"])
def test_a_broken_cache_is_rebuilt(filled: Path, damage: str):
    lake = cached_lake(filled, DAY, Recorder())
    victim = lake.folder / "sales" / "products" / "products.csv"
    manifest = lake.folder / "manifest.json"
    match damage:
        case "truncate":
            victim.write_bytes(victim.read_bytes()[:10])
        case "delete":
            victim.unlink()
        case "no manifest":
            manifest.unlink()
        case "bad manifest":
            manifest.write_text(json.dumps({"files": []}))
        case "a file":
            shutil.rmtree(lake.folder)
            lake.folder.write_text("in the way")
    progress = Recorder()

    again = cached_lake(filled, DAY, progress)

    assert progress.steps
    assert again.rows == lake.rows
    assert victim.stat().st_size > 10


def test_lakes_of_other_days_are_removed(filled: Path):
    (old,) = filled.iterdir()

    new = cached_lake(filled, date(2025, 1, 5), Recorder())

    assert not old.exists()
    assert [path.name for path in filled.iterdir()] == [new.folder.name]


def test_what_a_crash_left_behind_is_removed_and_what_is_being_built_stays(filled: Path):
    crashed, running = filled / "building-crashed", filled / "building-running"
    for folder in (crashed, running):
        folder.mkdir()
    os.utime(crashed, (1, 1))

    cached_lake(filled, DAY, Recorder())

    assert not crashed.exists()
    assert running.exists()


def test_a_lake_that_another_process_finished_first_is_taken(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    generate = cache.generate

    def outrun(folder, today, progress):
        rows = generate(folder, today, progress)
        monkeypatch.setattr(cache, "generate", generate)
        cached_lake(cache_folder, DAY, Recorder())
        return rows

    monkeypatch.setattr(cache, "generate", outrun)

    lake = cached_lake(cache_folder, DAY, Recorder())

    assert [path.name for path in cache_folder.iterdir()] == [lake.folder.name]


def test_a_lake_that_can_never_be_put_in_place_is_an_error(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(source, target):
        raise OSError("in use")

    monkeypatch.setattr(cache.os, "rename", refuse)

    with pytest.raises(LocalStackError, match="cannot be replaced"):
        cached_lake(cache_folder, DAY, Recorder())


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    with pytest.raises(LocalStackError) as caught:
        cached_lake(blocked / "cache", DAY, Recorder())

    assert str(blocked) in caught.value.message
    assert "--state" in caught.value.hint


def test_a_disk_that_fails_while_duckdb_writes_leaves_nothing_behind(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(generation, "_quoted", lambda _path: "/dev/null/no/such/folder")

    with pytest.raises(LocalStackError, match="cannot be written"):
        cached_lake(cache_folder, DAY, Recorder())

    assert list(cache_folder.iterdir()) == []


def test_a_clock_before_the_first_day_is_refused(cache_folder: Path):
    with pytest.raises(LocalStackError, match="2025-01-01") as caught:
        cached_lake(cache_folder, date(2025, 1, 1), Recorder())

    assert "clock" in caught.value.hint
    assert list(cache_folder.iterdir()) == []


def test_the_lake_of_the_second_day_holds_the_first(cache_folder: Path):
    lake = cached_lake(cache_folder, date(2025, 1, 2), Recorder())

    assert lake.rows["sales.orders"] > 50
    assert lake.rows["sales.returns"] == 0
