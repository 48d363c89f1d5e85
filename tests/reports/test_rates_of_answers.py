"""What a report says of the answers beside the verdict: measured shares, or that there are none."""

from __future__ import annotations

from core.attack_detectors.answer import NAME
from core.detectors import DEFAULT
from core.output.attack_answer_sentences import share_found
from core.reports.answer_reach import answer_reach
from core.reports.rates_of_answers import attack_answer_rates, synthetic_answer_rates
from core.storage.measured_files import read_measurements


def test_what_ships_says_what_it_finds_and_whom_it_mistakes() -> None:
    measured = read_measurements(NAME)
    found, alarms = attack_answer_rates(measured, DEFAULT)
    reach = answer_reach(measured, DEFAULT)
    assert reach
    assert reach.alarms is not None
    assert f"attacks of {reach.down_to:g}/255 and more" in found
    assert f"the verdict it finds {share_found(reach)}, at" in found
    assert all(f"{missed}, " in found or f"{missed} and " in found for missed in reach.missed)
    assert f"up to {reach.alarms:.0%} attacked" in alarms
    assert reach.worst in alarms


def test_what_was_not_measured_is_said() -> None:
    assert attack_answer_rates(read_measurements(NAME), "another") == [
        "“Was it attacked?” was not measured for attacks on another."
    ]
    assert attack_answer_rates([], DEFAULT) == [f"“Was it attacked?” was not measured for attacks on {DEFAULT}."]
    assert synthetic_answer_rates([]) == ["“Wholly synthetic?” was not measured."]


def test_each_kind_of_face_has_its_share() -> None:
    (said,) = synthetic_answer_rates(read_measurements("synthetic-faces"))
    assert said.startswith(
        "“Wholly synthetic?” calls synthetic: of 233 (stylegan2 (StyleGAN2 and FFHQ), after JPEG 50) "
    )
    assert said.count("; of ") >= 2
    assert all("%" in part for part in said.split("; of "))
