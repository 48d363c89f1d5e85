"""Define the network that tells wholly synthetic faces: a classifier's early stages, a head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..detectors.architectures.efficientnet_lite import EfficientNetLite0
from ..detectors.architectures.layers import Resize

SIZE = 192  # pixels: the whole crop, as hair and background hold traces too
BLOCKS = 11  # of EfficientNet-Lite0, up to stride 16
STAGE_ENDS = (2, 4, 7, 10)  # the last block of each stage that is read
FEATURES = 2 * (24 + 40 + 80 + 112)
HIDDEN = 48
LIMIT = 8.0  # of the standardised features


class SyntheticNetwork(nn.Module):
    """Map crops (N, 3, H, W) in [0, 1] to logits (N,) of "synthetic".

    Mean and deviation of each channel over the face, at the end of four stages of EfficientNet-Lite0, pass a small
    head. Only the head is trained: early blocks hold what a generator leaves in textures, also after compression.
    Source: Ojha et al. 2023, arXiv:2302.10174 (frozen features generalise). Differs: pooled early stages in place of
    CLIP's embedding.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, start: EfficientNetLite0 | None = None) -> None:
        super().__init__()
        whole = EfficientNetLite0() if start is None else start
        self.resize = Resize(SIZE)
        self.normalize = whole.normalize
        self.stem = whole.stem
        self.blocks = whole.blocks[:BLOCKS]
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))
        self.head = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1)
        )

    def features(self, x: Tensor) -> Tensor:
        """Pool the stages of crops (N, 3, H, W) in [0, 1]: (N, D)."""
        x = self.stem(self.normalize(self.resize(x)))
        found = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in STAGE_ENDS:
                found += [x.mean((2, 3)), x.std((2, 3))]
        return torch.cat(found, 1)

    def standardised(self, features: Tensor) -> Tensor:
        """Subtract the training mean from features (N, D), and divide by the deviation."""
        return ((features - self.mean) / self.scale).clamp(-LIMIT, LIMIT)

    def judged(self, features: Tensor) -> Tensor:
        """Compute logits (N,) from features (N, D)."""
        out: Tensor = self.head(self.standardised(features))
        return out[:, 0]

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (N,) of crops."""
        return self.judged(self.features(x))
