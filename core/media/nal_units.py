"""Tell from H.264 and HEVC packets which of them a frame needs.

Source: ITU-T H.264 (08/2021), table 7-1; ITU-T H.265 (08/2021), table 7-1; ISO/IEC 14496-15, 5.3.3 and 8.3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

# Types of units: slices of a picture that resets the decoder, slices of others, parameter sets.
_AVC = (frozenset({5}), frozenset({1, 2, 3, 4}), frozenset({7, 8, 13, 15}))
_HEVC = (frozenset({19, 20}), frozenset({*range(19), 21}), frozenset({32, 33, 34}))
_AVC_HARMLESS = frozenset({6, 9, 12})  # supplemental information, delimiters, padding


# H.264 profiles whose parameter sets begin with the form of the samples: table in 7.3.2.1.1.
_RICH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_HEAD = 24  # bytes of a slice or a parameter set that are looked at


@dataclass(frozen=True, slots=True)
class PacketUnits:
    """Hold what the units of one packet are.

    fresh: its picture and those after it need nothing before it (IDR).
    unreferenced: its picture is needed for no other one; always False for HEVC, whose layers hide it.
    sets: it carries parameter sets.
    number: `frame_num` of an H.264 picture; None where it is unknown.
    """

    fresh: bool
    unreferenced: bool
    sets: bool
    number: int | None


@dataclass(frozen=True, slots=True)
class NalFormat:
    """Hold how packets are divided.

    width: bytes of a unit's length; number_bits: of `frame_num` in H.264, 0 where unknown.
    """

    hevc: bool
    width: int
    number_bits: int

    def units_of(self, packet: bytes) -> PacketUnits | None:
        """Return what a packet's units are.

        None where their lengths do not add up, or no picture is there.
        """
        fresh, other, sets = _HEVC if self.hevc else _AVC
        kinds, place, referenced, number = [], 0, False, None
        while place + self.width < len(packet):
            length = int.from_bytes(packet[place : place + self.width], "big")
            place += self.width
            if length == 0:
                return None
            head = packet[place]
            kinds.append(head >> 1 & 0x3F if self.hevc else head & 0x1F)
            if self.number_bits and number is None and kinds[-1] in {1, 5}:
                number = self._number(packet[place + 1 : place + min(length, _HEAD)])
            referenced = referenced or (kinds[-1] in other and bool(head & 0x60))
            place += length
        found = set(kinds)
        if place != len(packet) or not found & (fresh | other):
            return None
        plain = not self.hevc and not referenced and found <= {1, *_AVC_HARMLESS}
        return PacketUnits(bool(found & fresh) and not found & other, plain, bool(found & sets), number)

    def _number(self, slice_head: bytes) -> int | None:
        """Read `frame_num` (7.3.3)."""
        bits = _Bits(slice_head)
        try:
            bits.golomb(), bits.golomb(), bits.golomb()  # first macroblock, type, parameter set
            return bits.take(self.number_bits)
        except EOFError:
            return None


class _Bits:
    """Read numbers from the bits of a unit, without its emulation prevention bytes."""

    def __init__(self, data: bytes) -> None:
        clear = data.replace(b"\0\0\3", b"\0\0")
        self.left = "".join(f"{byte:08b}" for byte in clear)

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number; EOFError behind the end."""
        if len(self.left) < count:
            raise EOFError
        taken, self.left = self.left[:count], self.left[count:]
        return int(taken or "0", 2)

    def golomb(self) -> int:
        """Return the next Exp-Golomb number (9.1)."""
        zeros = len(self.left) - len(self.left.lstrip("0"))
        self.take(zeros)
        return self.take(zeros + 1) - 1


def nal_format(codec: str, extradata: bytes) -> NalFormat | None:
    """Return how a stream's packets are divided.

    None for other codings and for streams with start codes.
    """
    place = {"h264": 4, "hevc": 21}.get(codec)
    if place is None or len(extradata) <= place or extradata[0] != 1:
        return None
    return NalFormat(codec == "hevc", (extradata[place] & 3) + 1, _number_bits(extradata) if codec == "h264" else 0)


def _number_bits(extradata: bytes) -> int:
    """Return how many bits `frame_num` has (7.3.2.1.1).

    0 where more than one parameter set might say.
    """
    if len(extradata) < 12 or extradata[5] & 31 != 1:
        return 0
    bits = _Bits(extradata[9 : 9 + _HEAD])
    try:
        profile = bits.take(24) >> 16
        bits.golomb()  # its own number
        if profile in _RICH_PROFILES:
            if bits.golomb() == 3 and bits.take(1):
                return 0
            bits.golomb(), bits.golomb()  # depths
            # Planes of their own and scaling lists are rare, and change what follows.
            if bits.take(2) & 1:
                return 0
        return bits.golomb() + 4
    except EOFError:
        return 0
