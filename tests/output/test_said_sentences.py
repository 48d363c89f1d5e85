"""What an attack did, and where a map lies, in one sentence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.faces.regions import RegionShare, region_masks
from core.media.post_processing import AS_IS
from core.media_attack.samples import portrait_face
from core.output.attack_sentences import (
    attack_sentence,
    file_attack_sentence,
    notice_sentence,
    survival_sentence,
    sweep_sentence,
)
from core.output.region_sentences import PLACES, attacked_region_sentence, region_sentence
from core.output.similarity_sentences import similarity_sentence
from core.output.text import TARGETS, colour_words, format_metric, seconds_words, signed_number
from core.types import QualityMetric
from core.types.attack_answer import NO_SIGN, SIGNS
from core.types.attack_metrics import SweepRow
from core.types.compared_maps import Similarity
from core.types.robustness_rows import RobustnessRow


def verdict(band: str, p_fake: float, *, calibrated: bool = True) -> Any:
    return SimpleNamespace(band=band, p_fake=p_fake, calibrated=calibrated)


FORGED = verdict("Likely manipulated", 0.94)


@pytest.mark.parametrize(
    ("after", "success", "words"),
    [
        (
            verdict("Likely not manipulated", 0.18),
            True,
            "The verdict turned: likely manipulated, 94% → likely not manipulated, 18% “man",
        ),
        (
            verdict("Inconclusive", 0.4),
            True,
            "The verdict is inconclusive now: likely manipulated, 94% → inconclusive, 40% “manipulated”.",
        ),
        (verdict("Inconclusive", 0.6), False, "The verdict is inconclusive now: likely manipulated, 94% → inc"),
        (FORGED, False, "The verdict held: likely manipulated, 94% → likely manipulated, 94%."),
        (verdict("Likely not manipulated", 0.123, calibrated=False), True, "likely not manipulated, score 0.123."),
    ],
)
def test_what_the_attack_did_to_the_verdict(after: Any, success: bool, words: str) -> None:
    result: Any = SimpleNamespace(before=FORGED, after=after, success=success)
    assert words in attack_sentence(result)


@pytest.mark.parametrize("more", ["", ", high score, uncalibrated"])
def test_what_never_was_decided_did_not_turn(more: str) -> None:
    both = verdict(f"Inconclusive{more}", 0.55), verdict(f"Inconclusive{more.replace('high', 'low')}", 0.45)
    result: Any = SimpleNamespace(before=both[0], after=both[1], success=True)
    assert attack_sentence(result).startswith("Inconclusive before and after, but the larger output turned: inconclus")


def test_times_and_metrics_are_no_powers_of_ten() -> None:
    assert [seconds_words(value) for value in (0.0013, 0.35, 1.44, 18.2, 310.4)] == [
        "< 0.01",
        "0.35",
        "1.4",
        "18",
        "310",
    ]
    sizes = [QualityMetric("run time", value, "Seconds.", "lower") for value in (0.0123, 1.0, 12.25, 310.4, 1234.5)]
    assert [format_metric(one) for one in sizes] == ["0.0123", "1.00", "12.2", "310", "1234"]


def test_whether_it_is_noticed() -> None:
    result: Any = SimpleNamespace(linf=2 / 255, success=True)
    signs: Any = SimpleNamespace(label=SIGNS)
    none: Any = SimpleNamespace(label=NO_SIGN)
    assert notice_sentence(result, signs).endswith("more than 2/255, and “Was it attacked?” notices it.")
    assert "misses it: no sign" in notice_sentence(result, none)
    assert notice_sentence(result, None).endswith("was not asked.")
    result.success = False  # an attack that failed is nothing that could be missed
    assert notice_sentence(result, none).endswith("“Was it attacked?” answers: no sign of an attack.")


def test_what_an_attack_did_to_a_file() -> None:
    forged, real, unsure = (
        SimpleNamespace(band=band) for band in ("Likely manipulated", "Likely not manipulated", "Inconclusive")
    )
    said: Any = file_attack_sentence
    assert said(forged, real, None) == "The file's verdict turned: likely manipulated → likely not manipulated."
    assert said(forged, real, real).endswith("→ likely not manipulated, also after coding with a loss.")
    assert said(forged, real, forged).endswith("→ likely not manipulated, likely manipulated after coding with a loss.")
    assert said(forged, unsure, None).startswith("The file's verdict is inconclusive now: likely manipulated →")
    assert said(forged, forged, None) == "The file's verdict held: likely manipulated."


def test_from_where_on_a_sweep_turns_faces() -> None:
    def row(attack: str, eps: float, turned: int, faces: int = 3) -> SweepRow:
        return SweepRow(attack, eps, 4, faces, turned, turned / faces if faces else None, 0, 1, 0.5, 0, 1)

    titles = {"pgd": "PGD", "fgsm": "FGSM", "noise": "Noise"}
    rows = [
        row("pgd", 0, 0),
        row("pgd", 1, 3),
        row("pgd", 2, 3),
        row("fgsm", 1, 1),
        row("fgsm", 2, 1),
        row("noise", 2, 0),
    ]
    said = sweep_sentence(rows, titles)
    assert said == "PGD turns all 3 faces at 1/255; FGSM 1 of 3 at 1/255; Noise none up to 2/255."
    assert sweep_sentence([row("pgd", 1, 0, faces=0)], titles) == "There is no face to turn."
    assert sweep_sentence([row("pgd", 1, 1, faces=1)], titles) == "PGD turns the face at 1/255."


def test_which_maps_agree_and_which_the_attack_moved() -> None:
    titles = {"lrp": "LRP", "cam": "CAM", "sal": "Saliency"}
    flat = Similarity(None, None, 0.2, "A map is flat.")
    found = {
        ("both", "lrp", "lrp"): Similarity(0.5, 0.9, 0.3),
        ("both", "cam", "cam"): Similarity(0.7, 0.1, 0.4),
        ("both", "sal", "sal"): flat,
        ("clean", "lrp", "lrp"): Similarity(1.0, 1.0, 1.0),
        ("clean", "lrp", "cam"): Similarity(0.6, -0.2, 0.1),
        ("clean", "lrp", "sal"): Similarity(0.4, 0.8, 0.3),
        ("clean", "cam", "sal"): flat,
        ("attacked", "lrp", "cam"): Similarity(0.99, 0.99, 0.99),
    }
    assert similarity_sentence(found, titles, "rank") == (
        "In the order of pixels LRP and Saliency agree most (0.80), LRP and CAM least (\N{MINUS SIGN}0.20); "
        "the attack moved CAM most (0.10 to its clean map)."
    )
    assert "the attack moved Saliency most (0.20" in similarity_sentence(found, titles, "top_k")
    one = {pair: alike for pair, alike in found.items() if pair[0] == "clean"}
    said = similarity_sentence(one, {"lrp": "LRP", "cam": "CAM"}, "ssim")
    assert said == "In structure LRP and CAM agree at 0.60."
    assert similarity_sentence(one, {"lrp": "LRP"}, "ssim") == "There are no two maps here that can be compared."


def test_a_negative_number_has_a_minus_sign() -> None:
    assert (signed_number(-0.1349), signed_number(0.5, 2)) == ("\N{MINUS SIGN}0.135", "0.50")


def test_where_most_of_a_map_lies() -> None:
    shares = [RegionShare("eyes", 0.6, 0.1, 0.9, 0.1, 6), RegionShare("mouth", 0.2, 0.42, 0.1, 0.1, 2)]
    assert region_sentence(shares, signed=True) == "42% of what speaks for “manipulated” lies about the mouth."
    assert "“not manipulated”" in region_sentence(shares, signed=True, target="real")
    assert attacked_region_sentence(shares, signed=True) == "Attacked: 42% about the mouth."
    assert region_sentence(shares, signed=False) == "60% of what moves the score lies about the eyes."
    assert (
        region_sentence([RegionShare("eyes", 0.0, None, None, 0.1, 0.0)], signed=False)
        == "Nothing in this map moves the score."
    )


def test_what_a_map_explains_is_said_in_the_words_of_the_verdicts() -> None:
    assert list(TARGETS) == ["margin", "fake", "real"], "as commands and links name them"
    assert list(TARGETS.values()) == [
        "margin: manipulated minus not manipulated",
        "output “manipulated”",
        "output “not manipulated”",
    ]
    assert "where a map is of the output “not manipulated”, the other way round" in colour_words("fake", "real")


def test_every_region_has_a_place() -> None:
    assert set(region_masks(portrait_face())) == set(PLACES)


def test_how_often_an_attack_outlasts_sharing_is_counted_by_the_words_of_the_verdicts() -> None:
    unsure, cleared = verdict("Inconclusive", 0.5), verdict("Likely not manipulated", 0.1)

    def row(operation: str, clean: Any, attacked: Any) -> Any:
        return RobustnessRow(operation, 0.0, operation, clean, attacked)

    rows = [row(AS_IS, FORGED, cleared), row("JPEG", FORGED, FORGED), row("blur", FORGED, unsure)]
    rows += [row("WebP", cleared, cleared), row("JPEG", FORGED, cleared)]
    assert survival_sentence(rows) == (
        "The attack still changes the verdict after 2 of 4 ways. Attacked: likely not manipulated after 2, likely "
        "manipulated after 1, inconclusive after 1. Clean: likely manipulated after 3, likely not manipulated after 1."
    )
    worse = row("blur", unsure, FORGED)
    assert "after 0 of 1 way." in survival_sentence([worse]), "a harsher verdict is not what an attack is for"
    assert survival_sentence(rows[:1]) == "The attack still changes the verdict after 0 of 0 ways."
