"""EXIF data, the maker's own note among them: named, bounded, without a place, whatever was damaged."""

from __future__ import annotations

import io
import json
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from made_exif import ASCII, LONG, SHORT, UNDEFINED, block, canon, nikon, sony
from media_files import image
from PIL import Image

from core.cases.comparison import Replay, compare_json
from core.media.exif import DAMAGED, MAX_FIELDS, MAX_MAKER_FIELDS, MAX_TEXT, read_exif
from core.media.file_provenance import read_provenance
from core.media.open import open_media
from core.output.provenance_words import HIDDEN_PLACE, provenance_record

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
Read = tuple[dict[str, str], bool, tuple[str, ...]]
PLAIN = {"Make", "Model", "Orientation", "ExposureTime", "DateTimeOriginal"}


def read(exif: bytes, kind: str = "JPEG") -> Read:
    content = image(kind, exif=exif)
    with Image.open(io.BytesIO(content)) as opened:
        return read_exif(opened, content)


def of_the_maker(found: Read) -> dict[str, str]:
    return {name.removeprefix("MakerNote "): text for name, text in found[0].items() if name.startswith("MakerNote ")}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_fields_of_the_makers_note_come_last_and_are_named_as_such(kind: str) -> None:
    found = read(canon(), kind)
    maker = of_the_maker(found)
    assert (found[1], found[2]) == (False, ())
    assert set(list(found[0])[: len(PLAIN)]) == PLAIN
    assert len(found[0]) == len(PLAIN) + len(maker)
    assert (maker["SerialNumber"], maker["FirmwareVersion"]) == ("1234567890", "Firmware Version 1.1.1")
    assert (maker["LensModel"], maker["Macromode"], maker["Quality"]) == ("EF24-105mm f/4L IS USM", "Macro", "Fine")
    assert "nobody knows" not in found[0].values(), "a field without a name"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_note_whose_offsets_count_from_itself(order: str) -> None:
    assert of_the_maker(read(nikon(order=order))) == {"Quality": "FINE", "SerialNumber": "6001234"}


def test_the_letters_before_a_sony_note_are_passed_over() -> None:
    assert of_the_maker(read(sony())) == {"CreativeStyle": "Standard"}


def test_a_note_of_another_form_is_left_out_and_is_no_damage() -> None:
    fields = [(0x0207, ASCII, "a field of an older form")]
    found = read(block("OLYMPUS CORPORATION", fields, head=b"OLYMPUS\0II\x03\0"))
    assert (set(found[0]), found[2]) == (PLAIN, ())
    assert read(block("A maker whom nobody knows", fields))[2] == ()


@pytest.mark.parametrize(("sound", "read_still"), [(canon(), set()), (nikon(), {"Quality", "SerialNumber"})])
def test_a_note_that_software_moved_tells_nothing_wrong(sound: bytes, read_still: set[str]) -> None:
    with Image.open(io.BytesIO(image("JPEG", exif=sound))) as opened:
        exif = opened.getexif()
    for words in ("", "x" * 120):  # the note moves to the front, and to the back
        exif[0x010E] = words
        found = read(exif.tobytes())
        assert set(found[0]) - {"ImageDescription"} >= PLAIN
        assert (set(of_the_maker(found)), found[2]) == (read_still, ())


def test_bytes_outside_of_a_note_are_left_out() -> None:
    far = (0x2001, UNDEFINED, b"a preview that lies elsewhere")
    sound = block("SONY", [(0xB020, ASCII, "Standard"), far], head=b"SONY DSC \0\0\0")
    at = sound.index(struct.pack("<HH", 0x2001, UNDEFINED)) + 8
    assert of_the_maker(read(sound[:at] + b"\x08\0\0\0" + sound[at + 4 :])) == {"CreativeStyle": "Standard"}


def test_bytes_outside_of_a_note_are_not_mapped_to_settings() -> None:
    far = (0x0001, UNDEFINED, b"settings of which each number has a name")
    sound = block("Canon", [(0x0006, ASCII, "Canon EOS 5D"), far])
    at = sound.index(struct.pack("<HH", 0x0001, UNDEFINED)) + 8
    assert of_the_maker(read(sound[:at] + b"\x08\0\0\0" + sound[at + 4 :])) == {"ImageType": "Canon EOS 5D"}


def test_a_file_in_its_own_process_tells_them_too_and_no_place() -> None:
    data = image("JPEG", exif=canon(place=True))
    found = provenance_record(read_provenance(data, open_media(data)))["exif"]
    assert (found["MakerNote SerialNumber"], found["GPSInfo"]) == ("1234567890", HIDDEN_PLACE)
    assert "52" not in json.dumps(found)


@pytest.mark.parametrize("header", [b"II\x99\0", b"IIII"])
def test_what_pillow_gives_up_is_read_and_noted_without_a_place(header: bytes) -> None:
    sound = canon(place=True)
    fields, _, notes = read(b"Exif\0\0" + header + sound[10:])
    assert notes == (DAMAGED,)
    assert {
        "Make": "Canon",
        "DateTimeOriginal": "2026:01:02 03:04:05",
        "ExposureTime": "1/60",
    }.items() <= fields.items()
    assert fields["MakerNote SerialNumber"] == "1234567890"
    assert not any("GPS" in name or "52" in text for name, text in fields.items())


def test_a_place_behind_a_damaged_pointer_stays_hidden() -> None:
    sound = bytearray(canon(place=True))
    sound[8] = 0x99
    place = struct.pack("<HHII", 0x8769, LONG, 1, 8 + 200)
    at = sound.index(struct.pack("<HHI", 0x8769, LONG, 1))
    sound[at : at + 12] = place
    fields, _, notes = read(bytes(sound))
    assert notes == (DAMAGED,)
    assert not any("52" in text for text in fields.values())


def test_the_place_that_a_maker_notes_is_left_out() -> None:
    assert "SECRETPLACE" not in str(read(nikon()))


def test_a_damaged_note_is_noted() -> None:
    no_marker = nikon().replace(b"\2\x10\0\0MM\0*", b"\2\x10\0\0MM\1*")
    found = read(no_marker)
    assert (set(found[0]), found[2]) == (PLAIN, (DAMAGED,))
    assert read(nikon((0x0012, UNDEFINED, b"\5\1\0\0")))[2] == (DAMAGED,), "a step of zero"


def endless() -> dict[str, bytes]:
    """Blocks that send a reader over many more bytes than they have."""
    many = struct.pack("<H", 65_000) + struct.pack("<HHII", 0x9999, SHORT, 999, 0) * 5_000
    far = bytearray(canon())
    at = far.index(struct.pack("<HH", 0x927C, UNDEFINED)) + 4
    long_texts = struct.pack("<H", 4_000) + struct.pack("<HHII", 0x010E, ASCII, 0x7FFFFFFF, 8) * 4_000
    far[8], far[at : at + 4] = 0x99, b"\xff\xff\xff\xff"
    return {
        "a note of four gigabytes": bytes(far),
        "a directory of many long fields": b"Exif\0\0II\x99\0" + struct.pack("<I", 8) + many,
        "long texts": b"Exif\0\0II\x99\0" + struct.pack("<I", 8) + long_texts,
    }


@pytest.mark.parametrize("exif", endless().values(), ids=endless())
def test_endless_blocks_end(exif: bytes) -> None:
    fields, _, notes = read(exif)
    assert notes == (DAMAGED,)
    assert len(fields) <= MAX_FIELDS


def test_no_more_fields_than_are_allowed() -> None:
    names = [(0x0001, SHORT, [96] + [1] * 47), (0x0004, SHORT, [1] * 40), (0x0026, SHORT, [1] * 60)]
    found = read(block("Canon", [*names, (0x0093, SHORT, [1] * 60), (0x0006, ASCII, "x" * 3000)]))
    assert 60 < len(of_the_maker(found)) <= MAX_MAKER_FIELDS
    assert max(map(len, found[0].values())) <= MAX_TEXT


@pytest.mark.parametrize("seed", range(6))
def test_nothing_raises_and_all_is_bounded(seed: int) -> None:
    chance = random.Random(seed)
    sound = [canon(place=True), nikon(), nikon(order="<"), sony()]
    for _ in range(100):
        data = bytearray(chance.choice(sound))
        for _ in range(chance.choice((1, 3, 10, 40))):
            data[chance.randrange(6, len(data))] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
        end = chance.choice((len(data), chance.randrange(6, len(data))))
        fields, _, notes = read(bytes(data[:end]))
        assert len(fields) <= MAX_FIELDS + MAX_MAKER_FIELDS
        assert all(text.isprintable() and 0 < len(text) <= MAX_TEXT for text in fields.values())
        assert notes in ((), (DAMAGED,))
        assert not any("GPS" in name for name in fields)


def test_a_record_from_before_maker_notes_is_replayed_without_a_difference() -> None:
    now = {"exif": read(canon())[0]}
    before = {"exif": {name: text for name, text in now["exif"].items() if name in PLAIN}}
    older, same = Replay(), Replay()
    compare_json(before, now, "analysis.json", 1e-3, older)
    compare_json(before, now, "analysis.json", 0.0, same)
    assert not older.differences
    assert len(same.differences) == len(now["exif"]) - len(PLAIN), "where code and packages are the same"


def test_another_release_of_exifread_leaves_what_pillow_reads() -> None:
    code = (
        "import sys; sys.modules['exifread.core.exif_header'] = None; sys.path.insert(0, 'tests'); "
        "import io, media_files, made_exif; from PIL import Image; from core.media.exif import read_exif; "
        "data = media_files.image('JPEG', exif=made_exif.canon()); "
        "print(read_exif(Image.open(io.BytesIO(data)), data)[0]['Make'])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "Canon"
