"""Gather the checkpoints that promise, or cost, far more than they hold."""

from __future__ import annotations

from .hostile_hdf5 import HDF5
from .hostile_pickles import PICKLES
from .hostile_safetensors import SAFETENSORS
from .hostile_storages import STORAGES
from .hostile_zip import ZIPS

CHECKPOINTS = {**SAFETENSORS, **PICKLES, **STORAGES, **ZIPS, **HDF5}  # name -> what makes its bytes
