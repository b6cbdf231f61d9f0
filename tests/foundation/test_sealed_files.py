"""A sealed file gives back what was sealed, whole, with its key; or nothing."""

import io
from pathlib import Path

import pytest

from era_engine.foundation.errors import SettingsError, UsageError
from era_engine.foundation.keys import Key, keyring, new_key, read_key
from era_engine.foundation.sealed_files import PIECE, DamagedFileError, KeyMissingError, Sealing, key_id_of, opened

KEY, OTHER = Key(bytes(range(32))), Key(bytes(32))
KEYS = keyring(KEY, [KEY])
SIZES = [0, 1, 15, 16, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 17]


def content(size: int) -> bytes:
    return (b"ISA*00*synthetic~\n" * (size // 18 + 1))[:size]


def sealed(path: Path, data: bytes, key: Key = KEY) -> Path:
    with path.open("wb") as stream, Sealing(stream, key) as sealing:
        for at in range(0, len(data), 700_001):
            sealing.write(data[at : at + 700_001])
    return path


def read(path: Path) -> bytes:
    with opened(path, KEYS) as stream:
        return stream.read()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_back(tmp_path: Path, size: int) -> None:
    file = sealed(tmp_path / "x", content(size))
    assert read(file) == content(size)
    assert key_id_of(file) == KEY.id
    line = file.read_bytes().partition(b"\n")[0].decode()
    assert line.startswith(f"era-engine sealed file 1, key {KEY.id}, salt ")
    assert b"ISA*00*synthetic" not in file.read_bytes()


def test_a_sealed_file_is_read_from_anywhere(tmp_path: Path) -> None:
    data = content(2 * PIECE + 17)
    with opened(sealed(tmp_path / "x", data), KEYS) as stream:
        assert stream.seek(0, io.SEEK_END) == len(data)
        for at in (PIECE - 3, 5, 2 * PIECE + 10, PIECE):
            stream.seek(at)
            assert stream.read(20) == data[at : at + 20]
        stream.seek(len(data) + 5)
        assert stream.read(1) == b""


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"era-engine")
    assert read(tmp_path / "x") == b"era-engine"
    assert key_id_of(tmp_path / "x") is None


def test_the_same_content_is_sealed_otherwise_each_time(tmp_path: Path) -> None:
    first, second = (sealed(tmp_path / name, content(100)).read_bytes() for name in "ab")
    assert first[-116:] != second[-116:]


def refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="Restore it from a backup"):
        read(path)


def test_a_byte_changed_anywhere_is_found(tmp_path: Path) -> None:
    whole = sealed(tmp_path / "x", content(60)).read_bytes()
    for at in range(len(b"era-engine sealed file "), len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1
        (tmp_path / "y").write_bytes(changed)
        with pytest.raises((DamagedFileError, KeyMissingError)):
            read(tmp_path / "y")


def test_pieces_cut_off_left_out_moved_repeated_or_put_after_the_end_are_found(tmp_path: Path) -> None:
    whole = sealed(tmp_path / "x", content(3 * PIECE)).read_bytes()
    start, piece = len(whole) - 3 * (PIECE + 16), PIECE + 16
    line, first, second, third = whole[:start], *(whole[start + n * piece : start + (n + 1) * piece] for n in range(3))
    for parts in (
        [first, second],
        [first],
        [],
        [first, third],
        [second, first, third],
        [first, second, third[:-1]],
        [first, second, third[:5]],
        [first, first, second, third],
        [first, second, third, third],
        [first, second, third, b"x"],
        [first, second, third, bytes(16)],
        [first, second, bytes(16)],
        [third],
    ):
        refused(tmp_path / "y", line + b"".join(parts))


def test_a_piece_of_another_file_of_the_same_key_is_found(tmp_path: Path) -> None:
    one, other = (sealed(tmp_path / name, content(2 * PIECE)).read_bytes() for name in "ab")
    refused(tmp_path / "y", one[: -(PIECE + 16)] + other[-(PIECE + 16) :])


def test_without_its_key_nothing_is_read(tmp_path: Path) -> None:
    file = sealed(tmp_path / "x", content(10), OTHER)
    with pytest.raises(KeyMissingError, match=f"sealed with key {OTHER.id}, which was not given"):
        read(file)


def test_sealing_that_breaks_off_leaves_nothing_that_opens(tmp_path: Path) -> None:
    def broken_off() -> None:
        with (tmp_path / "x").open("wb") as stream, Sealing(stream, KEY) as sealing:
            sealing.write(content(PIECE + 5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    with pytest.raises(DamagedFileError):
        read(tmp_path / "x")


# keys


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "key").secret == key.secret
    assert key.secret.hex() not in repr(key) + str(keyring(key, [key]))
    with pytest.raises(UsageError):
        new_key(tmp_path / "key")


@pytest.mark.parametrize("text", ["", "# a comment\n", "ab" * 31, "AB" * 32, "ab" * 32 + "\n" + "cd" * 32, "x" * 64])
def test_what_is_no_key_is_refused_and_never_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(SettingsError, match="has no era-engine key") as refused:
        read_key(tmp_path / "key")
    assert text[:20] == "" or text[:20] not in str(refused.value).replace(str(tmp_path), "")


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_key(tmp_path / "key")
