import contextlib
import random
import time
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.lake.sql import parquet
from datalfred.lake.sql.files import File, TooManyFilesError, files_under
from datalfred.lake.sql.parquet import bytes_of, sizes_of
from tests.support import small_lake

MAKE = (
    "COPY (SELECT i AS Id, 'x' || i AS name, {{'a': i, 'b': 'y'}} AS nested, [i, i] AS items, "
    "i % 2 = 0 AS flag FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A Parquet file, its footer, and what DuckDB says of its columns."""
    path = tmp_path_factory.mktemp("parquet") / "f.parquet"
    with duckdb.connect() as duck:
        duck.execute(MAKE.format(rows=10_000, path=path))
        told = duck.execute(
            "SELECT lower(split_part(path_in_schema, ', ', 1)), sum(total_compressed_size) "
            f"FROM parquet_metadata('{path}') GROUP BY ALL"
        ).fetchall()
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    return SimpleNamespace(
        data=data, footer=data[-8 - length : -8], sizes={name: int(size) for name, size in told}
    )


def test_a_footer_says_what_a_library_says(file):
    assert sizes_of(file.footer) == file.sizes
    assert {"id", "name", "nested", "items", "flag"} == set(file.sizes)


@given(st.binary(max_size=400))
def test_no_text_is_taken_for_a_footer_and_none_breaks_the_reader(data):
    with contextlib.suppress(ValueError):
        assert sizes_of(data) is not None


def test_a_footer_with_a_broken_byte_is_read_or_refused_in_little_time(file):
    begun, chance = time.process_time(), random.Random(1)
    for _ in range(200):
        broken = bytearray(file.footer[:3_000])
        broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            sizes_of(bytes(broken))
        except ValueError:
            continue
    assert time.process_time() - begun < 5


@pytest.fixture
def stored(lake, file):
    """Puts objects into the lake and lists them."""

    def put(*bodies):
        folder = f"parquet/{random.getrandbits(64):x}/"
        for number, body in enumerate(bodies):
            lake.client("s3").put_object(
                Bucket=small_lake.BUCKET, Key=f"{folder}{number}.parquet", Body=body
            )
        return files_under([f"s3://{small_lake.BUCKET}/{folder}"], deadline=soon())

    return put


def soon():
    return time.monotonic() + 5


def test_only_the_columns_that_are_named_count(stored, file):
    files = stored(file.data, file.data)

    assert bytes_of(files, frozenset({"id", "flag"}), deadline=soon()) == 2 * (
        file.sizes["id"] + file.sizes["flag"]
    )
    assert bytes_of(files, frozenset(), deadline=soon()) == 0


def test_what_is_no_parquet_counts_whole(stored, file):
    encrypted = file.data[:-4] + b"PARE"
    cut = file.data[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1"
    files = stored(b"a,b\n", encrypted, cut, b"")

    whole = 4 + len(encrypted) + len(cut)
    assert bytes_of(files, frozenset({"id"}), deadline=soon()) == whole


def test_a_footer_longer_than_the_first_request_is_read_in_a_second(stored, file, monkeypatch):
    monkeypatch.setattr(parquet, "_TAIL", 100)

    assert bytes_of(stored(file.data), frozenset({"id"}), deadline=soon()) == file.sizes["id"]


def test_of_many_files_the_smallest_count_whole(stored, file, monkeypatch):
    monkeypatch.setattr(parquet, "MOST_FOOTERS", 1)
    files = stored(file.data, file.data)

    assert bytes_of(files, frozenset({"id"}), deadline=soon()) == file.sizes["id"] + len(file.data)


def test_after_the_deadline_footers_are_not_read_but_known_ones_count(stored, file):
    (known,) = stored(file.data)
    bytes_of([known], frozenset(), deadline=soon())
    (new,) = stored(file.data)

    past = time.monotonic() - 1
    assert bytes_of([known, new], frozenset({"id"}), deadline=past) == file.sizes["id"] + len(
        file.data
    )


def test_the_oldest_footers_are_forgotten(stored, file, monkeypatch):
    monkeypatch.setattr(parquet, "_REMEMBERED", 1)
    files = stored(file.data, file.data)

    bytes_of(files, frozenset(), deadline=soon())

    assert len(parquet._known) == 1


def test_what_the_role_may_not_read_counts_whole(lake):
    missing = File("no-such-bucket", "a/b", 500, "e")

    assert bytes_of([missing], frozenset({"id"}), deadline=soon()) == 500


def test_hidden_objects_and_folders_are_not_files_of_the_table(lake):
    s3 = lake.client("s3")
    for key in ("h/a.csv", "h/_SUCCESS", "h/.x", "h/_tmp/b.csv", "h/sub/c.csv", "h/", "hh/d.csv"):
        s3.put_object(Bucket=small_lake.BUCKET, Key=key, Body=b"xx" if key != "h/" else b"")

    found = files_under([f"s3://{small_lake.BUCKET}/h"], deadline=soon())

    assert sorted(each.key for each in found) == ["h/a.csv", "h/sub/c.csv"]


def test_many_folders_are_listed_by_their_parents(lake):
    s3 = lake.client("s3")
    for number in range(20):
        s3.put_object(Bucket=small_lake.BUCKET, Key=f"many/n={number}/a.csv", Body=b"x")
    wanted = [f"s3://{small_lake.BUCKET}/many/n={number}/" for number in range(18)]

    found = files_under([*wanted, f"s3://{small_lake.BUCKET}/h/"], deadline=soon())

    assert len([each for each in found if each.key.startswith("many/")]) == 18


@pytest.mark.parametrize("location", ["hdfs://x/y", "jdbc:mysql"])
def test_what_lies_elsewhere_is_not_counted(lake, location):
    with pytest.raises(TooManyFilesError):
        files_under([location], deadline=soon())
