"""Find again the critical pixels of an attack."""

from __future__ import annotations

from ..cases.replay import Repeated
from ..explain.analysis.critical_pixels import critical_pixels
from ..output.attack_results_record import face_settings_record
from ..output.critical_record import critical_arrays, critical_record, critical_rows
from ..output.critical_sentences import critical_sentence
from ..output.shown_record import csv_file
from .repeated_face import RepeatedFace

ASKED = ("share", "samples", "target", "seed")


def repeat_critical(one: RepeatedFace) -> Repeated | None:
    """Find the critical pixels again; None where somebody stopped the attack."""
    attack, crops, asked = one.attacked(), one.crops(), one.kept.settings
    if attack is None:
        return None
    seed, (share, samples, target) = int(asked["seed"]), (asked[name] for name in ASKED[:3])
    found = critical_pixels(
        one.detector, crops["clean"], crops["attacked"], share=share, samples=samples, target=target, seed=seed
    )
    record = critical_record(found, face=one.face, detector=one.detector.version, seed=seed)
    settings = face_settings_record(one.detector.version, one.frames, attack, stop_at=one.stop_at)
    settings |= {name: record[name] for name in ASKED}
    table = csv_file(critical_rows(found))
    files = {"values.npz": critical_arrays(found), "pixels.csv": table()}
    return Repeated(settings, record, critical_sentence(found), files=files)
