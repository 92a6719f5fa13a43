"""How many modes the library counts in random mixtures, against two references that share no code with it.

Both are of persistent homology, by gudhi: a mode of a density is a component of its superlevel sets, which is born at the height of
its peak and dies, at the height of a saddle, when it meets a higher one. Its persistence is the difference of the two, here
relative to the highest peak.

- of the density itself, which is known: modes of at least so much persistence;
- of the sample alone: of a Gaussian kernel density estimate, a mode counts if its persistence is more than twice a band about the
  estimate (Fasy et al., "Confidence sets for persistence diagrams", Annals of Statistics 42, 2014). The band is 4 standard
  errors of the estimate at its highest.

`random_mixture`, `persistences` and `sample_modes` are used by Tests/python/test_persistence.py too.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import NamedTuple

import gudhi
import numpy as np

import furca

#: Points of the grid on which densities are.
GRID = 4096


class Mixture(NamedTuple):
    weights: np.ndarray
    means: np.ndarray
    widths: np.ndarray

    def density(self, x: np.ndarray) -> np.ndarray:
        z = (x[:, None] - self.means) / self.widths
        return (np.exp(-0.5 * z * z) / (self.widths * np.sqrt(2 * np.pi))) @ self.weights

    def grid(self) -> np.ndarray:
        ends = self.means - 6 * self.widths, self.means + 6 * self.widths
        return np.linspace(ends[0].min(), ends[1].max(), GRID)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        part = rng.choice(self.weights.size, count, p=self.weights)
        return self.means[part] + self.widths[part] * rng.standard_normal(count)


def random_mixture(rng: np.random.Generator) -> Mixture:
    """Of 1 to 6 Gaussians of different widths, none of which has less than about a thirtieth of the mass."""
    parts = int(rng.integers(1, 7))
    weights = 0.15 + rng.random(parts)
    return Mixture(weights / weights.sum(), 12 * rng.random(parts), rng.uniform(0.3, 1.2, parts))


def persistences(heights: np.ndarray) -> np.ndarray:
    """Of all modes of a function on a grid, relative to its highest value, descending; the highest mode has 1."""
    cells = gudhi.CubicalComplex(top_dimensional_cells=-heights)
    cells.compute_persistence(homology_coeff_field=2, min_persistence=0)
    lives = cells.persistence_intervals_in_dimension(0)
    lengths = np.where(np.isfinite(lives[:, 1]), lives[:, 1] - lives[:, 0], heights.max())
    return np.sort(lengths / heights.max())[::-1]


def kernel_estimate(values: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, float]:
    """A Gaussian kernel density estimate on an even grid, and the largest standard error of it."""
    step = x[1] - x[0]
    # Half of Silverman's bandwidth for the narrower of spread and quartiles: mixtures are bumpier than a Gaussian.
    quartiles = np.subtract(*np.quantile(values, [0.75, 0.25])) / 1.349
    bandwidth = 0.45 * min(values.std(), quartiles) * values.size**-0.2
    counts, _ = np.histogram(values, np.append(x, x[-1] + step) - step / 2)
    reach = np.arange(-int(5 * bandwidth / step) - 1, int(5 * bandwidth / step) + 2) * step
    kernel = np.exp(-0.5 * (reach / bandwidth) ** 2) / (bandwidth * np.sqrt(2 * np.pi))
    density = np.convolve(counts / values.size, kernel, mode="same")
    error = np.sqrt(density.max() / (2 * np.sqrt(np.pi) * bandwidth * values.size))
    return density, float(error)


def sample_modes(values: np.ndarray, x: np.ndarray) -> int:
    """How many modes of a sample are surely none of noise."""
    density, error = kernel_estimate(values, x)
    return int((persistences(density) > 2 * 4 * error / density.max()).sum())


def table(pairs: Counter[tuple[int, int]], reference: str) -> str:
    most = max(max(pair) for pair in pairs)
    lines = [f"| {reference} \\ Furca | " + " | ".join(map(str, range(1, most + 1))) + " |", "| --- |" + " --- |" * most]
    for theirs in range(1, most + 1):
        row = [pairs[theirs, ours] for ours in range(1, most + 1)]
        lines.append(f"| {theirs} | " + " | ".join(str(count or "") for count in row) + " |")
    return "\n".join(lines)


def report(densities: int = 400, count: int = 50_000, alpha: float = 1e-6) -> None:
    rng = np.random.default_rng(1)
    by_density: Counter[tuple[int, int]] = Counter()
    by_sample: Counter[tuple[int, int]] = Counter()
    too_many, missed = 0, 0
    for number in range(densities):
        mixture = random_mixture(rng)
        x = mixture.grid()
        truth = persistences(mixture.density(x))
        values = mixture.sample(count, rng).astype(np.float32)
        ours = furca.Sketch(values).modes(alpha).count
        by_density[int((truth >= 0.05).sum()), ours] += 1
        by_sample[sample_modes(values.astype(float), x), ours] += 1
        too_many += ours > (truth > 1e-9).sum()
        missed += ours < (truth >= 0.1).sum()
        if number % 20 == 0:
            print(f"\r\033[Kpersistence: {number} of {densities}", end="", file=sys.stderr)
    print("\r\033[K", end="", file=sys.stderr)
    same = sum(n for (a, b), n in by_density.items() if a == b)
    alike = sum(n for (a, b), n in by_sample.items() if a == b)
    print(
        f"{densities} random mixtures of 1 to 6 Gaussians, {count:,} float32 values of each, modes counted at {alpha:g}. Persistence is"
        " by `gudhi`, in shares of the highest peak; the references are described in `persistence.py`.\n\n"
        f"More modes than the density has: {too_many} of {densities}. Fewer than it has of persistence .1 or more: {missed}."
        f" As many as it has of .05 or more: {same}. As many as a kernel estimate of the sample shows beyond its confidence band:"
        f" {alike}.\n"
    )
    print(table(by_density, "modes of the density, persistence ≥ .05") + "\n")
    print(table(by_sample, "modes of the kernel estimate") + "\n")
    invented(rng)
    limits(rng)


def invented(rng: np.random.Generator) -> None:
    """How often two branches, each of one mode, are called more than two."""
    laws = {
        "Gaussian": lambda n: rng.standard_normal(n),
        "Laplace": lambda n: rng.laplace(size=n),
        "Student t2": lambda n: rng.standard_t(2, n),
        "uniform": lambda n: rng.uniform(-1, 1, n),
        "exponential": lambda n: rng.exponential(size=n),
        "lognormal": lambda n: np.exp(rng.standard_normal(n)),
        "scale mixture": lambda n: rng.standard_normal(n) * rng.choice([0.05, 1], n),
        "spike at the edge of a shelf": lambda n: rng.random(n) * rng.choice([0.01, 1], n, p=[0.3, 0.7]),
    }
    print("Two samples of the same law, one five times as wide, 4 to 60 widths apart; tested at 0.01:\n")
    print("| law | looks | called two | called more than two |\n| --- | --- | --- | --- |")
    looks, more = 0, 0
    for name, draw in laws.items():
        counts: Counter[int] = Counter()
        for count, times in ((300, 300), (4000, 300), (40_000, 60)):
            for distance in (4.0, 15.0, 60.0):
                for dtype in (np.float32, np.float16):
                    for _ in range(times // (1 if dtype is np.float32 else 4)):
                        values = np.concatenate([0.2 * draw(count // 2), draw(count // 2) + distance]).astype(dtype)
                        counts[min(furca.Sketch(values).modes(0.01).count, 3)] += 1
        looks += sum(counts.values())
        more += counts[3]
        print(f"| {name} | {sum(counts.values())} | {counts[2]} | {counts[3]} |")
    print(f"\nIn all {more} of {looks} looks show a branch that is not there.\n")


def limits(rng: np.random.Generator) -> None:
    """What the counts cannot see."""
    print(
        "The windows of the valley test are no narrower than a 64th of the interquartile range, and powers of two, and a window must"
        " fit into a valley. So what has more than a few dozen modes, close together over all its range, is called one mode:\n"
    )
    print("| evenly spaced modes, each a tenth of the spacing wide | spacing in interquartile ranges | modes counted |\n| --- | --- | --- |")
    for modes in (4, 8, 12, 16, 24, 32, 40, 60):
        values = (rng.integers(0, modes, 100_000) + 0.1 * rng.standard_normal(100_000)).astype(np.float32)
        spacing = 1 / np.subtract(*np.quantile(values, [0.75, 0.25]))
        print(f"| {modes} | {spacing:.3f} | {furca.Sketch(values).modes(1e-6).count} |")


if __name__ == "__main__":
    report()
