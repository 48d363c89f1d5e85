"""Define Meso4 and MesoInception4, the two small networks of MesoNet."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ..base import DETECTORS, DetectorFacts
from .layers import BinaryToTwoLogits, Concatenate, Resize

SIZE = 256
KERAS_EPS = 1e-3  # Keras's default, where PyTorch's is 1e-5
SOURCE = "Afchar et al. 2018, arXiv:1809.00888; github.com/DariusAf/MesoNet"


def conv(inputs: int, outputs: int, kernel: int, *, dilation: int = 1) -> nn.Sequential:
    """Build a convolution that keeps the size, and its ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side in pixels, odd.
        dilation: in pixels.
    """
    padding = dilation * (kernel // 2)
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation), nn.ReLU())


class Branches(nn.Module):
    """Apply four parallel branches of widths (a, b, c, d).

    A 1x1 convolution alone, and 1x1 before a 3x3 of dilation 1, 2 and 3.
    """

    def __init__(self, inputs: int, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        first, *rest = widths
        self.branches = nn.ModuleList([nn.Sequential(conv(inputs, first, 1))])
        for dilation, width in enumerate(rest, 1):
            self.branches.append(nn.Sequential(conv(inputs, width, 1), conv(width, width, 3, dilation=dilation)))
        self.concatenate = Concatenate()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, sum of widths, H, W)."""
        return cast(Tensor, self.concatenate(*(branch(x) for branch in self.branches)))


def stage(body: nn.Module, width: int, pool: int) -> nn.Sequential:
    """Join `body`, batch normalisation (after the ReLU, so not fusable) and max pooling."""
    return nn.Sequential(body, nn.BatchNorm2d(width, eps=KERAS_EPS), nn.MaxPool2d(pool))


class MesoNet(nn.Module):
    """Map (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake].

    Four stages to (16, 8, 8), two linear layers. The authors' output is the sigmoid of "real", so the logit "fake" is
    the negated last layer.
    """

    def __init__(self, first: nn.Module, second: nn.Module, widths: tuple[int, int]) -> None:
        super().__init__()
        self.resize = Resize(SIZE)
        self.stages = nn.Sequential(
            stage(first, widths[0], 2),
            stage(second, widths[1], 2),
            stage(conv(widths[1], 16, 5), 16, 2),
            stage(conv(16, 16, 5), 16, 4),
        )
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(16 * 8 * 8, 16)
        self.relu = nn.LeakyReLU(0.1)
        self.classifier = nn.Linear(16, 1)
        self.logits = BinaryToTwoLogits(-1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Compute (N, 2) logits from (N, 3, H, W) in [0, 1]."""
        features = self.relu(self.dense(self.flatten(self.stages(self.resize(x)))))
        return cast(Tensor, self.logits(self.classifier(features)))


class Meso4(MesoNet):
    """Build Meso4: four convolutions, 28,000 parameters.

    Source: Afchar et al. 2018, arXiv:1809.00888, figure 4. Differs: images are resized bilinearly with antialiasing,
    where the authors' loader takes the nearest pixel.
    """

    def __init__(self) -> None:
        super().__init__(conv(3, 8, 3), conv(8, 8, 5), (8, 8))


class MesoInception4(MesoNet):
    """Build MesoInception4: Meso4 with its first two convolutions as four branches each.

    Source: Afchar et al. 2018, arXiv:1809.00888, figure 5. Differs: images are resized bilinearly with antialiasing,
    where the authors' loader takes the nearest pixel.
    """

    def __init__(self) -> None:
        super().__init__(Branches(3, (1, 4, 4, 2)), Branches(11, (2, 4, 4, 2)), (11, 12))


for _data, _title in (("df", "Deepfake"), ("f2f", "Face2Face")):
    DETECTORS.add(f"meso4-{_data}", title=f"Meso4 ({_title})", source=SOURCE, facts=DetectorFacts("meso4"))(Meso4)
    DETECTORS.add(
        f"mesoinception4-{_data}",
        title=f"MesoInception4 ({_title})",
        source=SOURCE,
        facts=DetectorFacts("mesoinception4"),
    )(MesoInception4)
