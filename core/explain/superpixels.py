"""Segment an image into superpixels that LIME and SHAP leave out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..detectors.device import pass_sizes
from ..media.images import to_array
from ..types import Array
from .context import AttributionContext


@dataclass(frozen=True, slots=True, eq=False)
class Superpixels:
    """Hold the superpixels of an image.

    labels: (H, W) from 0 to `count` - 1.
    replacement: (1, 3, H, W), shown where a superpixel is left out.
    """

    context: AttributionContext
    labels: Tensor
    count: int
    replacement: Tensor

    @torch.no_grad()
    def outputs(self, present: Array) -> Array:
        """Compute the output (N,) with only the superpixels `present` (N, count) shown."""
        masks = torch.from_numpy(np.asarray(present, np.float32))
        found = []
        size = pass_sizes(self.context.detector.model).maps
        for first in range(0, len(masks), size):
            shown = masks[first : first + size][:, self.labels][:, None]
            mixed = shown * self.context.x + (1 - shown) * self.replacement
            found.append(self.context.network(mixed)[:, 0])
        return torch.cat(found).double().numpy()

    def tree(self) -> Array:
        """Cluster superpixels by their centres, as a linkage matrix (count - 1, 4)."""
        from scipy.cluster.hierarchy import linkage

        rows, columns = (axis.flatten() for axis in np.indices(self.labels.shape))
        labels = self.labels.flatten().numpy()
        sizes = np.bincount(labels, minlength=self.count)
        centres = np.stack([np.bincount(labels, axis, self.count) / sizes for axis in (rows, columns)], 1)
        found: Array = linkage(centres, "average")
        return found

    def to_pixels(self, values: Array) -> Tensor:
        """Share each superpixel's value (count,) evenly among its pixels (1, 1, H, W)."""
        sizes = torch.bincount(self.labels.flatten(), minlength=self.count)
        each = torch.from_numpy(np.asarray(values, np.float32)) / sizes
        return each[self.labels][None, None]


def superpixels(context: AttributionContext, segments: int, baseline: str) -> Superpixels:
    """Segment the image by SLIC into about `segments` superpixels.

    Source: Achanta et al. 2012, 10.1109/TPAMI.2012.120; scikit-image.
    """
    from skimage.segmentation import slic  # here: few maps need it

    image = to_array(context.x)
    for compactness in (10, 100, 1000):  # noise tears superpixels into specks, which are then merged into one
        labels = slic(image, n_segments=segments, compactness=compactness, start_label=0, channel_axis=2)
        _, dense = np.unique(labels, return_inverse=True)
        if dense.max() + 1 >= segments / 3:
            break
    tensor = torch.from_numpy(dense.reshape(labels.shape)).long()
    return Superpixels(context, tensor, int(tensor.max()) + 1, context.baseline(baseline))
