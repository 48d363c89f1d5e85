"""Define the formats of published checkpoints, and load a file's tensors by them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from ...types import InputError
from ..architectures.blend_resnet import BlendResNet
from ..architectures.efficientnet import EfficientNetB4
from ..architectures.efficientnet_lite import FIRST_SIZE, EfficientNetLite0
from ..architectures.meso import Meso4, MesoInception4
from ..architectures.xception import xception_deepfakebench, xception_ff
from . import keys

Shape = tuple[int, ...]
MAX_NAMED = 5  # so many keys of a kind are named in a message
COUNTER = ".num_batches_tracked"  # only of use in training


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointFormat:
    """Define one format in which weights of one architecture are published.

    name: on the command line and in cards, where it is called a layout.
    title: for people; form: how the file stores tensors.
    build: makes a fresh module.
    key: maps a key of that module's state dict to the file's key.
    axes: how the file arranges that tensor.
    prefixes: every key of the file begins with one of these, the authors' own first.
    aliases: other spellings (pattern, replacement) of a key.
    spare: keys that may be there and are not used, with their shapes.
    """

    name: str
    title: str
    form: Literal["Keras HDF5", "PyTorch state dict"]
    build: Callable[[], nn.Module]
    key: Callable[[str], str]
    axes: Callable[[str], keys.Axes] = lambda _: keys.AS_IS
    prefixes: tuple[str, ...] = ("", "module.")
    aliases: tuple[tuple[str, str], ...] = ()
    spare: Mapping[str, Shape] = field(default_factory=dict)


@functools.cache
def file_shapes(name: str) -> dict[str, Shape]:
    """Map the keys of a file in the format `name` to their shapes.

    Spare ones are left out.
    """
    layout = FORMATS[name]
    with torch.device("meta"):
        state = layout.build().state_dict()
    return {
        layout.key(key): tuple(layout.axes(key).theirs(value).shape)
        for key, value in state.items()
        if not key.endswith(COUNTER)
    }


def fit(layout: CheckpointFormat, tensors: Mapping[str, Tensor], *, name: str) -> nn.Module:
    """Build a network in eval mode and load a file's `tensors` into it.

    `name` is what messages call the file. Raises `InputError` that names missing, superfluous and mis-shaped keys as
    the file spells them, and the format that the tensors do fit, if there is one.
    """
    given = _by_format_key(layout, tensors)
    if problems := _problems(layout, given):
        others = [other for other in FORMATS.values() if other.name != layout.name]
        fitting = next((other for other in others if not _problems(other, _by_format_key(other, tensors))), None)
        hint = f", but the layout {fitting.name} ({fitting.title})" if fitting else ""
        raise InputError(f"{name} does not fit the layout {layout.name} ({layout.title}){hint}: {problems}")
    model = layout.build()
    state = model.state_dict()
    for key, value in state.items():
        if not key.endswith(COUNTER):
            _, tensor = given[layout.key(key)]
            state[key] = layout.axes(key).ours(tensor.to(value.dtype)).contiguous()
    model.load_state_dict(state)
    return model.eval()


Given = Mapping[str, tuple[str, Tensor]]


def _by_format_key(layout: CheckpointFormat, tensors: Mapping[str, Tensor]) -> Given:
    """Map the format's spelling of each key to the file's spelling and tensor."""
    wanted = file_shapes(layout.name)
    if layout.form == "Keras HDF5":
        order = keys.keras_order(list(wanted), list(tensors))
        return {order.get(key, key): (key, value) for key, value in tensors.items()}
    candidates = [
        {_plain(key.removeprefix(prefix), layout): (key, value) for key, value in tensors.items()}
        for prefix in layout.prefixes
    ]
    return max(candidates, key=lambda given: len(wanted.keys() & given.keys()))


def _plain(key: str, layout: CheckpointFormat) -> str:
    for pattern, replacement in layout.aliases:
        key = re.sub(pattern, replacement, key)
    return key


def _problems(layout: CheckpointFormat, given: Given) -> str:
    """Describe missing, superfluous and mis-shaped keys; empty when the tensors fit."""
    wanted = file_shapes(layout.name)
    known = [(own, key) for key, (own, _) in given.items() if key in wanted and own.endswith(key)]
    prefix = known[0][0].removesuffix(known[0][1]) if known else ""
    missing = [prefix + key for key in wanted if key not in given]
    extra = [
        own
        for key, (own, _) in given.items()
        if key not in wanted and key not in layout.spare and not key.endswith(COUNTER)
    ]
    shapes = [
        f"{own} is {_shape(tensor.shape)} instead of {_shape(wanted[key])}"
        for key, (own, tensor) in given.items()
        if key in wanted and tuple(tensor.shape) != wanted[key]
    ]
    found = (("missing", missing), ("not known to it", extra), ("of another shape", shapes))
    return "; ".join(_listed(what, names) for what, names in found if names)


def _listed(what: str, names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{len(names)} {'key is' if len(names) == 1 else 'keys are'} {what}: {', '.join(names[:MAX_NAMED])}{more}"


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _of_this_project(name: str, title: str, build: Callable[[], nn.Module]) -> CheckpointFormat:
    """Define the format of a network of this project, as its trainer writes it."""
    return CheckpointFormat(name, f"{title} of Prosopon", "PyTorch state dict", build, lambda key: key, prefixes=("",))


def _bonettini(title: str, *, attention: bool = False, tuned: bool = False) -> CheckpointFormat:
    """Define a format of icpr2020dfdc.

    Tuned networks keep the classifier that their feature extractor had before.
    """
    outside = "feat_ext." if tuned else ""
    spare: dict[str, Shape] = {"feat_ext.classifier.weight": (1, 1792), "feat_ext.classifier.bias": (1,)}
    return CheckpointFormat(
        title.lower(),
        f"{title} of icpr2020dfdc",
        "PyTorch state dict",
        partial(EfficientNetB4, attention=attention, tuned=tuned),
        keys.efficientnet_key(f"{outside}efficientnet.", "classifier"),
        spare=spare if tuned else {},
    )


ADJUST: dict[str, Shape] = {
    "backbone.adjust_channel.0.weight": (512, 2048, 1, 1),
    "backbone.adjust_channel.0.bias": (512,),
}
ADJUST |= {f"backbone.adjust_channel.1.{k}": (512,) for k in ("weight", "bias", "running_mean", "running_var")}

FORMATS: dict[str, CheckpointFormat] = {
    layout.name: layout
    for layout in (
        CheckpointFormat(
            "meso4",
            "Meso4 of MesoNet",
            "Keras HDF5",
            Meso4,
            keys.keras_key(keys.MESO4),
            keys.mesonet_axes,
            prefixes=("",),
        ),
        CheckpointFormat(
            "mesoinception4",
            "MesoInception4 of MesoNet",
            "Keras HDF5",
            MesoInception4,
            keys.keras_key(keys.MESOINCEPTION4),
            keys.mesonet_axes,
            prefixes=("",),
        ),
        CheckpointFormat(
            "xception-ff",
            "Xception of FaceForensics++",
            "PyTorch state dict",
            xception_ff,
            keys.xception_key,
            prefixes=("model.", "", "module.model.", "module."),
            aliases=((r"^last_linear\.1\.", "last_linear."),),
        ),
        CheckpointFormat(
            "xception-deepfakebench",
            "Xception of DeepfakeBench",
            "PyTorch state dict",
            xception_deepfakebench,
            lambda key: f"backbone.{keys.xception_key(key)}",
            spare=ADJUST,
            aliases=((r"^backbone\.last_linear\.1\.", "backbone.last_linear."),),
        ),
        _bonettini("EfficientNetB4"),
        _bonettini("EfficientNetB4ST", tuned=True),
        _bonettini("EfficientNetAutoAttB4", attention=True),
        _bonettini("EfficientNetAutoAttB4ST", attention=True, tuned=True),
        CheckpointFormat(
            "efficientnetb4-deepfakebench",
            "EfficientNet-B4 of DeepfakeBench",
            "PyTorch state dict",
            partial(EfficientNetB4, bench=True),
            keys.efficientnet_key("backbone.efficientnet.", "backbone.last_layer"),
        ),
        _of_this_project("efficientnet-lite0", "EfficientNet-Lite0", partial(EfficientNetLite0, FIRST_SIZE)),
        _of_this_project("resnet-blend", "ResNet on blended faces", BlendResNet),
    )
}
