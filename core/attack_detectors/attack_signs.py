"""Measure signs of an attack in a face's noise, and along a detector's gradient."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor, nn

from ..media.images import to_tensor
from ..types import Array

NON_LOCAL_WINDOWS = (5, 11)  # pixels: of the compared patches, and of the search
DENOISERS = ("blur 1.5", "half size", "non-local 10", "non-local 20")
ALIGNMENT_SIGNS = 1 + 3 * len(DENOISERS)
BLOCK = 8  # pixels a side
SMOOTH_SHARE = 0.3  # of the blocks: those in which noise is seen best
CHANNEL_SIGNS = 9
NOISE_SIGNS = 3 * CHANNEL_SIGNS


def denoise(crop: Array, how: str) -> Array:
    """Remove small changes from a crop (H, W, 3) uint8 by one of `DENOISERS`."""
    if how == "blur 1.5":
        return cv2.GaussianBlur(crop, (0, 0), 1.5)
    if how == "half size":
        height, width = crop.shape[:2]
        small = cv2.resize(crop, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    strength = float(how.removeprefix("non-local "))
    return cv2.fastNlMeansDenoisingColored(crop, None, strength, strength, *NON_LOCAL_WINDOWS)


def alignment_signs(model: nn.Module, crop: Array, margin: float) -> Array:
    """Measure how a crop's residual moves the margin, and points along its gradient.

    For each denoised copy: how far the margin rises without the residual (crop minus copy), and the agreement of the
    residual with the margin's gradient *at the copy*, as the cosine and as the mean product of signs. An attack lowered
    the margin along that gradient; noise of the same size did not. Costs a pass forward and back a copy.
    Source: after Hu et al. 2019, arXiv:1910.07629 (an attack is brittle), and FGSM's own step (Goodfellow et al. 2015).

    Args:
        model: maps (N, 3, H, W) in [0, 1] to logits [real, fake].
        crop: (H, W, 3) uint8.
        margin: of the crop itself.

    Returns:
        (13,) float64: the margin, then three signs for each of `DENOISERS`.
    """
    copies = [denoise(crop, how) for how in DENOISERS]
    margins, gradients = _margins_and_gradients(model, copies)
    found = [margin]
    for copy, value, gradient in zip(copies, margins, gradients, strict=True):
        residual = crop.astype(np.float64) - copy
        size = np.linalg.norm(residual) * np.linalg.norm(gradient)
        cosine = float((residual * gradient).sum() / size) if size else 0.0
        found += [value - margin, 100 * cosine, 100 * float((np.sign(residual) * np.sign(gradient)).mean())]
    return np.asarray(found, np.float64)


def _margins_and_gradients(model: nn.Module, crops: list[Array]) -> tuple[list[float], list[Array]]:
    """Compute margins and their gradients (H, W, 3)."""
    import torch

    x = torch.cat([to_tensor(crop) for crop in crops]).requires_grad_()
    with torch.enable_grad():
        logits: Tensor = model(x)
        margins = logits[:, 1] - logits[:, 0]
        (gradients,) = torch.autograd.grad(margins.sum(), x)
    return margins.tolist(), list(gradients.permute(0, 2, 3, 1).double().numpy())


def noise_signs(crop: Array) -> Array:
    """Measure the noise of a crop (H, W, 3) uint8, without any detector.

    Of luma and both chroma channels, against a median of 3 x 3: the logarithm of the residual's size in all and in the
    smoothest blocks, its peakedness there, its share of zeros, its correlation with the pixel beside and below, the
    strength of whole columns, of blocks, and of the grid of eight pixels that JPEG leaves.

    Returns:
        (27,) float64.
    """
    channels = cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)
    return np.concatenate([_channel_signs(np.ascontiguousarray(channels[..., i])) for i in range(3)])


def _channel_signs(channel: Array) -> Array:
    """Measure the noise of one channel (H, W) uint8: (9,) float64."""
    residual = channel.astype(np.float64) - cv2.medianBlur(channel, 3)
    height, width = (side // BLOCK * BLOCK for side in channel.shape)
    cut = residual[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    base = cv2.GaussianBlur(channel, (0, 0), 2).astype(np.float64)[:height, :width]
    roughness = base.reshape(cut.shape).std((1, 3))
    smooth = roughness <= np.quantile(roughness, SMOOTH_SHARE)
    calm = cut.transpose(0, 2, 1, 3)[smooth]
    power = float((calm**2).mean())
    whole = float((residual**2).mean())
    steps = np.abs(np.diff(channel.astype(np.float64), axis=1)).mean(0)
    places = np.arange(len(steps)) % BLOCK
    grid = np.asarray([steps[places == place].mean() for place in range(BLOCK)])
    return np.asarray(
        [
            np.log(whole + 0.01),
            np.log(power + 0.01),
            np.log((float((calm**4).mean()) + 0.01) / (power**2 + 0.01)),
            float((calm == 0).mean()),
            float((residual[:, 1:] * residual[:, :-1]).mean()) / (whole + 0.01),
            float((residual[1:] * residual[:-1]).mean()) / (whole + 0.01),
            np.log(float((residual.mean(0) ** 2).mean()) / (whole + 0.01) + 1e-4),
            np.log(float((calm.mean((1, 2)) ** 2).mean()) / (power + 0.01) + 1e-4),
            float(grid.max() / (np.median(grid) + 0.01)),
        ]
    )
