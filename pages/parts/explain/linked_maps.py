"""Set the page Explain as an address says, and name the maps on the screen there."""

from __future__ import annotations

from collections.abc import Sequence

from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.map_columns import Column
from pages.parts.session.address_groups import CRITICAL, group_values
from pages.parts.session.addresses import MAPS, TAB, is_of_maps, map_values
from pages.parts.session.file_link import name_in_address, take_part
from pages.parts.session.map_work import PlannedMaps
from pages.parts.session.page_state import forget_widgets, store_settings
from pages.parts.session.session import Session


def follow_maps(session: Session) -> None:
    """Take the maps of the followed address as the settings, once."""
    _follow_critical(session)
    address = take_part(session, MAPS)
    if address is None or address.maps is None:
        return
    plan, choice = address.maps, session.page_state(MapSettings)
    values = {**choice.values, **{name: dict(settings) for name, settings in plan.values.items()}}
    store_settings(choice, methods=plan.methods, values=values, target=plan.target, seed=plan.seed, one=address.one)
    for start in ("maps-methods", "maps-target", "maps-seed", "map-", "one-map-method"):
        forget_widgets(start)


def _follow_critical(session: Session) -> None:
    """Take how critical pixels are found from the followed address, once."""
    address = take_part(session, CRITICAL.name)
    if address and (asked := address.groups.get(CRITICAL.name)):
        store_settings(session.page_state(MapSettings), **asked)
        forget_widgets("critical-")


def name_maps(session: Session, columns: Sequence[Column]) -> None:
    """Put the maps on the screen, the large one and the open tab into the address."""
    choice = session.page_state(MapSettings)
    tab = {TAB: choice.tab} if choice.tab else {}
    if choice.tab == "Critical pixels":
        tab |= group_values(CRITICAL, {"share": choice.share, "samples": choice.samples})
    name_in_address(session, {**map_values(shown_maps(columns), choice.one), **tab}, is_of_maps)


def shown_maps(columns: Sequence[Column]) -> PlannedMaps | None:
    """Return how the maps on the screen were made, whatever the form says by now.

    An address has one output and one seed: maps that differ from the first one in these are left out.
    """
    made = [(column, one.attribution.target, one.key.seed) for column in columns if (one := column.found[0])]
    if not made:
        return None
    _, target, seed = made[0]
    values = {one.method: dict(one.maps[0].settings) for one, *how in made if how == [target, seed]}
    return PlannedMaps(tuple(values), values, target, seed)
