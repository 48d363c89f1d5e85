"""A folder of made photos of two people, and a recogniser that costs nothing."""

from __future__ import annotations

from pathlib import Path

import cv2
import torch
from PIL import Image
from torch import nn

from core.media_attack import samples
from core.recognition.alignment import ARCFACE
from core.recognition.embedding_recogniser import EmbeddingRecogniser


def tiny_recogniser() -> EmbeddingRecogniser:
    """Embed by one linear layer over the shrunken face."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 14 * 14, 16, bias=False))
    return EmbeddingRecogniser("tiny", "1", network.requires_grad_(False), ARCFACE, torch.zeros(16))


def made_people(root: Path) -> Path:
    """Write two photos each of the astronaut, and of a stretched, recoloured one; one shows nobody."""
    face = cv2.resize(samples.portrait()[0:260, 90:350], (160, 160))
    other = cv2.resize(samples.portrait()[0:260, 110:330], (160, 160))[:, ::-1, ::-1] // 2
    pictures = {
        "ann/photo/a.png": face,
        "ann/photo/b.png": cv2.GaussianBlur(face[:, ::-1], (5, 5), 0),
        "bob/a.png": other,
        "bob/b.png": other[:, ::-1] + 60,
        "bob/nobody.png": other[:40, :40] * 0,
    }
    for name, image in pictures.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(root / name)
    return root
