"""Mark how a field is recorded, where it is not simply by its name."""

from __future__ import annotations

from types import MappingProxyType

LEFT_OUT = MappingProxyType({"left_out": True})  # the field is left out of a record where it is None
INLINE = MappingProxyType({"inline": True})  # its fields, or a mapping's items, stand among its holder's; None: nothing
UNRECORDED = MappingProxyType({"unrecorded": True})  # pictures and arrays, which are kept in files of their own
