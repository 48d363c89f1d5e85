"""Repeat Klawikowska's study of attacks on a classifier of cats and dogs."""

from __future__ import annotations

from ...registry import Param
from ...types.study_tables import StudyCell, StudyTable
from ..base import STUDIES, StudyContext, StudyFacts, StudyPart
from ..cats_dogs_attacks import attacked_networks, attacks_of, strongest_test_pixels, turned_test
from ..cats_dogs_data import CatsDogsData, cats_dogs_data
from ..cats_dogs_embeddings import attack_embedding, class_embedding
from ..cats_dogs_maps import attack_maps, example_maps
from ..cats_dogs_table import accuracy_table
from ..picture_attacks import GAINS, PROBE, REACH
from ..picture_folders import PICTURES
from ..signature_embedding import signature_embedding
from ..vgg_networks import IMAGENET, RECIPES


@STUDIES.add(
    "klawikowska2020",
    title="Klawikowska: attacks on a classifier of cats and dogs",
    source="Klawikowska et al. 2020, Explainable AI for Inspecting Adversarial Attacks on Deep Neural Networks, "
    "10.1007/978-3-030-61401-0_14",
    params=(
        Param(
            "network",
            "narrow",
            choices=tuple(RECIPES),
            help=f"A narrow VGG; VGG16 as in the paper (hours); or VGG16 from {IMAGENET} in the data's folder.",
        ),
        Param("population", 100, low=4, high=1000, step=10, help="Members of the one-pixel attack's population."),
        Param("generations", 10, low=1, high=100, step=1, help="Generations of the one-pixel attack."),
    ),
    facts=StudyFacts(
        about="Do FGSM and one changed pixel turn a classifier, does retraining with attacked pictures mend it, and do "
        "attention maps show the attack?",
        parts=(
            StudyPart("table 1", "Accuracy on clear and attacked pictures, before and after retraining"),
            StudyPart("figure 2", "Attention maps of cats and dogs"),
            StudyPart("figure 3", "One cat under both attacks, on the clear and the retrained networks"),
            StudyPart("figure 4", "LRP signatures of cats and dogs"),
            StudyPart("figure 5", "LRP signatures of cats under FGSM"),
            StudyPart("figure 6", "LRP signatures of dogs under FGSM"),
        ),
        needs=PICTURES,
    ),
)
def klawikowska2020(context: StudyContext, part: str, *, network: str, population: int, generations: int) -> StudyTable:
    """Measure a table or figure of the paper on pictures of cats and dogs.

    Differs: the default network is narrow, has batch normalisation, two logits with cross-entropy, momentum and a rate
    that rises and falls; the paper's VGG16 is a setting. The paper names no budget of its one-pixel attack; here
    pictures whose margin a short search hardly moves are given up.

    Args:
        context: of the study.
        part: by name.
        network: of `RECIPES`.
        population: of the one-pixel attack.
        generations: of the one-pixel attack.
    """
    data = cats_dogs_data(context, network)
    attacks = attacks_of(population, generations)
    settings = _settings(context, data, population, generations)
    if part == "figure 2":
        return example_maps(data, settings)
    if part in ("table 1", "figure 3"):
        fgsm, pixel = attacked_networks(context, data, attacks, fresh=part == "table 1")
        if part == "table 1":
            return accuracy_table(data, (fgsm, pixel), strongest_test_pixels(context, data), settings)
        return attack_maps(data, (fgsm, pixel), settings)
    turned = turned_test(context, data, attacks[0])
    plane = signature_embedding(data, turned, seed=context.seed, progress=context.progress)
    if part == "figure 4":
        return class_embedding(plane, settings)
    return attack_embedding(plane, settings, int(part[-1]) - 5)


def _settings(context: StudyContext, data: CatsDogsData, population: int, generations: int) -> dict[str, StudyCell]:
    recipe = RECIPES[data.name]
    return {
        "seed": context.seed,
        "minutes": context.minutes,
        "network": data.name,
        "parameters": sum(one.numel() for one in data.network.parameters()),
        "training pictures": len(data.train),
        "test pictures": len(data.test),
        "epochs": recipe.epochs,
        "epochs of a retraining": recipe.again,
        "largest rate of a retraining": recipe.again_rate,
        "clear accuracy on all test pictures": round(float(data.right.float().mean()), 4),
        "FGSM": f"gain of {', '.join(map(str, GAINS))} / 255, the smallest that turns",
        "one pixel": f"population {PROBE[0]}, {PROBE[1]} generations; where they take {REACH:.0%} of the margin, "
        f"population {population}, {generations} generations",
        "data sha256": data.sha256,
    }
