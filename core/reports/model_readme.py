"""Write the page about the shipped models: origins and measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..attack_detectors import ATTACK_DETECTORS
from ..attack_detectors.answer import NAME as ATTACK_SIGNS
from ..attacks import ATTACKS
from ..detectors import DETECTORS
from ..detectors.checkpoints.status import card_of
from ..output.text import format_settings, number_words, share_words
from ..signatures import DEFAULT_SET
from ..storage.cards import read_card
from ..storage.measured_files import read_measurements
from ..synthetic_faces import NAME as SYNTHETIC_FACES
from ..types.answer_scope import AnswerEvaluation
from ..types.measured_results import (
    MeasuredAttack,
    MeasuredAttackDetector,
    MeasuredBench,
    MeasuredBenchRow,
    MeasuredConservation,
    MeasuredCorruptions,
    MeasuredCritical,
    MeasuredDetector,
    MeasuredFileAttack,
    MeasuredMaps,
    MeasuredPipeline,
    MeasuredSignatures,
    MeasuredSweep,
)
from ..types.measurement import BENCH_KINDS, MAP_KINDS, Measurement
from ..types.model_card import (
    AttackDetectorCard,
    DetectorCard,
    ModelCard,
    ReferenceSetCard,
    SignNetworkCard,
    SyntheticFacesCard,
)
from ..types.shortcut_metrics import ShortcutEvaluation
from ..types.synthetic_metrics import SyntheticEvaluation
from . import measured_tables, scope_tables, signature_tables, speed_tables
from .measured_tables import COMPOSITES, Rows

FILE = "README.md"
COMMAND = "python -m core models --write"
HEAD = f"""# Models, and what was measured of them

This page is written by `{COMMAND}` from the cards and the measurements beside it: change those, not it.
`NAME.json` is a model's card, `NAME.measured.json` what was measured of it: on what, by which command, with which
weights. `--record LABEL` of the commands below adds to it. Intervals are 95 % ones.
"""


def model_readme() -> str:
    """Write the page as Markdown."""
    cards = [card_of(name) for name in DETECTORS]
    attack_detectors = [read_card(name, AttackDetectorCard) for name in ATTACK_DETECTORS]
    signs = read_card(ATTACK_SIGNS, SignNetworkCard)
    ours: list[ModelCard] = [*attack_detectors, signs, read_card(SYNTHETIC_FACES, SyntheticFacesCard)]
    parts = [HEAD, "## Models", table(_model_rows([*cards, *ours])), *_conservation(cards)]
    parts += [part for card in (*cards, *ours) for part in _of_model(card)]
    parts += _of_references(read_card(DEFAULT_SET, ReferenceSetCard))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def table(rows: Rows) -> str:
    """Write rows as a Markdown table; leave empty columns out."""
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if any(row.get(name) for row in rows)]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name, "")) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _model_rows(cards: Iterable[ModelCard]) -> Rows:
    return [
        {
            "model": f"`{card.name}`",
            "title": card.title,
            "papers": "; ".join(card.papers),
            "weights": _weights_of(card),
            "licence": card.licence,
        }
        for card in cards
    ]


def _weights_of(card: ModelCard) -> str:
    if isinstance(card, DetectorCard) and card.layout:
        return f"`python -m core weights get {card.name}`" if card.url else "from its authors"
    return f"ship: `{card.file}`"


def _conservation(cards: Iterable[ModelCard]) -> list[str]:
    """Write what LRP conserves on every detector as one table."""
    rows: Rows = []
    commands: dict[str, None] = {}
    for card in cards:
        for one in read_measurements(card.name):
            if not isinstance(one.result, MeasuredConservation):
                continue
            commands[_how(one)] = None
            random = (one.weights or "").startswith("random")
            row = {"detector": f"`{card.name}`", "weights": str(one.weights) if random else "its own"}
            named = measured_tables.conservation_rows(one.result)
            row |= {part["composite"]: part["biases counted"] for part in named}
            rows.append(row)
    if not rows:
        return []
    about = "Median (least to most) over faces of the relevance conserved, as a share of the output, biases counted. 1 "
    about += f"is complete; {COMPOSITES['epsilon-alpha2-beta1-flat']} promises it only where each sum has both signs."
    return ["## Relevance that LRP conserves", about, table(rows), *commands]


def _of_model(card: ModelCard) -> list[str]:
    """Write the section of one model; empty where nothing but conservation was measured."""
    measured = [one for one in read_measurements(card.name) if one.kind != "conservation"]
    calibration = _calibration(card)
    if not measured and not calibration:
        return []
    parts = [
        f"## {card.title} (`{card.name}`)",
        _scope(card),
        f"SHA-256 of its weights: `{card.sha256}`.",
        *calibration,
    ]
    for one in sorted(measured, key=lambda one: one.kind in BENCH_KINDS):
        parts += [f"### {_title(one)}", *_words(one), _how(one, card.sha256)]
    return parts


def _scope(card: ModelCard) -> str:
    if isinstance(card, AttackDetectorCard):
        return card.warrant
    return card.scope if isinstance(card, DetectorCard | SignNetworkCard | SyntheticFacesCard) else ""


def _title(one: Measurement) -> str:
    return MAP_TITLES[one.kind] if one.kind in MAP_KINDS else one.label


def _how(one: Measurement, sha256: str | None = None) -> str:
    """Say how and when a measurement was made, and with which weights."""
    said = [f"`{one.command}`" if one.command else "The command is not known", f"data: {one.data}" if one.data else ""]
    said += [f"recorded on {one.date}" if one.date else ""]
    if sha256 and one.weights and one.weights != sha256:
        said.append(f"with other weights: {one.weights[:12]}")
    return "; ".join(part for part in said if part) + "."


def _calibration(card: ModelCard) -> list[str]:
    found = card.calibration if isinstance(card, DetectorCard | SyntheticFacesCard) else {}
    if not found:
        return []
    return [
        f"Calibrated on {found['data']} ({_counted(card, found)}): calibration error "
        f"{number_words(found['ece'], found['ece_interval'])}, {number_words(found['ece_uncalibrated'])} before; AUC "
        f"there {number_words(found['auc'])}."
    ]


def _counted(card: ModelCard, found: Mapping[str, Any]) -> str:
    kinds = ("other", "synthetic") if isinstance(card, SyntheticFacesCard) else ("real", "forged")
    return f"{found['n_real']} {kinds[0]} and {found['n_fake']} {kinds[1]} faces"


def _words(one: Measurement) -> list[str]:
    """Write a measurement by its kind, or only its facts."""
    return next((write(one.result) for kind, write in WRITERS if isinstance(one.result, kind)), _plain(one))


def _synthetic_faces(found: SyntheticEvaluation) -> list[str]:
    return [table(scope_tables.synthetic_rows(found))]


def _signatures(found: MeasuredSignatures) -> list[str]:
    conclusion, facts = signature_tables.signature_conclusion(found), signature_tables.signature_facts(found)
    return [conclusion, table(signature_tables.signature_rows(found)), f"{signature_tables.ABOUT} {facts}"]


def _detector(found: MeasuredDetector) -> list[str]:
    rows = measured_tables.score_rows(found)
    metrics = [{key: value for key, value in row.items() if key != "what it is"} for row in rows]
    return [table(metrics), table(measured_tables.kind_rows(found))]


def _corruptions(found: MeasuredCorruptions) -> list[str]:
    parts = [table(measured_tables.corruption_rows(found))]
    if found.groups:
        certain = [gap.sentence for gap in found.gaps if gap.excludes_zero]
        words = " ".join(certain) or "No gap between groups is larger than chance explains."
        parts += [table(measured_tables.group_rows(found)), f"{found.annotation} {words}"]
    return parts


def _shortcuts(found: ShortcutEvaluation) -> list[str]:
    return [table(measured_tables.shortcut_rows(found))]


def _attack(found: MeasuredAttack) -> list[str]:
    name = found.attack
    if name in ATTACKS:
        name = format_settings(ATTACKS[name], ATTACKS[name].settings(found.settings))
    return [
        f"{name}: {found.attacked} faces attacked, {found.called_real} then with the larger output “not manipulated”."
    ]


def _attacked_file(found: MeasuredFileAttack) -> list[str]:
    fake, real, share = found.called_fake_before, found.called_real_after, share_words(found.share, found.interval)
    return [
        f"{fake} faces with the larger output “manipulated” before; {real} of them, {share}, with “not manipulated” "
        "when read from the written file."
    ]


def _attack_detector(found: MeasuredAttackDetector) -> list[str]:
    return [table(measured_tables.detection_rows(found.attacks))]


def _attack_answer(found: AnswerEvaluation) -> list[str]:
    return [table(scope_tables.found_rows(found.attacks)), table(scope_tables.alarm_rows(found.clean))]


def _sweep(found: MeasuredSweep) -> list[str]:
    rows = [
        {
            "attack": ATTACKS[row.attack].title,
            "eps, 1/255": f"{row.eps_255:g}",
            "success": share_words(row.success, (row.success_low, row.success_high)),
            "robust accuracy": share_words(row.robust, (row.robust_low, row.robust_high)),
            "faces": str(row.faces),
        }
        for row in found.points
    ]
    return [table(rows), *found.warnings]


def _map_quality(found: MeasuredMaps) -> list[str]:
    about = f"Medians over {found.faces} forged faces with the larger output “manipulated”. Better or worse"
    return [
        f"{about}: than a random map, by the interval of the mean difference.",
        table(measured_tables.quality_table(found)),
    ]


def _critical(found: MeasuredCritical) -> list[str]:
    fall = number_words(found.whole_attack.fall.mean)
    about = f"{found.attack.upper()} on {found.n} faces; the whole attack takes {fall} from the score."
    return [about, table(measured_tables.critical_table(found))]


def _bench(found: MeasuredBench) -> list[str]:
    pairs = "?" if found.pairs is None else found.pairs
    about = "Above 1: ours is faster. The same processor, in turn, "
    about += f"{pairs} pairs of runs, {found.threads} thread(s)."
    return [about, table([_bench_row(row) for row in found.rows]), *found.notes]


def _bench_row(row: MeasuredBenchRow) -> dict[str, str]:
    low, high = row.interval
    known = row.ratio is not None and low is not None and high is not None
    return {
        "ours": row.attack or row.map,
        "detector": row.detector,
        "peer": row.peer,
        "at": row.at,
        "times faster": f"{row.ratio:.2f} ({low:.2f} to {high:.2f})" if known else "",
        "cost, in passes forward and back": "" if row.cost is None else f"{row.cost:.2f}",
        "passes, ours and theirs": _both(row.passes, row.peer_passes),
        "success, ours and theirs": _both(row.success, row.peer_success),
        "theirs in 8 bits": "" if row.peer_success_8bit is None else f"{row.peer_success_8bit:.2f}",
        "mean L2, ours and theirs": _both(row.l2, row.peer_l2),
        "note": row.note,
    }


def _pipeline(found: MeasuredPipeline) -> list[str]:
    parts = [speed_tables.about(found), table(speed_tables.wait_rows(found.rows))]
    return [*parts, *([table(speed_tables.growth_rows(found.growth))] if found.growth else []), *found.notes]


def _both(ours: float | None, theirs: float | None) -> str:
    known = ours is not None or theirs is not None
    return ", ".join("none" if value is None else f"{value:.4g}" for value in (ours, theirs)) if known else ""


def _plain(one: Measurement) -> list[str]:
    return [table([{"what": name, "value": _value(value)} for name, value in one.facts.items()])]


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _of_references(card: ReferenceSetCard) -> list[str]:
    right = card.nearest_neighbour_accuracy
    rows = [{"kind": kind, "right by its 15 nearest neighbours": f"{value:.1%}"} for kind, value in right.items()]
    about = f"{card.what}. {card.signatures} signatures of {card.faces} faces, made with `{card.detector}`."
    return [f"## {card.title} (`{card.name}`)", f"{about} {card.data}.", table(rows), f"`{card.command}`."]


MAP_TITLES = {"worth": "Quality of each map, beside a random map", "critical": "Critical pixels"}
WRITERS: tuple[tuple[type, Callable[[Any], list[str]]], ...] = (
    (MeasuredDetector, _detector),
    (MeasuredCorruptions, _corruptions),
    (ShortcutEvaluation, _shortcuts),
    (MeasuredAttack, _attack),
    (MeasuredFileAttack, _attacked_file),
    (AnswerEvaluation, _attack_answer),
    (MeasuredAttackDetector, _attack_detector),
    (SyntheticEvaluation, _synthetic_faces),
    (MeasuredSignatures, _signatures),
    (MeasuredSweep, _sweep),
    (MeasuredMaps, _map_quality),
    (MeasuredCritical, _critical),
    (MeasuredBench, _bench),
    (MeasuredPipeline, _pipeline),
)
