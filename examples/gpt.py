"""A small GPT and the text it learns, Python's standard library, symbol by symbol: what the examples in this folder train."""

import sys
import sysconfig
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

width, heads, layers = 128, 4, 4
context, batch_size = 64, 8


# ---- The text: a tensor of symbols --------------------------------------------------------------------------------------

library = Path(sysconfig.get_path("stdlib"))
files = [path for path in sorted(library.rglob("*.py")) if not {"site-packages", "dist-packages", "test"} & set(path.parts)]
text = torch.frombuffer(bytearray(b"".join(path.read_bytes() for path in files)), dtype=torch.uint8).int()
if len(text) < 1_000_000:
    sys.exit(f"the text of the standard library is not in {library}: this Python came without it")

common = torch.bincount(text, minlength=256) >= len(text) // 1_000_000
symbols = int(common.sum()) + 1  # Bytes as rare as one in a million share symbol 0.
text = torch.where(common, common.cumsum(0), 0)[text]


# ---- The model ----------------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """Attention to the symbols before, then a perceptron; both add to what passes by."""

    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.ln2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = self.qkv(self.ln1(x)).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        heard = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(heard.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.ln2(x))))


class GPT(nn.Module):
    """Symbols in, logits of the symbol that follows each out."""

    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(symbols, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
        self.lnf = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, symbols):
        return self.head(self.lnf(self.blocks(self.token(symbols) + self.position.weight)))


def batch():
    """Random passages, and the same passages one symbol later."""
    starts = torch.randint(len(text) - context, (batch_size, 1))
    passages = text[starts + torch.arange(context + 1)]
    return passages[:, :-1], passages[:, 1:]


def loss_of(model, symbols_in, symbols_next):
    """Nats per symbol."""
    return F.cross_entropy(model(symbols_in).flatten(0, 1), symbols_next.flatten())


def optimizer_of(model, lr=1e-3):
    return torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.95), weight_decay=0.1)
