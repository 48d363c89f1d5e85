"""Set the page Attack as an address says."""

from __future__ import annotations

from pages.parts.attack.attack_settings import LEVELS, OWN, AttackSettings
from pages.parts.attack.strength import has_epsilon
from pages.parts.session.addresses import ATTACK
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.file_link import take_part
from pages.parts.session.page_state import forget_widgets, store_settings
from pages.parts.session.session import Session


def follow_attack(session: Session) -> None:
    """Take the attack of the followed address as the settings, once."""
    address = take_part(session, ATTACK)
    if address is None or address.attack is None:
        return
    take_attack(session, address.attack)


def take_attack(session: Session, plan: PlannedAttack) -> None:
    """Take an attack as the settings on the screen."""
    store_settings(
        session.page_state(AttackSettings),
        method=plan.method,
        values=dict(plan.settings),
        strength=_strength(plan),
        seed=plan.seed,
        stop_at=plan.stop_at,
    )
    forget_widgets("attack-strength")
    forget_widgets("attack-method")
    forget_widgets("attack-setting-")


def _strength(plan: PlannedAttack) -> str:
    """Return the place on the slider that is the attack's epsilon."""
    if not has_epsilon(plan.method):
        return OWN
    return next((level for level in LEVELS if int(level) / 255 == plan.settings["eps"]), OWN)
