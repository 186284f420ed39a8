"""What most engines have in common: one device, kernels for int8, and nothing to prepare."""

from collections.abc import Callable, Sequence
from typing import Self

from hwnas.device import DeviceSpec


class OneDevice:
    """See ``Engine``."""

    @property
    def has_integer_kernels(self) -> bool:
        """As ONNX Runtime's providers have."""
        return True

    def lanes(self, device: DeviceSpec) -> Sequence[Self]:
        """Itself."""
        del device
        return (self,)

    def prepare(
        self, models: Sequence[bytes], device: DeviceSpec, told: Callable[[int, str], None]
    ) -> None:
        """Nothing is kept between commands."""
        del models, device, told
