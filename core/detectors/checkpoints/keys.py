"""Map our weights' keys and axes to those of published files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from ..architectures.efficientnet import ATTENTION_AFTER


@dataclass(frozen=True, slots=True)
class Axes:
    """Convert one tensor's axes: `ours` from the file's, `theirs` back."""

    ours: Callable[[Tensor], Tensor]
    theirs: Callable[[Tensor], Tensor]


AS_IS = Axes(lambda t: t, lambda t: t)
KERAS_CONV = Axes(lambda t: t.permute(3, 2, 0, 1), lambda t: t.permute(2, 3, 1, 0))  # (H, W, I, O) to (O, I, H, W)
KERAS_DENSE = Axes(lambda t: t.T, lambda t: t.T)  # (I, O) to (O, I)


def keras_flattened(channels: int, height: int, width: int) -> Axes:
    """Convert a dense layer behind a flattened image: Keras (H, W, C), PyTorch (C, H, W)."""

    def ours(t: Tensor) -> Tensor:
        return t.reshape(height, width, channels, -1).permute(3, 2, 0, 1).flatten(1)

    def theirs(t: Tensor) -> Tensor:
        return t.reshape(-1, channels, height, width).permute(2, 3, 1, 0).flatten(0, 2)

    return Axes(ours, theirs)


KERAS_NORM = {
    "weight": "gamma:0",
    "bias": "beta:0",
    "running_mean": "moving_mean:0",
    "running_var": "moving_variance:0",
}
KERAS_LAYER = {"weight": "kernel:0", "bias": "bias:0"}

# Our modules to Keras's layers. The numbers are those of the published files.
MESO4 = {f"stages.{i}.0.0": f"conv2d_{i + 5}" for i in range(4)}
MESO4 |= {f"stages.{i}.1": f"batch_normalization_{i + 5}" for i in range(4)}
MESO4 |= {"dense": "dense_3", "classifier": "dense_4"}

MESOINCEPTION4 = {
    f"stages.{stage}.0.branches.{branch}.{step}.0": f"conv2d_{7 * stage + max(2 * branch, 1) + step}"
    for stage in range(2)
    for branch in range(4)
    for step in range(2 if branch else 1)
}
MESOINCEPTION4 |= {"stages.2.0.0": "conv2d_15", "stages.3.0.0": "conv2d_16"}
MESOINCEPTION4 |= {f"stages.{i}.1": f"batch_normalization_{i + 1}" for i in range(4)}
MESOINCEPTION4 |= {"dense": "dense_1", "classifier": "dense_2"}


def keras_key(layers: Mapping[str, str]) -> Callable[[str], str]:
    """Make the key mapping from our modules to Keras's `layers`, "<layer>/<weight>"."""

    def key(ours: str) -> str:
        module, _, kind = ours.rpartition(".")
        layer = layers[module]
        return f"{layer}/{(KERAS_NORM if layer.startswith('batch') else KERAS_LAYER)[kind]}"

    return key


def mesonet_axes(ours: str) -> Axes:
    """Return the axes of one tensor of a MesoNet."""
    if ours.endswith(".0.weight"):
        return KERAS_CONV
    if ours == "dense.weight":
        return keras_flattened(16, 8, 8)
    return KERAS_DENSE if ours == "classifier.weight" else AS_IS


def keras_order(wanted: list[str], given: list[str]) -> dict[str, str]:
    """Map the file's keys to the format's by their order.

    Keras counts layers through a whole session, so numbers differ.
    """
    table: dict[str, str] = {}
    ours, theirs = _numbers(wanted), _numbers(given)
    for kind, numbers in theirs.items():
        if len(numbers) == len(ours.get(kind, ())):
            for mine, their in zip(ours[kind], numbers, strict=True):
                table |= {key: mine + key.removeprefix(their) for key in given if key.startswith(their + "/")}
    return table


def _numbers(keys: list[str]) -> dict[str, list[str]]:
    """Group layer names by kind ("conv2d"), in the order of their numbers.

    Keras's first one may have none.
    """
    found: dict[str, list[str]] = {}
    for layer in dict.fromkeys(key.split("/")[0] for key in keys):
        found.setdefault(re.sub(r"_\d+$", "", layer), []).append(layer)
    for layers in found.values():
        layers.sort(key=lambda layer: int(match[1]) if (match := re.search(r"_(\d+)$", layer)) else 0)
    return found


def xception_key(ours: str) -> str:
    """Map a key to FaceForensics++'s Xception, which numbers ReLUs and batch normalisations."""
    if ours.startswith("classifier."):
        return ours.replace("classifier", "last_linear")
    if match := re.match(r"blocks\.(\d+)\.rep\.(\d+)\.(.+)", ours):
        # ours counts a ReLU and a separable convolution, theirs also its batch normalisation
        place = int(match[2]) % 2 + 3 * (int(match[2]) // 2)
        return f"block{int(match[1]) + 1}.rep.{_separable(match[3], str(place), str(place + 1))}"
    if match := re.match(r"blocks\.(\d+)\.skip\.([01])\.(.+)", ours):
        return f"block{int(match[1]) + 1}.skip{'bn' if match[2] == '1' else ''}.{match[3]}"
    match = re.match(r"conv(\d)\.(.+)", ours)
    assert match is not None
    number, rest = match[1], match[2]
    if number in "12":
        return f"{'bn' if rest[0] == '1' else 'conv'}{number}.{rest[2:]}"
    return _separable(rest, f"conv{number}", f"bn{number}")


def _separable(rest: str, conv: str, norm: str) -> str:
    """Map a key inside our `separable`.

    Depthwise "0.", pointwise "1.0.", its batch normalisation "1.1.".
    """
    if rest.startswith("1.1."):
        return f"{norm}.{rest[4:]}"
    return f"{conv}.pointwise.{rest[4:]}" if rest.startswith("1.0.") else f"{conv}.conv1.{rest[2:]}"


EFFICIENTNET = (
    (r"^stem\.1\.0\.", "_conv_stem."),
    (r"^stem\.1\.1\.", "_bn0."),
    (r"^head\.0\.", "_conv_head."),
    (r"^head\.1\.", "_bn1."),
    (r"^attention\.conv\.", "attconv."),
    (r"\.expand\.0\.0\.", "._expand_conv."),
    (r"\.expand\.0\.1\.", "._bn0."),
    (r"\.depthwise\.1\.0\.", "._depthwise_conv."),
    (r"\.depthwise\.1\.1\.", "._bn1."),
    (r"\.excite\.reduce\.", "._se_reduce."),
    (r"\.excite\.expand\.", "._se_expand."),
    (r"\.project\.0\.", "._project_conv."),
    (r"\.project\.1\.", "._bn2."),
    (r"^early\.(\d+)", lambda match: f"_blocks.{match[1]}"),
    (r"^late\.(\d+)", lambda match: f"_blocks.{int(match[1]) + ATTENTION_AFTER + 1}"),
)


def efficientnet_key(trunk: str, classifier: str) -> Callable[[str], str]:
    """Make the key mapping to efficientnet-pytorch's names, with prefixes of trunk and classifier."""

    def key(ours: str) -> str:
        if ours.startswith("classifier."):
            return classifier + ours.removeprefix("classifier")
        found = ours.removeprefix("trunk.")
        for pattern, replacement in EFFICIENTNET:
            found = re.sub(pattern, replacement, found)
        return trunk + found

    return key
