"""Layouts of published checkpoints: which architecture a file's tensors belong to, and the door that loads them."""

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
from ..architectures.efficientnet import EfficientNetB4
from ..architectures.meso import Meso4, MesoInception4
from ..architectures.xception import xception_deepfakebench, xception_ff
from . import keys

Shape = tuple[int, ...]
NAMED = 5  # so many keys of a kind are named in a message
COUNTER = ".num_batches_tracked"  # only of use in training


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One form in which weights of one architecture are published.

    `build` makes a fresh module; `key` gives the file's key of a key of that module's state dict, and `axes` how the
    file arranges that tensor. Every key of the file begins with one of `prefixes`, the authors' own first; `aliases`
    are other spellings (pattern, replacement) of a key; `spare` keys may be there and are not used.
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
    """The keys that a file of the layout `name` has, with their shapes there; spare ones left out."""
    layout = LAYOUTS[name]
    with torch.device("meta"):
        state = layout.build().state_dict()
    return {
        layout.key(key): tuple(layout.axes(key).theirs(value).shape)
        for key, value in state.items()
        if not key.endswith(COUNTER)
    }


def fit(layout: Layout, tensors: Mapping[str, Tensor], *, name: str) -> nn.Module:
    """A fresh network in eval mode with a file's `tensors` loaded; `name` is what messages call the file.

    Raises `InputError` that names missing, superfluous and mis-shaped keys as the file spells them, and the layout that
    the tensors do fit, if there is one.
    """
    given = _given(layout, tensors)
    if problems := _problems(layout, given):
        others = [other for other in LAYOUTS.values() if other.name != layout.name]
        fitting = next((other for other in others if not _problems(other, _given(other, tensors))), None)
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


def _given(layout: Layout, tensors: Mapping[str, Tensor]) -> Given:
    """The file's tensors by the layout's spelling of their keys, each with the file's own spelling."""
    wanted = file_shapes(layout.name)
    if layout.form == "Keras HDF5":
        order = keys.keras_order(list(wanted), list(tensors))
        return {order.get(key, key): (key, value) for key, value in tensors.items()}
    candidates = [
        {_plain(key.removeprefix(prefix), layout): (key, value) for key, value in tensors.items()}
        for prefix in layout.prefixes
    ]
    return max(candidates, key=lambda given: len(wanted.keys() & given.keys()))


def _plain(key: str, layout: Layout) -> str:
    for pattern, replacement in layout.aliases:
        key = re.sub(pattern, replacement, key)
    return key


def _problems(layout: Layout, given: Given) -> str:
    """What is missing, superfluous or of another shape, in words; empty when the tensors fit."""
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
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} {'key is' if len(names) == 1 else 'keys are'} {what}: {', '.join(names[:NAMED])}{more}"


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _bonettini(title: str, *, attention: bool = False, tuned: bool = False) -> Layout:
    """A layout of icpr2020dfdc; the tuned ones keep the classifier that their feature extractor had before."""
    outside = "feat_ext." if tuned else ""
    spare: dict[str, Shape] = {"feat_ext.classifier.weight": (1, 1792), "feat_ext.classifier.bias": (1,)}
    return Layout(
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

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            "meso4",
            "Meso4 of MesoNet",
            "Keras HDF5",
            Meso4,
            keys.keras_key(keys.MESO4),
            keys.mesonet_axes,
            prefixes=("",),
        ),
        Layout(
            "mesoinception4",
            "MesoInception4 of MesoNet",
            "Keras HDF5",
            MesoInception4,
            keys.keras_key(keys.MESOINCEPTION4),
            keys.mesonet_axes,
            prefixes=("",),
        ),
        Layout(
            "xception-ff",
            "Xception of FaceForensics++",
            "PyTorch state dict",
            xception_ff,
            keys.xception_key,
            prefixes=("model.", "", "module.model.", "module."),
            aliases=((r"^last_linear\.1\.", "last_linear."),),
        ),
        Layout(
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
        Layout(
            "efficientnetb4-deepfakebench",
            "EfficientNet-B4 of DeepfakeBench",
            "PyTorch state dict",
            partial(EfficientNetB4, bench=True),
            keys.efficientnet_key("backbone.efficientnet.", "backbone.last_layer"),
        ),
    )
}
