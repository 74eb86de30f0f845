"""Attention over the whole picture at a coarse stride: what is solid is told by the product that surrounds it."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

_HEAD = 32
"""Channels of an attention head."""


class Block(nn.Module):
    """Position by convolution, attention among all pixels, a perceptron; each added to its input.

    Vaswani et al. 2017, normalised first; positions as in Chu et al. 2021, "Conditional positional encodings", so that
    pictures may have any size.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.position = nn.Conv2d(width, width, 5, 1, 2, groups=width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the block's output."""
        x = x + self.position(x)
        height, width = x.shape[-2:]
        tokens = x.flatten(2).transpose(1, 2)
        batch, count, channels = tokens.shape
        parts = self.ask(self.norms[0](tokens)).view(batch, count, 3, channels // _HEAD, _HEAD).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        tokens = tokens + self.answer(seen.transpose(1, 2).reshape(batch, count, channels))
        tokens = tokens + self.mlp(self.norms[1](tokens))
        return tokens.transpose(1, 2).reshape(batch, channels, height, width)


class Context(nn.Module):
    """x + blocks of attention over x; it starts as the identity (its last projection is zero)."""

    def __init__(self, inputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.into = nn.Conv2d(inputs, width, 1)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Conv2d(width, inputs, 1)
        for each in self.out.parameters():
            nn.init.zeros_(each)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the map with what the whole picture says added."""
        y = self.blocks(self.into(x))
        y = self.norm(y.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return functional.relu(x + self.out(y))
