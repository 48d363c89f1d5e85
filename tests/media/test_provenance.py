"""What a file says of itself, however hostile: plain text, bounded, and never a socket."""

from __future__ import annotations

import io
import json
import socket
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from media_files import VIDEOS, image, video
from PIL import ExifTags, Image, PngImagePlugin

from core.media.container_facts import place_of
from core.media.file_provenance import location_of, read_provenance
from core.media.open import open_media
from core.media.perceptual_hash import hash_distance, perceptual_hash
from core.output.provenance_words import HIDDEN_PLACE, provenance_record, provenance_sentences, provenance_word
from core.types import Array, InputError
from core.types.provenance import PerceptualHash, Provenance

TABLES: dict[str, Any] = {"quality": "web_high", "qtables": [[9] * 64]}
KEYS = {"c2pa", "exif", "software", "perceptual_hash", "container"}


@pytest.fixture(autouse=True)
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    class OnlyPairs(socket.socket):
        """A socket to another process of this machine, as files are read by, and no other."""

        def __init__(self, family: int = -1, *given: Any) -> None:
            if family != getattr(socket, "AF_UNIX", None):
                refuse()
            super().__init__(family, *given)

    monkeypatch.setattr(socket, "socket", OnlyPairs)
    monkeypatch.setattr(socket, "create_connection", refuse)


def read(data: bytes) -> Provenance:
    return read_provenance(data, open_media(data))


def with_exif(**fields: Any) -> bytes:
    exif = Image.Exif()
    for name, value in fields.items():
        exif[ExifTags.Base[name]] = value
    return image("JPEG", exif=exif)


def test_a_plain_picture_is_unknown_and_never_fake() -> None:
    found = read(image("JPEG", quality=90))
    record = provenance_record(found)
    assert set(record) == KEYS
    assert (found.credentials.state, provenance_word(found), found.notes) == ("none", "unknown", ())
    assert "fake" not in json.dumps(record).lower()
    assert "unknown" in provenance_sentences(found)[0]


@pytest.mark.parametrize("quality", [20, 50, 75, 95])
def test_standard_tables_are_known_by_their_quality(quality: int) -> None:
    found = read(image("JPEG", quality=quality)).jpeg
    assert found
    assert (found.quality, found.exact) == (quality, True)


def test_other_tables_are_named_too() -> None:
    photoshop, own = (
        read(image("JPEG", **options)).jpeg for options in ({"quality": "web_high"}, {"qtables": [[9] * 64]})
    )
    assert photoshop
    assert own
    assert "Photoshop" in photoshop.origin
    assert "of their own" in own.origin
    assert not own.exact


def test_traces_of_software_are_found_and_sorted_by_kind() -> None:
    found = read(with_exif(Make="Canon", Model="EOS 5D", Software="Adobe Photoshop 25.0 (Windows)"))
    assert {(one.place, one.kind) for one in found.software} == {
        ("EXIF Make", "camera"),
        ("EXIF Model", "camera"),
        ("EXIF Software", "editor"),
    }
    assert found.exif["Model"] == "EOS 5D"
    assert provenance_word(found) == "names an editor"
    assert "EOS 5D" in provenance_sentences(found)[1]


def test_the_text_that_image_generators_leave_in_png_is_found() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a face, Steps: 20, Sampler: Euler")
    assert provenance_word(read(image("PNG", pnginfo=text))) == "names a generator"
    xmp = b'<x Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    assert provenance_word(read(image("JPEG", xmp=xmp))) == "names a generator"


@pytest.mark.parametrize(
    ("name", "tag", "text"),
    [
        ("a.mkv", "LOCATION", "+48.1351+011.5820+519.0/"),
        ("a.mov", "com.apple.quicktime.location.ISO6709", "+48.1351+011.5820+519.000/"),
        ("a.mov", "location", "+48.1351+011.5820/"),
        ("a.mkv", "location-eng", "+4808.106+01134.92/"),
    ],
)
def test_the_place_of_a_video_is_told_on_demand_only(name: str, tag: str, text: str, tmp_path: Path) -> None:
    options = {"movflags": "use_metadata_tags"} if tag.startswith("com.") else {}
    with av.open(tmp_path / name, "w", options=options) as container:
        container.metadata[tag] = text
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    data = (tmp_path / name).read_bytes()
    found, where = read(data), location_of(data)
    assert provenance_record(found)["exif"]["GPSInfo"] == HIDDEN_PLACE
    assert "48" not in json.dumps(provenance_record(found)["exif"])
    assert where
    assert (round(where.latitude, 4), round(where.longitude, 4)) == (48.1351, 11.582)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("+523000-0132400/", (52.5, -13.4)),
        ("-90+180", (-90, 180)),
        ("+91.0+000.0/", None),
        ("Berlin", None),
        ("", None),
    ],
)
def test_a_place_is_read_as_iso_6709_writes_it(text: str, place: tuple[float, float] | None) -> None:
    found = place_of(text)
    assert (found and (round(found.latitude, 6), round(found.longitude, 6))) == place


def test_a_place_is_told_on_demand_only() -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "S", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    data = image("JPEG", exif=exif)
    found = read(data)
    assert provenance_record(found)["exif"]["GPSInfo"] == HIDDEN_PLACE
    assert "52" not in json.dumps(provenance_record(found)["exif"])
    where = location_of(data)
    assert where
    assert (where.latitude, where.longitude) == (-52.5, 13.4)
    assert provenance_record(found, where)["exif"]["GPSInfo"] == {"latitude": -52.5, "longitude": 13.4}
    assert location_of(image("JPEG")) is None


def loop() -> bytes:
    """EXIF whose directories point to themselves."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<I", 8)


HOSTILE = {
    "huge": with_exif(ImageDescription="x" * 60_000, Software="y" * 3000),
    "a newline and markup": with_exif(Software="a\nb<script>alert(1)</script>\r\n[x](http://y)", Make="=1+1\0\x1b[31m"),
    "bad encodings": with_exif(UserComment=b"UNICODE\0" + bytes(range(128, 256)) * 9, Artist=b"\xff\xfe\xfd"),
    "a loop": image("JPEG", exif=loop()),
    "cut off": image("JPEG", exif=loop()[:30]),
    "nonsense": image("JPEG", exif=b"Exif\0\0" + np.random.default_rng(1).bytes(3000)),
    "a place that is none": image(
        "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\xff\xff\xff\xff\0\0\0\0"
    ),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_metadata_harm_nothing(data: bytes) -> None:
    record = provenance_record(read(data), location_of(data))
    texts = [str(v) for v in record["exif"].values()] + [one["text"] for one in record["software"]]
    assert all(text.isprintable() and len(text) <= 200 for text in texts)
    assert len(json.dumps(record)) < 20_000


@pytest.mark.parametrize("kind", VIDEOS)
def test_a_video_tells_container_and_codec(kind: str, tmp_path: Path) -> None:
    data = video(tmp_path, *VIDEOS[kind])
    found = read(data)
    assert found.notes == ()
    assert (found.container["format"], found.container["bytes"]) == (kind, len(data))
    assert "64 x 48" in str(found.container["stream 1"])
    assert location_of(data) is None
    if kind in ("MP4", "MKV"):
        assert "encoder" in {one.kind for one in found.software}


def test_a_hash_survives_what_files_go_through(portrait: Array) -> None:
    first = perceptual_hash(portrait)
    again = perceptual_hash(np.asarray(Image.open(io.BytesIO(image("JPEG", Image.fromarray(portrait), quality=40)))))
    half = perceptual_hash(np.asarray(Image.fromarray(portrait).resize((256, 256))))
    other = perceptual_hash(np.rot90(portrait))
    assert max(hash_distance(first.pdq, one.pdq) for one in (again, half)) <= 31
    assert hash_distance(first.pdq, other.pdq) > 80
    assert hash_distance(first.mirrored, perceptual_hash(portrait[:, ::-1]).pdq) == 0
    assert perceptual_hash(np.zeros((9, 5, 3), np.uint8)).quality == 0


# Of the reference code, as the package pdqhash 0.2.8 computes it (it has to be compiled, so it is not installed here):
# rows and columns of the portrait, its hash, the hash of its mirror image.
REFERENCE = {
    (0, 512, 0, 512): (
        "2d6b1af3a956c529e79ca3d2526fa834d4196c81cedd04de0a26b855fc99b724",
        "383a4fa6f903127c32c9f687073afd43814c39d493a8518b7f73ed0ca9cce271",
    ),
    (0, 301, 40, 450): (
        "71c8522733183042c305e99e1e3dd9e26ce1261cdde2acfba65d7f6614ff8819",
        "249d0772664d651796d0b88b4b688cb7bbb4b34988f7f9aef3182a3301aadd4c",
    ),
    (100, 148, 200, 264): (
        "b75e010fb5fb05af97782586b42934861121ff98d002f949dd98da49dae9da2d",
        "e20b545ae0ae70fac22d70d3e17c61d3c474aacd8557ac1c88cd8f1c8fbc8f78",
    ),
    (0, 512, 200, 240): (
        "b0ed9db658e95517aaa55550aaae154de1a1aa2e5555aaaa5556fa48acb61764",
        "a5b8e8e3adbc0042fff20005fffb0018b4f4ff7b0000ffff0003af1df9e34231",
    ),
    (0, 400, 100, 200): (
        "a3994a4bf7665882129cd5bcf5a2dd8b21dc0a3ce760162a30e7e2b5ef5485cb",
        "f6cc1f1e22330dd747c980e9a07788de74895f49b235477765b297e0ba01d09e",
    ),
}


@pytest.mark.parametrize("place", REFERENCE)
def test_the_hash_is_that_of_the_reference_code(portrait: Array, place: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = place
    found = perceptual_hash(portrait[top:bottom, left:right])
    for one, reference in zip((found.pdq, found.mirrored), REFERENCE[place], strict=True):
        assert hash_distance(one, reference) <= 2, "as the last bit of a sum may differ"
    assert found.quality == 100


def test_credentials_without_the_library_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is missing here is there in other processes

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("core.media.content_credentials.importlib.import_module", missing)
    assert read(image("JPEG")).credentials.state == "none"
    marked = read(image("JPEG", comment=b"jumb c2pa")).credentials
    assert marked.state == "not checked"
    assert "pip install 'c2pa-python>=0.38'" in marked.meaning


def test_a_value_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        PerceptualHash("ab", "ab", 1)
