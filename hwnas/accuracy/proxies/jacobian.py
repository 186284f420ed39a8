"""Jacobian covariance (Mellor et al. 2020, first version): are images treated differently?"""

import torch
from torch import nn

from hwnas.accuracy.proxies.working_copy import training_copy
from hwnas.train.images import Batch

EPSILON = 1e-5
"""The paper's k, which keeps eigenvalues from zero."""


def jacobian_covariance(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """``-Σ log(λ + k) + 1 / (λ + k)`` over the eigenvalues of the Jacobians' correlations.

    A Jacobian is the gradient of the summed logits with respect to one image. Images treated
    alike have correlations near 1, eigenvalues near 0 and a score of about minus 1 / k each.
    """
    images = batch[0].detach().requires_grad_()
    own = training_copy(network, images.device)
    (jacobians,) = torch.autograd.grad(own(images).sum(), images, materialize_grads=True)
    correlations = torch.corrcoef(jacobians.flatten(1).double())
    if not correlations.isfinite().all():
        return float("nan")  # an image without any effect has no correlations
    eigenvalues = torch.linalg.eigvalsh(correlations) + EPSILON
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())
