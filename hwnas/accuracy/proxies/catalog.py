"""Every zero-cost proxy by name."""

from collections.abc import Mapping

from hwnas.accuracy.proxies.fisher import fisher
from hwnas.accuracy.proxies.gradient import gradient_norm, grasp, snip
from hwnas.accuracy.proxies.jacobian import jacobian_covariance
from hwnas.accuracy.proxies.naswot import naswot
from hwnas.accuracy.proxies.protocol import Proxy
from hwnas.accuracy.proxies.size import macs, parameters
from hwnas.accuracy.proxies.synflow import synflow
from hwnas.accuracy.proxies.zen import zen_score
from hwnas.record import unknown_name

PROXIES: Mapping[str, Proxy] = {
    "parameters": parameters,
    "macs": macs,
    "gradient-norm": gradient_norm,
    "snip": snip,
    "grasp": grasp,
    "synflow": synflow,
    "fisher": fisher,
    "jacobian-covariance": jacobian_covariance,
    "naswot": naswot,
    "zen": zen_score,
}


def proxy_named(name: str) -> Proxy:
    """The proxy of that name.

    Raises:
        UnknownNameError: No such proxy.
    """
    if name not in PROXIES:
        raise unknown_name("proxy", name, PROXIES)
    return PROXIES[name]
