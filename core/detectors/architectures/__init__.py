"""Define the networks of the detectors."""

from ...registry import import_all

import_all(__name__, ("efficientnet_lite", "blend_resnet"))  # the default first
