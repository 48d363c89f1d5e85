"""Published architectures: layouts that load and refuse, second routes to the same logits, and safety for every map."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import ONE_OF_EACH, images, narrowed, random_checkpoint, write_checkpoint
from explain_cases import DISTINCT
from known_models import CARD
from narrowed import some
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from core.detectors import DETECTORS, FORMATS, Detector, fit
from core.detectors.architectures.layers import Resize, fuse_batchnorm
from core.detectors.checkpoints import status
from core.detectors.detector import prepare
from core.detectors.networks.outputs import LogitSelector, penultimate
from core.explain import run
from core.storage.checkpoints import read_checkpoint
from core.storage.paths import MODELS
from core.types import Array, InputError

pytestmark = pytest.mark.slow

MESO = Path(__file__).resolve().parents[3] / "shared" / "data" / "mesonet"
FILES = {
    "Meso4_DF": "meso4",
    "Meso4_F2F": "meso4",
    "MesoInception_DF": "mesoinception4",
    "MesoInception_F2F": "mesoinception4",
}
PUBLISHED = [name for name in DETECTORS if DETECTORS[name].facts.layout]
QUICK = ("meso4", "mesoinception4", "xception-deepfakebench", "efficientnetautoattb4st")
THEIRS = [name for name in FORMATS if name not in DETECTORS or DETECTORS[name].facts.layout]  # not our own networks'
SOME = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in THEIRS]
SMALL, MEDIUM = 64, 112  # pixels, for networks that end in a pooling; MEDIUM is 7 x 7 before the last stride
needs_meso = pytest.mark.skipif(not MESO.is_dir(), reason="the published weights of MesoNet are not here")


def loaded(name: str, *, size: int | None = None) -> nn.Module:
    """The network of a layout with random weights; `size` makes it work on smaller images, where it can."""
    model = fit(FORMATS[name], random_checkpoint(FORMATS[name]), name="random")
    return narrowed(model, size) if size else model


def shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


# Layouts.


def test_every_published_detector_has_a_layout_and_each_layout_a_detector() -> None:
    assert {DETECTORS[name].facts.layout for name in PUBLISHED} == set(THEIRS)
    assert len(PUBLISHED) == 15
    with torch.device("meta"):
        theirs = {name: shapes(layout.build()) for name, layout in FORMATS.items() if name in THEIRS}
        for name in PUBLISHED:
            assert shapes(DETECTORS[name].function()) == theirs[some(DETECTORS[name].facts.layout)]


@pytest.mark.parametrize("name", SOME)
def test_a_checkpoint_of_exactly_the_layout_loads_from_a_file(name: str, tmp_path: Path) -> None:
    layout = FORMATS[name]
    path = write_checkpoint(layout, random_checkpoint(layout), tmp_path / "weights")
    model = narrowed(fit(layout, read_checkpoint(path), name=path.name), MEDIUM)
    assert not model.training
    with torch.inference_mode():
        logits = model(images(2, 200))
    assert torch.isfinite(logits).all()
    assert float((logits[0] - logits[1]).abs().max()) > 1e-4, "two images, two verdicts"


@pytest.mark.parametrize("name", FORMATS)
def test_missing_superfluous_and_mis_shaped_keys_are_named(name: str) -> None:
    layout = FORMATS[name]
    tensors = dict(random_checkpoint(layout, settle=False))
    taken, bent = next(key for key in tensors if "bias" in key or "beta" in key), next(iter(tensors))
    shape = tuple(tensors[bent].shape)
    del tensors[taken]
    tensors |= {bent: torch.zeros(2, *shape), "intruder.weight": torch.zeros(3)}
    with pytest.raises(InputError) as caught:
        fit(layout, tensors, name="their.pth")
    said = str(caught.value)
    assert said.startswith(f"their.pth does not fit the layout {name} ({layout.title}): 1 key is missing: {taken};")
    assert "1 key is not known to it: intruder.weight;" in said
    wanted, came = (f"({', '.join(map(str, s))})" for s in (shape, (2, *shape)))
    assert said.endswith(f"1 key is of another shape: {bent} is {came} instead of {wanted}")


@pytest.mark.parametrize("name", FORMATS)
def test_a_checkpoint_of_another_layout_is_told_so(name: str) -> None:
    names = list(FORMATS)
    other = FORMATS[names[names.index(name) - 1]]
    with pytest.raises(InputError, match=re.escape(f", but the layout {name} ({FORMATS[name].title}): ")):
        fit(other, random_checkpoint(FORMATS[name], settle=False), name="their.pth")


def test_long_lists_of_keys_are_cut() -> None:
    with pytest.raises(InputError, match=r"236 keys are missing: (\S+, ){4}\S+ and 231 more; 1 key is not known") as e:
        fit(FORMATS["xception-ff"], {"a": torch.zeros(1)}, name="x")
    assert len(str(e.value)) < 400


def test_prefixes_and_spellings_of_faceforensics_xception() -> None:
    layout = FORMATS["xception-ff"]
    tensors = random_checkpoint(layout, settle=False)
    expected = fit(layout, tensors, name="x").state_dict()
    bare = {key.removeprefix("model."): value for key, value in tensors.items()}
    dropout = {key.replace("last_linear.", "last_linear.1."): value for key, value in tensors.items()}
    parallel = {f"module.{key}": value for key, value in tensors.items()}
    half = {key: value.half() for key, value in tensors.items()}
    for given in (bare, dropout, parallel):
        state = fit(layout, given, name="x").state_dict()
        assert all(torch.equal(state[key], value) for key, value in expected.items())
    assert all(value.dtype == expected[key].dtype for key, value in fit(layout, half, name="x").state_dict().items())


def test_keras_numbers_layers_through_a_session_so_files_are_read_by_their_order() -> None:
    layout = FORMATS["meso4"]
    tensors = random_checkpoint(layout)
    shift = {"conv2d": -5, "batch_normalization": 8, "dense": -3}

    def renamed(key: str) -> str:
        kind, number, rest = some(re.match(r"(\D+|conv2d)_(\d+)(/.+)", key)).groups()
        now = int(number) + shift[kind]
        return f"{kind}_{now}{rest}" if now else f"{kind}{rest}"

    again = fit(layout, {renamed(key): value for key, value in tensors.items()}, name="x").state_dict()
    assert all(torch.equal(again[key], value) for key, value in fit(layout, tensors, name="x").state_dict().items())


# Cards.


@pytest.mark.parametrize("name", PUBLISHED)
def test_cards_are_whole_and_invent_nothing(name: str) -> None:
    card = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
    keys = {
        "name",
        "title",
        "source",
        "licence",
        "papers",
        "input",
        "crop",
        "output",
        "calibrated",
        "scope",
        "layout",
        "file",
        "also",
        "url",
        "sha256",
        "size",
        "get",
    }
    assert keys == card.keys()
    (measured,) = status.measurements_of(name)
    assert measured.kind == "conservation", "what does not depend on how well it detects"
    assert measured.weights in ("random, seed 0", card["sha256"])
    assert (card["name"], card["title"]) == (name, DETECTORS[name].title)
    assert card["layout"] == DETECTORS[name].facts.layout
    with torch.device("meta"):
        model = DETECTORS[name].function()
    assert card["input"].startswith(f"{next(m.size for m in model.modules() if isinstance(m, Resize))} x ")
    assert card["url"] is None or (card["url"].startswith("https://") and card["url"].endswith(card["file"]))
    assert card["sha256"] is None or re.fullmatch(r"[0-9a-f]{64}", card["sha256"])
    if "bestval-" in card["file"]:
        assert card["file"].endswith(f"-{card['sha256']}.pth")


@needs_meso
@pytest.mark.parametrize("file", FILES)
def test_the_cards_of_mesonet_are_of_its_published_files(file: str) -> None:
    from core.storage.files import sha256_of

    name = f"{FILES[file]}-{file.split('_')[1].lower()}"
    card, path = json.loads((MODELS / f"{name}.json").read_text("utf-8")), MESO / f"{file}.h5"
    assert (card["file"], card["sha256"], card["size"]) == (path.name, sha256_of(path), path.stat().st_size)


# Second routes to the same logits.


def keras_mesonet(weights: dict[str, Array], x: Array) -> float:
    """The logit "real" of an image (256, 256, 3) in [0, 1] by Keras's arithmetic, with the published files' keys."""

    def conv(x: Array, number: int, dilation: int = 1) -> Array:
        kernel, bias = weights[f"conv2d_{number}/kernel:0"], weights[f"conv2d_{number}/bias:0"]
        margin = dilation * (kernel.shape[0] // 2)
        padded = np.pad(x, ((margin, margin), (margin, margin), (0, 0)))
        out = np.zeros((*x.shape[:2], kernel.shape[3])) + bias
        for row, column in np.ndindex(kernel.shape[:2]):
            top, left = row * dilation, column * dilation
            out += padded[top : top + x.shape[0], left : left + x.shape[1]] @ kernel[row, column]
        return np.maximum(out, 0)

    def norm_and_pool(x: Array, number: int, pool: int) -> Array:
        gamma, beta, mean, variance = (
            weights[f"batch_normalization_{number}/{kind}:0"]
            for kind in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        x = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
        return x.reshape(x.shape[0] // pool, pool, x.shape[1] // pool, pool, -1).max((1, 3))

    def inception(x: Array, first: int) -> Array:
        branches = [conv(conv(x, first + 2 * i - 1), first + 2 * i, i) for i in (1, 2, 3)]
        return np.concatenate([conv(x, first), *branches], -1)

    if "conv2d_1/kernel:0" in weights:
        x = norm_and_pool(inception(x, 1), 1, 2)
        x = norm_and_pool(inception(x, 8), 2, 2)
        x = norm_and_pool(conv(x, 15), 3, 2)
        x, dense = norm_and_pool(conv(x, 16), 4, 4), 1
    else:
        for i, pool in enumerate((2, 2, 2, 4), 5):
            x = norm_and_pool(conv(x, i), i, pool)
        dense = 3
    hidden = x.reshape(-1) @ weights[f"dense_{dense}/kernel:0"] + weights[f"dense_{dense}/bias:0"]
    hidden = np.where(hidden > 0, hidden, 0.1 * hidden)
    return float((hidden @ weights[f"dense_{dense + 1}/kernel:0"] + weights[f"dense_{dense + 1}/bias:0"])[0])


@pytest.mark.parametrize("file", FILES)
def test_mesonet_is_what_keras_computes(file: str) -> None:
    layout = FORMATS[FILES[file]]
    tensors = read_checkpoint(MESO / f"{file}.h5") if MESO.is_dir() else random_checkpoint(layout)
    torch.manual_seed(1)
    x = images(1, 256).double()
    with torch.inference_mode():
        real, fake = fit(layout, tensors, name=file).double()(x)[0].tolist()
    expected = keras_mesonet(
        {k: v.numpy().astype(np.float64) for k, v in tensors.items()}, x[0].permute(1, 2, 0).numpy()
    )
    assert fake - real == pytest.approx(-expected, rel=1e-9, abs=1e-9)


@needs_meso
@pytest.mark.parametrize("name", ["Meso4_DF", "MesoInception_DF"])
def test_mesonet_calls_the_authors_own_crops_as_they_do(name: str) -> None:
    detector = prepare(name, fit(FORMATS[FILES[name]], read_checkpoint(MESO / f"{name}.h5"), name=name), CARD)
    crops = {path.stem: np.asarray(Image.open(path)) for path in sorted(MESO.glob("*.jpg"))}
    labels = {stem: detector.verdict(crop).label for stem, crop in crops.items()}
    assert labels == {"df00204": "fake", "df01254": "fake", "real00240": "real", "real00772": "real"}


def agree(ours: Tensor, theirs: Tensor) -> None:
    """In float64: rounding to float32 grows a thousandfold through thirty random blocks."""
    assert ours.dtype == theirs.dtype == torch.float64
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) <= 1e-8 * max(1.0, float(theirs.abs().max()))


@pytest.mark.parametrize("name", [name for name in SOME if "xception" in str(name)])
def test_xception_is_what_timm_computes(name: str) -> None:
    import timm

    layout = FORMATS[name]
    tensors, outside = random_checkpoint(layout), "model." if name == "xception-ff" else "backbone."
    theirs = timm.create_model("legacy_xception", num_classes=2).eval()
    theirs.load_state_dict(
        {k.removeprefix(outside).replace("last_linear", "fc"): v for k, v in tensors.items() if k not in layout.spare}
    )
    model = loaded(name, size=MEDIUM).double()
    x = images(1, MEDIUM).double()
    with torch.inference_mode():
        agree(model(x), theirs.double()((x - 0.5) / 0.5))


def published_efficientnet(name: str, tensors: dict[str, Tensor], x: Tensor) -> Tensor:
    """Logits in float64 as the authors' code computes them around lukemelas's EfficientNet."""
    from efficientnet_pytorch import EfficientNet

    tensors = {key: tensor.double() for key, tensor in tensors.items()}
    bench, tuned = "bench" in name, name.endswith("st")
    network = EfficientNet.from_name("efficientnet-b4").eval()
    network._fc = nn.Identity()
    if bench:
        network._conv_stem = nn.Conv2d(3, 48, 3, 2, bias=False)  # which drops the padding as well
    outside = "backbone.efficientnet." if bench else "feat_ext.efficientnet." if tuned else "efficientnet."
    state = {k.removeprefix(outside): v for k, v in tensors.items() if k.startswith(outside)}
    attention = [state.pop(k) for k in ("attconv.weight", "attconv.bias") if k in state]
    network.double().load_state_dict(state)
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 3, 1, 1).double()
    x = (x - 0.5) / 0.5 if bench else (x - mean) / std
    x = network._swish(network._bn0(network._conv_stem(x)))
    for index, block in enumerate(network._blocks):
        x = block(x)
        if index == 9 and attention:
            x = x * torch.sigmoid(functional.conv2d(x, attention[0], attention[1]))
    x = network._swish(network._bn1(network._conv_head(x))).mean((2, 3))
    if tuned:
        mean, variance, weight, bias = (
            tensors[f"classifier.0.{k}"] for k in ("running_mean", "running_var", "weight", "bias")
        )
        x = functional.batch_norm(x, mean, variance, weight, bias)
    last = "backbone.last_layer" if bench else "classifier.1" if tuned else "classifier"
    return functional.linear(x, tensors[f"{last}.weight"], tensors[f"{last}.bias"])


@pytest.mark.parametrize("name", [name for name in SOME if "efficientnet" in str(name)])
def test_efficientnet_is_what_its_authors_library_computes(name: str) -> None:
    tensors = random_checkpoint(FORMATS[name])
    model = loaded(name, size=MEDIUM).double()
    torch.manual_seed(1)
    x = images(1, MEDIUM).double()
    with torch.inference_mode():
        ours, theirs = model(x), published_efficientnet(name, tensors, x)
        agree(ours, theirs if "bench" in name else torch.cat([torch.zeros_like(theirs), theirs], 1))


# Safe for every attack and every map.


@pytest.mark.parametrize("name", ONE_OF_EACH.values())
def test_every_module_is_used_once_and_none_in_place(name: str) -> None:
    calls: Counter[str] = Counter()
    with torch.device("meta"):
        model = DETECTORS[name].function().eval()
        for path, module in model.named_modules():
            assert not getattr(module, "inplace", False), path
            module.register_forward_hook(partial(lambda path, *_: calls.update([path]), path))
        model(torch.rand(1, 3, 96, 96))
    leaves = {path for path, module in model.named_modules() if not list(module.children())}
    assert {path: n for path, n in calls.items() if n > 1} == {}
    assert leaves <= calls.keys(), "no module that the forward pass goes around"
    last = penultimate(model)
    assert isinstance(last, nn.Linear)
    assert last.out_features in (1, 2)


@pytest.mark.parametrize("name", SOME)
def test_folding_is_exact_and_the_gradient_reaches_the_picture(name: str) -> None:
    model = loaded(name, size=SMALL).double()
    x = images(1, SMALL).double().requires_grad_(True)
    plain = model(x)
    (gradient,) = torch.autograd.grad(plain[0, 1] - plain[0, 0], x)
    assert torch.isfinite(gradient).all()
    assert float((gradient.abs().sum(1) > 0).double().mean()) > 0.9
    folded = fuse_batchnorm(model)(x)
    assert torch.allclose(folded, plain, rtol=1e-9, atol=1e-9)
    left = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(left) == (4 if "meso" in name else 0), "only Meso normalises behind the ReLU"
    assert isinstance(penultimate(model), nn.Linear)


def detector(name: str) -> Detector:
    return prepare(name, loaded(name, size=SMALL), CARD)


@pytest.mark.parametrize("name", [name for name in DISTINCT if name != "mesoinception4"])
def test_lrp_conserves_relevance_but_for_biases(name: str, crop: Array) -> None:
    found = detector(name)
    for module in found.model.modules():  # normalisation behind the ReLU keeps its shift: relevance passes it unchanged
        if not isinstance(module, nn.BatchNorm2d) and getattr(module, "bias", None) is not None:
            module.get_parameter("bias").data.zero_()
    assert run("lrp", found, crop).quality[0].value == pytest.approx(1, abs=0.02)


def test_one_logit_is_the_sigmoid_of_fake() -> None:
    model = loaded("meso4")
    logits = model(images(2, 64))
    assert torch.equal(logits[:, 0], torch.zeros(2))
    margin = LogitSelector(model, "margin")(images(1, 64))
    assert margin.shape == (1, 1)
    assert torch.allclose(logits.softmax(1)[:, 1], torch.sigmoid(logits[:, 1]))
