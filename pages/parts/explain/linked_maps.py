"""Set the page Explain as an address says, and name its maps there."""

from __future__ import annotations

from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.addresses import MAPS, TAB, is_of_maps, map_values
from pages.parts.session.file_link import name_in_address, take_part
from pages.parts.session.map_work import PlannedMaps
from pages.parts.session.page_state import forget_widgets, store_settings
from pages.parts.session.session import Session


def follow_maps(session: Session) -> None:
    """Take the maps of the followed address as the settings, once."""
    address = take_part(session, MAPS)
    if address is None or address.maps is None:
        return
    plan, choice = address.maps, session.page_state(MapSettings)
    values = {**choice.values, **{name: dict(settings) for name, settings in plan.values.items()}}
    store_settings(choice, methods=plan.methods, values=values, target=plan.target, seed=plan.seed, one=address.one)
    for start in ("maps-methods", "maps-target", "maps-seed", "map-", "one-map-method"):
        forget_widgets(start)


def name_maps(session: Session, *, shown: bool) -> None:
    """Put the chosen maps, the large one and the open tab into the address.

    Args:
        session: holds the settings.
        shown: whether a map of them is there.
    """
    choice = session.page_state(MapSettings)
    plan = PlannedMaps(choice.methods, choice.values, choice.target, choice.seed) if shown else None
    tab = {TAB: choice.tab} if choice.tab else {}
    name_in_address(session, {**map_values(plan, choice.one), **tab}, is_of_maps)
