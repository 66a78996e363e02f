"""Twenty-five Gaussians on a grid: many modes, close together."""

from __future__ import annotations

import torch
from torch import Tensor

from trainers.tasks import mixture

AXIS = torch.arange(5) - 2.0
CENTERS: Tensor = torch.cartesian_prod(AXIS, AXIS)

TASK = mixture.task("grid", "generated here: 25 Gaussians on a grid of spacing 1", CENTERS, spread=0.05)
