"""What watching costs a training: prints one Markdown table.

    Tests/benchmarks/run [quickstart | large | budget]

All figures of a row come from one training in one process: the time inside
furca, its Python included, is what furca itself accounts for; the time around it is the wall clock's.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import runpy
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

import torch
from torch import nn

import furca

ROOT = Path(__file__).resolve().parents[2]


class Done(Exception):
    """The training is over: the rest of the script is of no interest here."""


def quickstart(folder: Path, steps: int, **options: Any) -> dict[str, float]:
    """Runs examples/tiny_gpt.py, watched as `options` say; the summary at its end."""
    watch, found = furca.watch, {}

    def watch_otherwise(model: nn.Module, optimizer: torch.optim.Optimizer, run: str, budget: float) -> furca.Scope:
        scope = watch(model, optimizer, run=run, **options)
        close = scope.close

        def end() -> None:
            close(report=False)
            found.update(costs(scope.path))
            raise Done

        scope.close = end
        return scope

    arguments = sys.argv
    sys.path.insert(0, str(ROOT / "examples"))  # as the interpreter does for a script
    sys.argv = ["tiny_gpt.py", "--steps", str(steps), "--run", str(folder / "quickstart.furca")]
    furca.watch = watch_otherwise
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(ROOT / "examples" / "tiny_gpt.py"), run_name="__main__")
    except Done:
        pass
    finally:
        sys.argv, furca.watch = arguments, watch
        del sys.path[0]
    return found


def costs(path: str) -> dict[str, float]:
    """What the run file says that looking cost, after the first 17 steps, which are always seen, too."""
    with furca.open(path) as run:
        facts = {name: float(value) for name, value in run.facts.items() if name.startswith(("looks", "seconds"))}
        facts["per_look"] = run.sql("select avg(seconds) as s from cost where step > 16")[0].s or float("nan")
        seconds = [row.seconds for row in run.sql("select seconds from cost where step > 16")]
        facts["median"] = statistics.median(seconds) if seconds else float("nan")
    return facts


def train(folder: Path, net: nn.Module, batch: Callable[[], torch.Tensor], steps: int, **options: Any) -> dict[str, float]:
    """Trains with SGD, watched as `options` say."""
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    scope = furca.watch(net, optimizer, run=folder / "run.furca", **options)
    for _ in range(steps):
        optimizer.zero_grad()
        net(batch()).square().mean().backward()
        optimizer.step()
    scope.close(report=False)
    return costs(scope.path)


def large() -> tuple[nn.Module, Callable[[], torch.Tensor]]:
    """A transformer of 100 million parameters."""
    net = nn.Sequential(*(nn.TransformerEncoderLayer(768, 12, 3072, dropout=0, batch_first=True) for _ in range(14)))
    return net, lambda: torch.randn(1, 64, 768)


def memory_bound() -> tuple[nn.Module, Callable[[], torch.Tensor]]:
    """Small batches, so that a look at all parameters costs about a tenth of a step."""
    net = nn.Sequential(*(layer for _ in range(4) for layer in (nn.Linear(1024, 1024), nn.ReLU())))
    return net, lambda: torch.randn(96, 1024)


def row(name: str, steps: int, found: dict[str, float], note: str = "") -> None:
    step = (found["seconds_wall"] - found["seconds_inside"]) / steps
    share = found["seconds_inside"] / found["seconds_wall"]
    print(
        f"| {name} | {steps} | {found['looks']:.0f} | {step * 1e3:.1f} ms | {found['median'] * 1e3:.2f} ms | "
        f"{share:.2%} | {found['seconds_overlapped'] / found['seconds_wall']:.2%} | {note} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--steps", type=int, default=600, help="of the trainings whose share of time is in question")
    arguments = parser.parse_args()
    known = ("quickstart", "large", "budget")
    if unknown := set(arguments.parts) - set(known):
        parser.error(f"there is no part {', '.join(unknown)}, only {', '.join(known)}")
    parts, steps = arguments.parts or known, arguments.steps

    # One processor for torch: where others are at work too, two that wait for each other measure the others.
    torch.set_num_threads(1)
    print(f"torch {torch.__version__} with one thread, {os.cpu_count()} processors, furca with its default threads\n")
    print("| training | steps | looks | step | look (median) | inside furca | own threads | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "quickstart" in parts:
            for overlap in (False, True):
                found = quickstart(folder, steps, budget=0, overlap=overlap)
                row("quickstart, every step", steps, found, "overlap" if overlap else "")
        if "large" in parts:
            for overlap in (False, True):
                net, batch = large()
                found = train(folder / str(overlap), net, batch, 20, budget=0, overlap=overlap)
                row("100 M parameters, every step", 20, found, "overlap" if overlap else "")
                del net
        if "budget" in parts:
            for budget in (0, 0.01):
                net, batch = memory_bound()
                found = train(folder / str(budget), net, batch, steps if budget else 60, budget=budget)
                row("4 M parameters, small batches", steps if budget else 60, found, f"budget={budget}" if budget else "every step")


if __name__ == "__main__":
    main()
