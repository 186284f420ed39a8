"""Channel counts as hardware likes them."""


def divisible(channels: float, divisor: int = 8) -> int:
    """Round to a multiple of ``divisor``, never losing more than a tenth.

    The rounding rule of MobileNetV2's published widths.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded
