"""Eight Gaussians on a ring: a distribution whose modes a generator can miss, and be seen to miss."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trainers.tasks import mixture

ANGLES = torch.arange(8) * (2 * math.pi / 8)
CENTERS: Tensor = 2.0 * torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1)

TASK = mixture.task("ring", "generated here: eight Gaussians on a ring of radius 2", CENTERS, spread=0.05)
