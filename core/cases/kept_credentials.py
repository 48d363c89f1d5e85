"""Leave out content credentials that were checked with other lists of signers."""

from __future__ import annotations

from typing import Any

from ..media.trust_lists import bare_names, hashes_in, trust_lists
from .chain import Json

UNCHECKED = "it could be checked only here or only then: c2pa-python was missing, or the file's reader stopped"
NO_VOUCHER = "the list of signers that vouched is none of those here"
ANOTHER = "another list of signers vouches here"
OTHER_LISTS = "the lists of signers here are others than those that were looked at"


def leave_credentials(kept: Any, now: Any) -> str | None:
    """Take credentials out of two records where they cannot be compared.

    That is so where they differ, and the lists of signers that the kept one names are not those of this machine. Names
    of older versions are brought into the form of now.

    Args:
        kept: what the bundle holds.
        now: what was computed now.

    Returns:
        Why they were taken out, None where they are compared.
    """
    before, after = _credentials(kept), _credentials(now)
    if before is None or after is None:
        return None
    for one in (before, after):
        one["trust_list"] = bare_names(str(one.get("trust_list", "")))
    reason = _other_lists(before, after) if before != after else None
    if reason:
        del kept["provenance"]["c2pa"], now["provenance"]["c2pa"]
    return reason


def _other_lists(before: Json, after: Json) -> str | None:
    """Say in which way the lists are others; None where they are not."""
    if (after["state"] == "not checked") != (before.get("state") == "not checked"):
        return UNCHECKED
    then, here = hashes_in(before["trust_list"]), hashes_in(trust_lists().named())
    chosen = hashes_in(after["trust_list"])
    if before.get("state") == "trusted":
        if not then or not then <= here:
            return NO_VOUCHER
        return ANOTHER if after["state"] == "trusted" and chosen != then else None
    if before.get("state") == "unknown signer" or (before.get("state") == "invalid" and then):
        return None if then in (here, chosen) else OTHER_LISTS
    return None


def _credentials(record: Any) -> Json | None:
    """Return what a record tells of credentials; None where it tells nothing."""
    provenance = record.get("provenance") if isinstance(record, dict) else None
    found = provenance.get("c2pa") if isinstance(provenance, dict) else None
    return found if isinstance(found, dict) else None
