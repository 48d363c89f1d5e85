"""Repeat Pinhasov's study of detecting attacks on deepfake detectors by their maps."""

from __future__ import annotations

from ...registry import Param
from ...types.study_tables import StudyTable
from ..adaptive_tables import EQUATIONS, adaptive_table
from ..base import STUDIES, StudyContext, StudyFacts, StudyPart
from ..detect_backbones import BACKBONES, FILES
from ..detect_study import ALL, DetectSettings, prepare_study
from ..detect_tables import accuracy_table, attacked_table, transfer_table
from ..detection_curves import CURVES, roc_figure
from ..example_maps import example_table
from ..overhead_table import overhead_table
from ..people_media import FACES
from ..pinhasov_paper import MAPS


@STUDIES.add(
    "pinhasov2024",
    title="Pinhasov: detecting attacks on deepfake detectors by their maps",
    source="Pinhasov et al. 2024, XAI-Based Detection of Adversarial Attacks on Deepfake Detectors, TMLR",
    params=(
        Param(
            "detectors",
            "efficientnet-lite0,resnet-blend",
            help="Names of deepfake detectors, joined by commas; the first stands for EfficientNetB4ST, the second "
            "for XceptionNet.",
        ),
        Param("maps", ALL, help=f"{ALL}, or some of {', '.join(MAPS)}, joined by commas."),
        Param(
            "backbone",
            "efficientnet-lite0",
            choices=tuple(BACKBONES),
            help=f"Pretrained on ImageNet; resnet50 as in the paper, from {FILES[0]} in the data's folder.",
        ),
        Param("train", 200, low=2, high=20000, step=10, help="Forged media to learn from, for each detector."),
        Param("test", 60, low=1, high=5000, step=10, help="Forged media to test on, for each detector."),
        Param("frames", 4, low=1, high=500, step=1, help="Frames of a video."),
        Param("steps", 100, low=1, high=100000, step=10, help="Minibatches of a whole finetuning."),
        Param("passes", 100, low=1, high=1000, step=10, help="Passes over the examples where the head alone learns."),
        Param("adaptive_map", "saliency", choices=tuple(MAPS)[:4], help="The map of tables 6 and 7."),
    ),
    facts=StudyFacts(
        about="Do a face and the map of its verdict together betray an attack, also one that was never trained on?",
        parts=(
            StudyPart("table 3", "Accuracy of attack detectors, fully finetuned, by attack and map"),
            StudyPart("table 2", "Attacked forgeries that are still called fake"),
            StudyPart("table 4", "Accuracy of attack detectors, head only, by attack and map"),
            StudyPart("table 6", "Adaptive attacks by equation 3: the attack detector is evaded, too"),
            StudyPart("table 7", "Adaptive attacks by equation 4: the map is kept"),
            StudyPart("table 8", "Attack detectors on attacks against another deepfake detector"),
            StudyPart("table 9", "What each map costs"),
            StudyPart("figure 2", "One face under each attack, with its maps"),
            StudyPart("figure 10", "ROC curves, fully finetuned, first detector"),
            StudyPart("figure 11", "ROC curves, head only, first detector"),
            StudyPart("figure 12", "ROC curves, fully finetuned, second detector"),
            StudyPart("figure 13", "ROC curves, head only, second detector"),
        ),
        needs=(FACES,),
    ),
)
def pinhasov2024(
    context: StudyContext,
    part: str,
    *,
    detectors: str,
    maps: str,
    backbone: str,
    train: int,
    test: int,
    frames: int,
    steps: int,
    passes: int,
    adaptive_map: str,
) -> StudyTable:
    """Measure a table or figure of the paper on real and forged faces.

    Differs: EfficientNet-Lite0 in place of ResNet-50, with lower learning rate; other detectors, faces and far fewer
    of them. LRP and SHAP are further columns.

    Args:
        context: of the study.
        part: by name.
        detectors: names joined by commas.
        maps: names joined by commas, or "all".
        backbone: of `BACKBONES`.
        train: forged media to learn from.
        test: forged media to test on.
        frames: of a video.
        steps: minibatches of a whole finetuning.
        passes: over the examples where the head alone learns.
        adaptive_map: that tables 6 and 7 are of.
    """
    given = DetectSettings(detectors, maps, backbone, train, test, frames, steps, passes, adaptive_map)
    study = prepare_study(context, given)
    if part == "figure 2":
        return example_table(study)
    if part == "table 2":
        return attacked_table(study)
    if part == "table 8":
        return transfer_table(study)
    if part == "table 9":
        return overhead_table(study)
    if part in EQUATIONS:
        return adaptive_table(study, part)
    return roc_figure(study, part) if part in CURVES else accuracy_table(study, part)
