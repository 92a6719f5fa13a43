"""What reading costs: prints Markdown tables of ratios, each measured in this one process.

    Tests/benchmarks/reading.py [--repeat N] [--largest MI] [PART ...]

PART is types, data, others, threads, tensors, tests, looks or quiet; without any, all but the last are run. `--largest` is the
largest tensor, in Mi elements (default 256). It needs furca, torch, and for `others` wandb, tensorboard and datasketches.

Two things that are compared take turns, and the medians of all turns make the ratio. Times are those of the thread's own
processor clock, so that other programs disturb less; only `threads` goes by the wall clock.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
from time import perf_counter, thread_time
from typing import Any, Callable

import numpy as np
import torch

import furca
from furca import _abi
from furca._buffers import DTYPES as DTYPE_CODES

MI = 1 << 20


def medians(repeat: int, *calls: Callable[[], Any], clock: Callable[[], float] = thread_time) -> list[float]:
    """Seconds per call of each, in turns; a call shorter than a millisecond is repeated within its turn."""
    loops = []
    for call in calls:
        call()
        began = clock()
        call()
        loops.append(max(1, int(1e-3 / max(clock() - began, 1e-7))))
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeat):
        for call, loop, found in zip(calls, loops, times):
            began = clock()
            for _ in range(loop):
                call()
            found.append((clock() - began) / loop)
    return [statistics.median(found) for found in times]


def sketch(array: Any, counts_one_in: int = 1) -> furca.Sketch:
    """One pass. Arrays of up to 4,096 elements are sorted."""
    return furca.Sketch(array, counts_one_in=counts_one_in)


def table(title: str, *columns: str) -> None:
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}", flush=True)


def row(*cells: Any) -> None:
    print(f"| {' | '.join(f'{cell:.3g}' if isinstance(cell, float) else str(cell) for cell in cells)} |", flush=True)


def types(repeat: int, largest: int) -> None:
    """Each type at each size, in sums of as many float32."""
    table(
        "Time of a whole pass, in `torch.sum` of as many float32 elements",
        "elements", "torch.sum, ns/element", *DTYPES, "float32, one block in eight counted",
    )
    for size in (128, 1 << 10, 1 << 13, 1 << 16, MI, 16 * MI, 256 * MI):
        if size > largest * MI:
            break
        values = torch.randn(size) * 0.02
        cells = []
        base = 0.0
        for dtype in DTYPES.values():
            cast = (values * 1000).to(dtype) if dtype == torch.int8 else values.to(dtype)
            base, time = medians(repeat, values.sum, lambda: sketch(cast))
            cells.append(time / base)
        if size >= MI:
            base, time = medians(repeat, values.sum, lambda: sketch(values, counts_one_in=8))
            cells.append(time / base)
        else:
            cells.append("")
        row(f"{size:,}", base / size * 1e9, *cells)


DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float8_e4m3fn": torch.float8_e4m3fn,
    "float8_e5m2": torch.float8_e5m2,
    "int8": torch.int8,
    "float64": torch.float64,
}


def data(repeat: int, largest: int) -> None:
    """What the values are must not matter."""
    n = 16 * MI
    gaussian = torch.randn(n)
    kinds = {
        "Gaussian": gaussian,
        "constant": torch.full((n,), 0.3),
        "99 % zero": torch.where(torch.rand(n) < 0.99, 0.0, gaussian),
        "90 % zero": torch.where(torch.rand(n) < 0.9, 0.0, gaussian),
        "sorted": gaussian.sort()[0],
        "all in one bin": 1 + torch.rand(n) / 129,
        "alternating": torch.tensor([0.3, -0.7]).repeat(n // 2),
        "two values at random": torch.where(torch.rand(n) < 0.5, 0.3, -0.3),
        "32 values at random": torch.randint(0, 32, (n,)).float(),
    }
    table("16 Mi float32 of several kinds, in passes over Gaussian ones", "data", "times")
    for name, values in kinds.items():
        base, time = medians(repeat, lambda: sketch(gaussian), lambda: sketch(values))
        row(name, time / base)


def others(repeat: int, largest: int) -> None:
    """Tools that show less."""
    import datasketches
    import wandb
    from torch.utils.tensorboard import SummaryWriter
    from wandb.integration.torch.wandb_torch import TorchHistory

    n = 16 * MI
    values = torch.randn(n) * 0.02
    array = values.numpy()

    def kll() -> None:
        datasketches.kll_floats_sketch(200).update(array)

    def tdigest() -> None:
        datasketches.tdigest_float(100).update(array)

    def histc() -> None:
        low, high = torch.aminmax(values)
        torch.histc(values, 256, low.item(), high.item())
        torch.std_mean(values)

    writer = SummaryWriter(tempfile.mkdtemp())
    wandb.init(mode="disabled")
    history = TorchHistory()

    calls = {
        "torch: histc of 256 bins, std_mean, aminmax": histc,
        "numpy.histogram, 256 bins": lambda: np.histogram(array, 256),
        "wandb.Histogram": lambda: wandb.Histogram(array),
        "wandb.watch's histogram of a tensor": lambda: history.log_tensor_stats(values, "w"),
        "TensorBoard's add_histogram": lambda: writer.add_histogram("w", values),
        "datasketches KLL, k = 200": kll,
        "datasketches t-digest": tdigest,
    }
    table("16 Mi float32: others, in passes of Furca", "tool", "ns/element", "times")
    for name, call in calls.items():
        base, time = medians(min(repeat, 5), lambda: sketch(values), call)
        row(name, time / n * 1e9, time / base)


def look(session: furca.Session, arrays: dict[str, torch.Tensor]) -> Callable[[], None]:
    """A function that looks at the arrays, a step later each time."""
    step = iter(range(1 << 30))
    return lambda: session.look(next(step), arrays)


def threads(repeat: int, largest: int) -> None:
    """By the wall clock: the machine must be idle."""
    table("Wall time by threads, one thread = 1", "batch", "threads", "speed-up")
    batches = {
        "one tensor of 64 Mi float32": {"w": torch.randn(64 * MI)},
        "1,000 tensors of 64 Ki float32": {f"w{i}": torch.randn(65536) for i in range(1000)},
    }
    for name, arrays in batches.items():
        for count in (2, 4):
            with furca.Session(threads=1) as one, furca.Session(threads=count) as several:
                base, time = medians(repeat, look(one, arrays), look(several, arrays), clock=perf_counter)
                row(name, count, base / time)


def observing(arrays: list[torch.Tensor], session: furca.Session, tested: bool) -> Callable[[], None]:
    """A function that hands all of the arrays to the library in one call, as a trainer in C does, a step later each time."""
    buffers = (_abi.Buffer * len(arrays))()
    for index, array in enumerate(arrays):
        dtype = str(array.dtype).removeprefix("torch.")
        tensor = session.register(f"w{index}", dtype, tuple(array.shape))
        if not tested:
            session.exempt(tensor)
        buffers[index] = _abi.Buffer(array.data_ptr(), array.numel(), tensor, DTYPE_CODES[dtype])
    step = iter(range(1 << 30))
    return lambda: session.observe(next(step), buffers, len(arrays))


def tensors(repeat: int, largest: int) -> None:
    """Small tensors: one call of the C ABI, without and with the tests for forks."""
    table(
        "A look at many tensors of 768 float32, one thread", "tensors", "without fork tests, ms", "with them, ms",
        "µs per tensor",
    )
    for count in (10, 100, 1000, 10_000):
        arrays = [torch.randn(768) for _ in range(count)]
        with furca.Session(threads=1) as tested, furca.Session(threads=1) as untested:
            without, full = medians(repeat, observing(arrays, untested, False), observing(arrays, tested, True))
        row(f"{count:,}", without * 1e3, full * 1e3, full / count * 1e6)


def tests(repeat: int, largest: int) -> None:
    """What a fork test costs beyond the pass, by the number of occupied codes."""
    table("The tests for forks of one tensor, one thread", "tensor", "occupied bins", "the pass, µs", "the tests, µs")
    rng = np.random.default_rng(0)
    tails = torch.from_numpy(rng.standard_t(1.5, 185_000).astype(np.float32))
    spike = torch.from_numpy((rng.standard_normal(40_000) * rng.choice([1e-3, 1], 40_000)).astype(np.float32))
    kinds = {
        "768 float32": torch.randn(768),
        "768 bfloat16": torch.randn(768).bfloat16(),
        "4,096 float32": torch.randn(4096),
        "64 Ki float32": torch.randn(1 << 16),
        "1 Mi float32": torch.randn(MI),
        "185,000 float32, Student's t of 1.5": tails,
        "185,000 bfloat16, Student's t of 1.5": tails.bfloat16(),
        "185,000 float16, Student's t of 1.5": tails.half(),
        "185,000 bfloat16, forked in two": torch.cat([tails[::2] - 8, tails[1::2] + 8]).bfloat16(),
        "1 Mi bfloat16, sixteen modes": (torch.randint(-8, 8, (MI,)) + 0.1 * torch.randn(MI)).bfloat16(),
        "40,000 float16, half of them a thousandth as wide": spike.half(),
        "1 Mi float32, Student's t of 1.5": torch.from_numpy(np.random.default_rng(0).standard_t(1.5, MI).astype(np.float32)),
        "1 Mi bfloat16": torch.randn(MI).bfloat16(),
    }
    for name, array in kinds.items():
        several = [array] * 20
        with furca.Session(threads=1) as tested, furca.Session(threads=1) as untested:
            without, full = medians(repeat, observing(several, untested, False), observing(several, tested, True))
        row(name, f"{len(sketch(array).bins.count):,}", without / 20 * 1e6, (full - without) / 20 * 1e6)


def looks(repeat: int, largest: int) -> None:
    """Memory must not grow with looks."""
    table("Resident memory by looks at ten tensors of 20,000 float32", "looks", "MiB more than after ten looks")
    arrays = {f"w{i}": torch.randn(20_000) for i in range(10)}
    done, first = 0, 0.0
    with furca.Session(threads=1) as session:
        for target in (10, 100, 1000, 10_000):
            while done < target:
                session.look(done, arrays)
                done += 1
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            first = first or peak
            row(f"{target:,}", peak - first)
    table("Bytes of a sketch of Gaussian values", "elements", "bytes")
    for size in (5000, MI, 16 * MI):
        row(f"{size:,}", f"{len(sketch(torch.randn(size)).to_bytes()):,}")


def quiet(repeat: int, largest: int) -> None:
    """The pass over float32 where other programs share the processor: of two minutes' turns those before and after which short
    passes, the ruler, took no more than an eighth longer than the fastest of all."""
    table(
        "16 Mi float32, undisturbed turns only, in `torch.sum`", "turns", "`torch.sum`, ns/element", "whole", "one block in eight counted"
    )
    values = torch.randn(16 * MI) * 0.02
    short = values[: 1 << 15].clone()

    def ruler() -> float:
        sketch(short)  # which brings it into the cache
        began = perf_counter()
        for _ in range(20):
            sketch(short)
        return perf_counter() - began

    best = min(ruler() for _ in range(500))
    calls = (values.sum, lambda: sketch(values), lambda: sketch(values, counts_one_in=8))
    times: list[list[tuple[float, float]]] = [[] for _ in calls]  # each with the slower of its rulers

    end = perf_counter() + 120
    while perf_counter() < end:
        for call, found in zip(calls, times):
            before = ruler()
            began = thread_time()
            call()
            took = thread_time() - began
            after = ruler()
            best = min(best, before, after)
            found.append((max(before, after), took))
    kept = [[time for slower, time in found if slower <= best * 9 / 8] for found in times]
    base, whole, sampled = (statistics.median(found) if found else float("nan") for found in kept)
    row(" + ".join(str(len(found)) for found in kept), base / len(values) * 1e9, whole / base, sampled / base)


PARTS = {part.__name__: part for part in (types, data, others, threads, tensors, tests, looks, quiet)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--largest", type=int, default=256)
    parser.add_argument("parts", nargs="*", metavar="PART")
    arguments = parser.parse_args()
    for name in arguments.parts:
        if name not in PARTS:
            parser.error(f"there is no part {name}: {', '.join(PARTS)}")
    torch.set_num_threads(1)
    for name in arguments.parts or [name for name in PARTS if name != "quiet"]:
        PARTS[name](arguments.repeat, arguments.largest)


if __name__ == "__main__":
    main()
