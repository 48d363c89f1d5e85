"""Weights of other programs: dlib's file, TensorFlow Lite's; and files that are none of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from core.media.images import to_tensor
from core.media_attack import samples
from core.recognition import mobilefacenet
from core.recognition.alignment import face_crop
from core.recognition.dlib_resnet import DlibResNet, load_dlib_resnet, read_layers
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.load_recogniser import load_recogniser
from core.recognition.mobilefacenet import MobileFaceNet, load_mobilefacenet
from core.recognition.tflite_file import CONVOLUTION, DEPTHWISE, MULTIPLY, LiteOperator, read_operators
from core.types import Array, InputError, UnknownName


def packed(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8 or 1, "little")
    return bytes([len(data)]) + data


def dlib_layer(name: str, values: Array, shape: tuple[int, ...], before: bytes = b"") -> bytes:
    sides = b"".join(map(packed, (2, *shape)))
    return packed(len(name)) + name.encode() + before + sides + values.astype("<f4").tobytes() + b"\x01\x07rest"


def dlib_file(network: DlibResNet, rng: np.random.Generator) -> tuple[bytes, list[Array]]:
    """Write a network as dlib does, with affine layers that double and add one."""
    data, weights = b"\x01\x01", []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            weight = rng.normal(0, 0.05, module.weight.numel()).astype(np.float32)
            n = module.out_channels
            data += dlib_layer("con_4", np.r_[weight, np.full(n, 3)], (len(weight) + n, 1, 1, 1))
            data += dlib_layer("affine_", np.r_[np.full(n, 2), np.ones(n)], (1, 2 * n, 1, 1))
            weights.append(weight)
    head = rng.normal(0, 1, (256, 128))
    return data + dlib_layer("fc_2", head, (256, 128, 1, 1), packed(128) + packed(256)), [*weights, head]


def test_a_dlib_file_is_read_with_its_affine_layers_joined(tmp_path: Path) -> None:
    file = tmp_path / "net.dat"
    data, weights = dlib_file(DlibResNet(), np.random.default_rng(0))
    file.write_bytes(data)
    network = load_dlib_resnet(file)
    first = network.stem[0]
    assert isinstance(first, nn.Conv2d)
    assert first.bias is not None
    assert np.allclose(first.weight.numpy().ravel(), 2 * weights[0])
    assert torch.equal(first.bias, torch.full((32,), 7.0))  # 3 * 2 + 1
    assert np.allclose(network.head.weight.numpy(), weights[-1].T)
    assert network(torch.rand(1, 3, 150, 150)).shape == (1, 128)
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cut off or not dlib's"):
        load_dlib_resnet(file)
    file.write_bytes(dlib_layer("con_4", np.ones(3), (3, 1, 1, 1)))
    with pytest.raises(InputError, match=r"net\.dat is not dlib's face ResNet: it has 1 layers"):
        load_dlib_resnet(file)
    assert read_layers(b"nothing of the kind") == []


def test_the_package_gives_what_dlib_gives() -> None:
    """The norm of what dlib 20.0.1's `compute_face_descriptor` gave for this chip; all 128 numbers agreed to 3e-7."""
    chip = cv2.resize(samples.portrait()[0:200, 130:330], (150, 150))
    recogniser = load_recogniser("dlib-resnet")
    assert isinstance(recogniser, EmbeddingRecogniser)
    with torch.inference_mode():
        vector = recogniser.network(to_tensor(chip))[0]
    assert float(vector.norm()) == pytest.approx(1.2321086, abs=2e-6)
    face = face_crop(samples.portrait_face())
    assert recogniser.similarity(face, face) == pytest.approx(1, abs=1e-5)


def test_mobilefacenet_takes_its_operators_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = MobileFaceNet().eval()
    operators = []
    for module in network.modules():
        if isinstance(module, nn.PReLU):
            operators.append(LiteOperator(MULTIPLY, (module.weight.detach().numpy() / 2,)))
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            depthwise = module.groups > 1
            order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
            weights = module.weight.detach().numpy().transpose(order), module.bias.detach().numpy()
            operators.append(LiteOperator(DEPTHWISE if depthwise else CONVOLUTION, weights))
    file = tmp_path / "MobileFaceNet.tflite"
    file.write_bytes(b"")
    monkeypatch.setattr(mobilefacenet, "read_operators", lambda data, name: operators)
    x = torch.rand(1, 3, 112, 112)
    with torch.inference_mode():
        assert torch.allclose(load_mobilefacenet(file)(x), network(x))
    operators[0] = LiteOperator(CONVOLUTION, (np.zeros((8, 3, 3, 3), np.float32), np.zeros(8, np.float32)))
    with pytest.raises(InputError, match=r"is not MobileFaceNet: a layer of it .* shapes \(8, 3, 3, 3\)"):
        load_mobilefacenet(file)


def test_files_that_are_no_networks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no recogniser that is known here, and no file"):
        load_recogniser(str(tmp_path / "none.onnx"))
    with pytest.raises(UnknownName, match="there is no recogniser 'nobody'; known are: dlib-resnet"):
        load_recogniser("nobody")
    for data in (b"", b"junk", b"\x10\0\0\0TFL3" + b"\xff" * 40):
        with pytest.raises(InputError, match="is no TensorFlow Lite file"):
            read_operators(data, "a.tflite")
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    with pytest.raises(InputError, match=r"mobilefacenet needs MobileFaceNet\.tflite in"):
        load_recogniser("mobilefacenet")
