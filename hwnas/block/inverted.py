"""What any inverted residual costs, however its hidden width was told."""

from typing import ClassVar, Protocol

from hwnas.block.spec import strided


class _Sizes(Protocol):
    """The numbers that the costs follow from."""

    @property
    def input_size(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def in_channels(self) -> int: ...
    @property
    def hidden_channels(self) -> int: ...
    @property
    def out_channels(self) -> int: ...
    @property
    def kernel_size(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def se_channels(self) -> int: ...
    @property
    def expands(self) -> bool: ...
    @property
    def n_groups(self) -> int: ...
    @property
    def _n_expand_weights(self) -> int: ...
    @property
    def _n_filter_weights(self) -> int: ...


class InvertedResidual:
    """Expand 1×1, filter k×k, project 1×1; where ``expands`` is false, the first is left out."""

    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    @property
    def output_size(self: _Sizes) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def n_macs(self: _Sizes) -> int:
        """Multiply-accumulates for one image."""
        hidden = self.hidden_channels
        expand = self._n_expand_weights * self.input_size**2
        filters = self._n_filter_weights * self.output_size**2
        squeeze_excite = 2 * hidden * self.se_channels
        project = hidden * self.out_channels * self.output_size**2
        return expand + filters + squeeze_excite + project

    @property
    def n_parameters(self: _Sizes) -> int:
        """Weights, biases of the squeeze-excitation, and BatchNorm's scale and shift."""
        hidden = self.hidden_channels
        expand = self._n_expand_weights + (2 * hidden if self._n_expand_weights else 0)
        filters = self._n_filter_weights + 2 * hidden
        squeeze_excite = 2 * hidden * self.se_channels
        if self.se_channels:
            squeeze_excite += hidden + self.se_channels
        project = hidden * self.out_channels + 2 * self.out_channels
        return expand + filters + squeeze_excite + project

    @property
    def n_groups(self: _Sizes) -> int:
        """Of the filtering convolution: each hidden channel is filtered alone."""
        return self.hidden_channels

    @property
    def _n_expand_weights(self: _Sizes) -> int:
        return self.in_channels * self.hidden_channels if self.expands else 0

    @property
    def _n_filter_weights(self: _Sizes) -> int:
        return self.hidden_channels**2 // self.n_groups * self.kernel_size**2
