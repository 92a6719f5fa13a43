"""What is reported, and what is not, when something is done to a training half-way.

Small networks learn the text of Python's standard library, character by character, several seeds each. Half-way something is done to a
run, while its twin goes on undisturbed with the same batches; both are looked at after every update.
"""

from __future__ import annotations

import math
import sys
import sysconfig
import tempfile
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import furca

SEEDS = 5
STEPS = 480
HALF = 240
CONTEXT, WIDTH, HIDDEN, BATCH = 8, 24, 96, 96
#: ASCII; rows of the embeddings beyond it are padding, as vocabularies are padded to round numbers.
SYMBOLS, PADDED = 128, 160


def text() -> torch.Tensor:
    library = Path(sysconfig.get_path("stdlib"))
    whole = b"".join(path.read_bytes() for path in sorted(library.glob("*.py")))
    return torch.frombuffer(bytearray(whole), dtype=torch.uint8).long().clamp(max=SYMBOLS - 1)


class Network(nn.Module):
    """The last characters in, logits of the next one out. `tied`: the matrix that embeds also gives the logits."""

    def __init__(self, tied: bool, padding: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(PADDED, WIDTH)
        self.first = nn.Linear(CONTEXT * WIDTH, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN)
        self.second = nn.Linear(HIDDEN, WIDTH)
        self.head = nn.Linear(WIDTH, PADDED, bias=False)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.05)
        if padding == "zero":
            self.embedding.weight.data[SYMBOLS:] = 0
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, symbols: torch.Tensor) -> torch.Tensor:
        hidden = F.gelu(self.norm(self.first(self.embedding(symbols).flatten(1))))
        return self.head(self.second(hidden))


class Training:
    """A network, its optimizer, and batches that depend on the seed and the step alone."""

    corpus = text()

    def __init__(self, seed: int, tied: bool = False, padding: str = "random") -> None:
        torch.manual_seed(seed)
        self.seed = seed
        self.model = Network(tied, padding)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=2e-3, weight_decay=0.1)
        self.masks: dict[str, torch.Tensor] = {}
        self.rate: Callable[[int], float] = lambda step: 2e-3 * min(1, step / 40) * (0.55 + 0.45 * math.cos(math.pi * step / STEPS))

    def update(self, step: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step)
        chance = torch.Generator().manual_seed(1000 * self.seed + step)
        starts = torch.randint(len(self.corpus) - CONTEXT, (BATCH, 1), generator=chance)
        passages = self.corpus[starts + torch.arange(CONTEXT + 1)]
        loss = F.cross_entropy(self.model(passages[:, :-1]), passages[:, -1])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name in self.masks:
                    parameter.mul_(self.masks[name])


def matrices(training: Training) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, parameter) for name, parameter in training.model.named_parameters() if parameter.ndim == 2)


def prune(training: Training) -> None:
    for name, parameter in matrices(training):
        threshold = parameter.detach().abs().flatten().quantile(0.5)
        training.masks[name] = (parameter.detach().abs() >= threshold).to(parameter.dtype)
        parameter.data.mul_(training.masks[name])


def poison(training: Training) -> None:
    training.model.second.weight.data[3, 5] = math.nan


def restart(training: Training) -> None:
    training.rate = lambda step: 2e-3 * (0.55 + 0.45 * math.cos(math.pi * (step - HALF) / HALF))


def to_bfloat16(training: Training) -> None:
    training.model.to(torch.bfloat16)
    for state in training.optimizer.state.values():
        for key in ("exp_avg", "exp_avg_sq"):
            state[key] = state[key].to(torch.bfloat16)


class Case(NamedTuple):
    name: str
    act: Callable[[Training], None] | None
    resumes: bool = False
    tied: bool = False
    padding: str = "random"
    ends: int = STEPS


CASES = [
    Case("nothing", None),
    Case("learning rate restarts", restart),
    Case("run is closed and resumed through its file", None, resumes=True),
    Case("model goes over to bfloat16", to_bfloat16),
    Case("nothing; embedding and unembedding are one matrix", None, tied=True),
    Case("nothing; padded rows of the embedding are zeros", None, padding="zero"),
    Case("half of each matrix is pruned by magnitude", prune),
    Case("one weight becomes NaN", poison, ends=HALF + 1),
]


def run(case: Case, seed: int, folder: Path) -> list[furca.ForkEvent]:
    """The events of one training."""
    training = Training(seed, case.tied, case.padding)
    path = folder / f"{CASES.index(case)}.{seed}.furca"
    options = {"run": path, "budget": 0, "paths": 0, "verbose": False}
    scope = furca.watch(training.model, **options)
    for step in range(1, case.ends + 1):
        training.update(step)
        if step == HALF:
            if case.act is not None:
                case.act(training)
            if case.resumes:
                scope.tick(step)
                scope.close(report=False)
                with redirect_stdout(sys.stderr):
                    scope = furca.watch(training.model, resume=True, step=step, **options)
                continue
        scope.tick(step)
    events = scope.forks()
    scope.close(report=False)
    return events


#: What is said of a fork.
FORKS = ("split", "birth", "established")


def report() -> None:
    torch.set_num_threads(1)
    print(
        f"Networks of {sum(p.numel() for p in Training(0).model.parameters()):,} parameters, trained by AdamW on the text of Python's"
        f" standard library for {STEPS} updates, {SEEDS} seeds each, looked at after each; something is done after update {HALF}.\n"
    )
    print("| what is done | forks reported from then on | other events from then on |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            later: Counter[str] = Counter()
            other: Counter[str] = Counter()
            notes = []
            for seed in range(SEEDS):
                print(f"\r\033[Ktraining: {case.name}, seed {seed}", end="", file=sys.stderr)
                events = run(case, seed, Path(folder))
                for event in events:
                    if event.step >= HALF:
                        (later if event.kind in FORKS else other)[f"{event.kind}, {event.label}" if event.label else event.kind] += 1
                if case.act is prune:
                    notes.append(check_pruned(events))
                if case.act is poison:
                    notes.append(check_poisoned(events))
            print("\r\033[K", end="", file=sys.stderr)
            told = "; ".join(f"{count} × {what}" for what, count in sorted(later.items())) or "none"
            rest = "; ".join(f"{count} × {what}" for what, count in sorted(other.items())) or "none"
            print(f"| {case.name} | {told}{_said(notes)} | {rest} |", flush=True)
    simulated()


def _said(notes: list[str]) -> str:
    return f" ({'; '.join(sorted(set(notes)))})" if notes else ""


def check_pruned(events: list[furca.ForkEvent]) -> str:
    pruned = {event.tensor for event in events if event.label == "pruned" and event.step == HALF and event.kind == "split"}
    expected = {name for name, _ in matrices(Training(0))}
    return "every matrix at that step, and nothing else" if pruned == expected else f"only {sorted(pruned)} of {sorted(expected)}"


def check_poisoned(events: list[furca.ForkEvent]) -> str:
    told = [(event.tensor, event.step) for event in events if event.kind == "nonfinite"]
    first = [tensor for tensor, step in told if step == HALF]
    return f"at step {HALF} of `{'`, `'.join(first)}`, of {len(told) - len(first)} others one step later"


def simulated() -> None:
    """Ensembles of many small tensors to which the same is done."""
    rng = np.random.default_rng(7)
    size, looks, runs = 3000, 120, 60
    counts: dict[str, Counter[str]] = {}
    for number in range(runs):
        print(f"\r\033[Kensembles: {number + 1} of {runs}", end="", file=sys.stderr)
        values = rng.standard_normal(size) * rng.choice([1.0, 3.0], size, p=[0.7, 0.3])
        padded = np.where(np.arange(size) < size // 5, 0, values)
        session = furca.Session(budget=0, paths=0)
        for step in range(looks):
            rate = 0.02 if step < looks // 2 else 0.2  # A restart: values decorrelate ten times as fast, and spread.
            values = np.sqrt(1 - rate**2) * values + rate * rng.standard_normal(size) * (1 if step < looks // 2 else 1.5)
            moved = np.where(padded == 0, 0, values)
            threshold = np.quantile(np.abs(values), 0.5)
            arrays = {
                "restart": values,
                "padded rows of zeros": moved,
                "padded rows that keep the scale of the start": np.where(np.arange(size) < size // 5, 0.3 * values, values),
                "pruned": np.where((np.abs(values) < threshold) & (step >= looks // 2), 0, values),
            }
            batch = {name: array.astype(np.float32) for name, array in arrays.items()}
            session.look(step, batch)
        for event in session.events():
            counts.setdefault(event.tensor, Counter())[f"{event.kind}, {event.label}" if event.label else event.kind] += 1
        session.close()
    print("\r\033[K", end="", file=sys.stderr)
    print(f"\nSimulated: {runs} runs of {size:,} values of a scale mixture that decorrelate, {looks} looks each.\n")
    print("| ensemble | events |\n| --- | --- |")
    for name in arrays:
        told = "; ".join(f"{count} × {what}" for what, count in sorted(counts.get(name, Counter()).items())) or "none"
        print(f"| {name} | {told} |")


if __name__ == "__main__":
    report()
