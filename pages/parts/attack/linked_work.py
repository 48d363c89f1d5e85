"""Set the tabs *Whole file* and *Sweep* as an address says."""

from __future__ import annotations

from core.registry import Value
from pages.parts.attack.attack_settings import FileAttackSettings, SweepSettings
from pages.parts.attack.linked_attack import take_attack
from pages.parts.attack.long_results import LongResults
from pages.parts.attack.sweep_form import sweep_key
from pages.parts.attack.whole_file import file_attack_key
from pages.parts.session.address_groups import SWEEP, WHOLE, group_values, settings_text, written_settings
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.file_link import take_part
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session

EPSILON = 255  # what epsilons are written as parts of


def follow_work(session: Session) -> None:
    """Take the followed address's settings of longer work, once."""
    if (address := take_part(session, SWEEP.name)) and (asked := address.groups.get(SWEEP.name)):
        settings = session.page_state(SweepSettings)
        names = dict.fromkeys(str(asked.get("attacks", "")).split()) or settings.attacks
        others = {name: asked[name] for name in ("epsilons", "which", "steps", "queries", "seed") if name in asked}
        store_settings(settings, attacks=tuple(names), max_faces=asked.get("faces", settings.max_faces), **others)
    if (address := take_part(session, WHOLE.name)) and (asked := address.groups.get(WHOLE.name)):
        method = str(asked["attack"])
        values = written_settings(method, str(asked.get("settings", "")))
        stop_at = asked.get("stop_at")
        plan = PlannedAttack(method, values, int(asked.get("seed", 0)), None if stop_at is None else float(stop_at))
        take_attack(session, plan)
        written = session.page_state(FileAttackSettings)
        frames = int(asked.get("frames", written.frames or 0))
        others = {name: asked[name] for name in ("lossy", "crf", "quality") if name in asked}
        store_settings(written, frames=frames or None, **others)


def work_values(session: Session, tab: str | None) -> dict[str, str]:
    """Write the sweep, or the attack on the file, that is shown."""
    assert session.media
    results = session.page_state(LongResults)
    if tab == "Sweep over epsilon" and (swept := results.get(sweep_key(session))):
        asked = swept.request._asdict()
        asked |= {"attacks": " ".join(swept.request.attacks), "faces": asked.pop("max_faces")}
        asked |= {"epsilons": ", ".join(f"{round(eps * EPSILON, 9):.12g}" for eps in swept.request.epsilons)}
        return group_values(SWEEP, asked)
    if tab == "Whole file" and (kept := results.get(file_attack_key(session))):
        made, video = kept.asked, session.media.kind == "video"
        values: dict[str, Value | None] = {"attack": made.method, "seed": made.seed, "stop_at": made.stop_at}
        values |= {"settings": settings_text(made.method, made.settings)}
        values |= {"lossy": made.quality is not None, "crf" if video else "quality": made.quality}
        frames = {"frames": made.frames or 0} if video else {}
        return group_values(WHOLE, {**values, **frames})
    return {}
