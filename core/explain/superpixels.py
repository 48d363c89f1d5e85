"""An image as superpixels that can be left out: what LIME and the sampled SHAP values ask the detector about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.cluster.hierarchy import linkage
from skimage.segmentation import slic
from torch import Tensor

from ..media.images import to_array
from ..types import Array
from .context import CHUNK, Context


@dataclass(frozen=True, slots=True, eq=False)
class Superpixels:
    """`labels` (H, W) from 0 to `count` - 1, and what a superpixel is replaced by (1, 3, H, W)."""

    context: Context
    labels: Tensor
    count: int
    instead: Tensor

    @torch.no_grad()
    def outputs(self, there: Array) -> Array:
        """The output (N,) for images in which the superpixels `there` (N, count) are, and the others replaced."""
        masks = torch.from_numpy(np.asarray(there, np.float32))
        found = []
        for first in range(0, len(masks), CHUNK):
            shown = masks[first : first + CHUNK][:, self.labels][:, None]
            mixed = shown * self.context.x + (1 - shown) * self.instead
            found.append(self.context.network(mixed)[:, 0])
        return torch.cat(found).double().numpy()

    def tree(self) -> Array:
        """A tree (count - 1, 4) that joins superpixels whose centres are near, as SciPy's `linkage` writes it."""
        rows, columns = (axis.flatten() for axis in np.indices(self.labels.shape))
        labels = self.labels.flatten().numpy()
        sizes = np.bincount(labels, minlength=self.count)
        centres = np.stack([np.bincount(labels, axis, self.count) / sizes for axis in (rows, columns)], 1)
        found: Array = linkage(centres, "average")
        return found

    def spread_out(self, values: Array) -> Tensor:
        """A value (count,) for each superpixel as a map (1, 1, H, W): shared out evenly, so that the sum is kept."""
        sizes = torch.bincount(self.labels.flatten(), minlength=self.count)
        each = torch.from_numpy(np.asarray(values, np.float32)) / sizes
        return each[self.labels][None, None]


def superpixels(context: Context, segments: int, baseline: str) -> Superpixels:
    """The image cut by SLIC into about `segments` superpixels.

    Source: Achanta et al. 2012, 10.1109/TPAMI.2012.120; scikit-image.
    """
    image = to_array(context.x)
    for compactness in (10, 100, 1000):  # noise tears superpixels into specks, which are then merged into one
        labels = slic(image, n_segments=segments, compactness=compactness, start_label=0, channel_axis=2)
        _, dense = np.unique(labels, return_inverse=True)
        if dense.max() + 1 >= segments / 3:
            break
    tensor = torch.from_numpy(dense.reshape(labels.shape)).long()
    return Superpixels(context, tensor, int(tensor.max()) + 1, context.baseline(baseline))
