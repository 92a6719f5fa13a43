"""The garden: what it draws, and that it is saved."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import furca
from furca.errors import ArgumentError, EmptyError, UnknownError

pytest.importorskip("matplotlib")
from matplotlib import pyplot  # noqa: E402


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> furca.Run:
    """A pitchfork, a constant, a bare number, a tensor with nothing finite, one never seen, and a lognormal."""
    rng = np.random.default_rng(8)
    path = tmp_path_factory.mktemp("run") / "a.furca"
    side = rng.choice([-1, 1], 500)
    with furca.Session(path, budget=0) as session:
        session.register("never", "float32", (3,))
        for step in [0, 1, 2, 3, 5, 8, 13, 20, 40, 80, 160, 320, 640, 1000]:
            width = 0.0 if step == 0 else 0.02 + 0.001 * math.sqrt(step)
            arrays = {
                "pitchfork": width * rng.standard_normal(500) + side * max(0.0, math.log2(max(1, step)) - 5) / 5,
                "constant": np.full(50, 0.5),
                "number": np.array(float(step)),
                "broken": np.full(5, np.nan),
                "wide": np.exp(rng.standard_normal(30_000)),
            }
            session.look(step, {name: array.astype(np.float32) for name, array in arrays.items()})
    return furca.open(path)


@pytest.mark.parametrize("name", ["pitchfork", "constant", "number", "broken", "wide"])
@pytest.mark.parametrize("step_axis", ["log", "linear"])
@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_every_tensor_is_drawn_and_saved(name: str, step_axis, ending: str, run: furca.Run, tmp_path: Path) -> None:
    picture = tmp_path / f"garden.{ending}"
    axes = run.plot.garden(name, step_axis=step_axis, save=picture)
    assert picture.stat().st_size > 3_000
    assert axes.get_xlabel() == "training step" and name in axes.get_title(loc="left")
    assert pyplot.get_fignums() == []


def test_a_density_is_where_the_values_are(run: furca.Run, tmp_path: Path) -> None:
    axes = run.plot.garden("pitchfork", save=tmp_path / "a.png")
    [mesh] = [child for child in axes.collections if child.get_array() is not None and child.get_array().size > 1000]
    columns = np.asarray(mesh.get_array())
    coordinates = mesh.get_coordinates()
    heights = (coordinates[:-1, 0, 1] + coordinates[1:, 0, 1]) / 2
    sketch = run["pitchfork"].sketch()
    last = columns[:, -1] / columns[:, -1].sum()
    assert (last @ heights) == pytest.approx(sketch.stats.mean, abs=0.05)
    for side in (-1, 1):
        half = last * (heights * side > 0)
        assert (half @ heights) / half.sum() == pytest.approx(side, abs=0.15)
    assert np.asarray(columns).max() == 1 and np.asarray(columns).min() >= 0


def test_steps_are_on_the_axis_asked_for(run: furca.Run, tmp_path: Path) -> None:
    for step_axis, scale in (("log", "symlog"), ("linear", "linear")):
        axes = run.plot.garden("wide", step_axis=step_axis, save=tmp_path / "a.png")
        assert axes.get_xscale() == scale
        low, high = axes.get_xlim()
        assert low <= 0 and high >= 1000


def test_on_axes_of_the_callers(run: furca.Run) -> None:
    figure, axes = pyplot.subplots(1, 2)
    assert run.plot.garden("pitchfork", ax=axes[0]) is axes[0]
    assert run.plot.garden("wide", ax=axes[1], step_axis="linear") is axes[1]
    figure.canvas.draw()
    pyplot.close(figure)


def test_branches_are_drawn_over_it(run: furca.Run, tmp_path: Path) -> None:
    from matplotlib.collections import LineCollection

    axes = run.plot.garden("pitchfork", save=tmp_path / "a.png")
    segments = [s for c in axes.collections if isinstance(c, LineCollection) for s in c.get_segments()]
    ends = sorted({round(float(s[-1][1])) for s in segments if s[-1][0] == 1000})
    assert ends == [-1, 1]
    texts = [text.get_text() for text in axes.texts]
    assert any("split" in text for text in texts)
    masses = [float(text.rstrip("%")) for text in texts if text.endswith("%")]
    assert len(masses) == 2 and sum(masses) == pytest.approx(100, abs=1)


def test_wrong_use(run: furca.Run, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match='step_axis is \'time\': it must be "log" or "linear"'):
        run.plot.garden("wide", step_axis="time")
    with pytest.raises(UnknownError, match="has no tensor 'wire'"):
        run.plot.garden("wire")
    with pytest.raises(EmptyError, match="no distribution of never has been kept yet"):
        run.plot.garden("never")
    with pytest.raises(OSError):
        run.plot.garden("wide", save=tmp_path / "nowhere" / "a.png")
    assert pyplot.get_fignums() == []


def test_paths_end_in_their_branches(run: furca.Run, tmp_path: Path) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_hex

    axes = run.plot.garden("pitchfork", paths=True, save=tmp_path / "a.png")
    [lines] = [c for c in axes.collections if isinstance(c, LineCollection) and len(c.get_segments()) == 160]
    ends = np.array([segment[-1, 1] for segment in lines.get_segments()])
    colours = np.array([to_hex(colour) for colour in lines.get_colors()])
    assert len(set(colours[ends > 0])) == len(set(colours[ends < 0])) == 1 and len(set(colours)) == 2
    # The lines are those elements' values, and the branches have their shares of them.
    paths = run.paths("pitchfork")
    elements = {tuple(column) for column in paths.values.T.astype(float).round(6)}
    assert all(tuple(segment[:, 1].round(6)) in elements for segment in lines.get_segments())
    assert (ends > 0).mean() == pytest.approx((paths.values[-1] > 0).mean(), abs=0.01)
    assert {text.get_color() for text in axes.texts if text.get_text().endswith("%")} == set(colours)
    assert "160 drawn" in axes.get_title(loc="right")


@pytest.mark.parametrize("name, drawn", [("constant", 50), ("number", 1), ("broken", 0), ("wide", 30)])
def test_paths_of_every_tensor(name: str, drawn: int, run: furca.Run, tmp_path: Path) -> None:
    from matplotlib.collections import LineCollection

    axes = run.plot.garden(name, paths=True if name != "wide" else 30, save=tmp_path / "a.png")
    [lines] = [c for c in axes.collections if isinstance(c, LineCollection) and c.get_alpha() is not None]
    assert len(lines.get_segments()) == drawn


def test_no_paths_no_picture(tmp_path: Path) -> None:
    with furca.Session(tmp_path / "a.furca", paths=0) as session:
        session.look(0, {"w": np.arange(9, dtype=np.float32)})
    with pytest.raises(EmptyError, match="paths = 0"):
        furca.open(tmp_path / "a.furca").plot.garden("w", paths=True)
