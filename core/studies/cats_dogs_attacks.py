"""Attack the network of cats and dogs; retrain it with what was turned."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from torch import nn

from .attack_rounds import Lane, run_rounds
from .base import StudyContext
from .cats_dogs_data import CatsDogsData
from .picture_attacks import BLOCK, AttackedPictures, PictureAttack, fgsm_by_gain, probed_one_pixel
from .picture_training import Training, trained
from .strongest_pixel import StrongestPixels, strongest_pixels
from .vgg_networks import RECIPES, for_inference

FRESH = 60  # test pictures that each retrained network is attacked on anew
STRONGEST = 60  # correct test pictures whose strongest pixel is looked for
FGSM_PACE = 15  # blocks in a round: its attacks are cheap
FRESH_PACE = -(-FRESH // BLOCK)  # all in the first round, which time does not end


@dataclass(frozen=True, slots=True, eq=False)
class AttackedNetwork:
    """Hold what an attack turned, and the network retrained for it.

    attack; test, train: what it turned; immune: the retrained network; fresh: test pictures that a new attack on
    `immune` turns, None where that was not asked for.
    """

    attack: PictureAttack
    test: AttackedPictures
    train: AttackedPictures
    immune: nn.Module
    fresh: AttackedPictures | None


def attacks_of(population: int, generations: int) -> tuple[PictureAttack, PictureAttack]:
    """Return the paper's two attacks."""
    return fgsm_by_gain(), probed_one_pixel(population, generations)


def attacked_networks(
    context: StudyContext, data: CatsDogsData, attacks: tuple[PictureAttack, ...], *, fresh: bool
) -> tuple[AttackedNetwork, ...]:
    """Attack test and training pictures, retrain for each attack, and attack anew.

    Args:
        context: of the study: its minutes end the attacks on the clear network.
        data: with the clear network.
        attacks: each is one network's.
        fresh: whether the retrained networks are attacked as well.
    """
    lanes: dict[str, Lane] = {}
    for attack in attacks:
        folder = data.folder / attack.id
        pace = FGSM_PACE if attack.name == "fgsm" else 1
        lanes[f"{attack.name} test"] = Lane(folder / "test", data.clear, data.test, attack, pace)
        lanes[f"{attack.name} train"] = Lane(folder / "train", data.clear, data.train, attack, pace)
    turned = run_rounds(context, lanes)
    immune = {one.name: _immune(context, data, one, turned[f"{one.name} train"]) for one in attacks}
    again: dict[str, Lane] = {}
    for one in attacks if fresh else ():
        folder = data.folder / one.id / f"fresh-{turned[f'{one.name} train'].n}"
        again[one.name] = Lane(folder, immune[one.name], data.test, one, FRESH_PACE, FRESH)
    anew = run_rounds(context, again)
    return tuple(
        AttackedNetwork(
            one, turned[f"{one.name} test"], turned[f"{one.name} train"], immune[one.name], anew.get(one.name)
        )
        for one in attacks
    )


def turned_test(context: StudyContext, data: CatsDogsData, attack: PictureAttack) -> AttackedPictures:
    """Attack test pictures only."""
    lane = Lane(data.folder / attack.id / "test", data.clear, data.test, attack)
    return run_rounds(context, {"test": lane})["test"]


def strongest_test_pixels(context: StudyContext, data: CatsDogsData) -> StrongestPixels:
    """Look for the strongest pixels of the first correct test pictures."""
    rows = data.right.nonzero()[:STRONGEST, 0]
    pictures = data.test.at(rows)
    return strongest_pixels(data.clear, pictures, data.folder, context.progress, context.out_of_time)


def _immune(context: StudyContext, data: CatsDogsData, attack: PictureAttack, turned: AttackedPictures) -> nn.Module:
    """Retrain the clear network on the training pictures and on those that were turned."""
    recipe, network = RECIPES[data.name], copy.deepcopy(data.network)
    pictures = data.train.and_these(turned.labelled(data.train))
    said: dict[str, int | float | str] = {
        "network": data.name,
        "attack": attack.title,
        "attacked": turned.n,
        "successfully": len(turned.rows),
    }
    name, rate = f"immune-{attack.id}-{turned.n}", recipe.again_rate
    training = Training(name, pictures, recipe, recipe.again, rate, context.seed, said)
    return for_inference(trained(network, training, data.folder, context.progress))
