"""Trees of branches: as a structure, as text, as a picture; and the timeline of a run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest

import furca
from furca import ForkEvent, Onset, Tree
from furca.errors import ArgumentError, EmptyError, UnknownError
from furca.modes import Branch

SIZE = 600


def branches(*those: tuple[int, float]) -> tuple[Branch, ...]:
    """Of names and masses, at 0, 1, 2, …"""
    return tuple(Branch(place, mass, place - 0.5, place + 0.5, name) for place, (name, mass) in enumerate(those))


def event(step: int, kind: str, *those: tuple[int, float], after: int | None = 0, label: str | None = None) -> ForkEvent:
    return ForkEvent(step, Onset(after, step), "w", kind, label, branches(*those), 0.1, 1e-9, "")


#: A trunk that splits, of which the upper branch splits again; the two lower ones merge, and a tiny one comes and goes.
STORY = [
    event(10, "split", (0, 0.6), (1, 0.4), after=5, label="optimizer"),
    event(200, "established", (0, 0.6), (1, 0.4), after=150, label="learned"),
    event(300, "split", (0, 0.6), (1, 0.25), (2, 0.15), after=290, label="learned"),
    event(400, "merge", (0, 0.85), (2, 0.15), after=350),
    event(500, "birth", (0, 0.85), (2, 0.14), (3, 0.01), after=450, label="learned"),
    event(600, "death", (0, 0.85), (2, 0.15), after=550),
]


def test_the_structure_of_a_tree() -> None:
    tree = Tree.of("w", STORY, first=0, last=700)
    [trunk] = tree.roots
    assert (trunk.name, trunk.parent, trunk.start, trunk.onset, trunk.end) == (0, None, 0, None, None)
    assert [branch.name for branch in trunk.children] == [1]
    one, two, three = tree[1], tree[2], tree[3]
    assert (one.parent, one.start, one.onset, one.end, one.into) == (0, 10, (5, 10), 400, 0)
    assert (one.label, one.learned, one.mass) == ("learned", 200, 0.25)
    assert (two.parent, two.start, two.end, two.label, two.learned) == (1, 300, None, "learned", None)
    assert (three.parent, three.onset, three.end, three.into, three.mass) == (2, (450, 500), 600, 2, 0.01)
    assert [branch.name for branch in tree] == [0, 1, 2, 3]
    assert [branch.name for branch in tree.alive] == [0, 2] and tree.step == 700
    with pytest.raises(KeyError, match="w has had no branch 7"):
        tree[7]


def test_a_tree_in_words() -> None:
    assert str(Tree.of("w", STORY, first=0, last=700)).splitlines() == [
        "w: 2 branches at step 700",
        "0  85 % at 0, from step 0",
        "└─ 1  25 % at 1, split off between steps 5 and 10, learned by step 200, merged into 0 by step 400",
        "   └─ 2  15 % at 1, split off between steps 290 and 300 (learned)",
        "      └─ 3  1 % at 2, split off between steps 450 and 500 (learned), merged into 2 by step 600",
    ]


def test_of_many_children_some_are_named() -> None:
    teeth = [(name, 0.02) for name in range(1, 41)]
    text = str(Tree.of("w", [event(1, "split", (0, 0.2), *teeth, label="lattice")]))
    assert "… and 28 more like these" in text and len(text.splitlines()) == 2 + 13


def test_what_was_forked_when_first_seen_has_several_roots() -> None:
    tree = Tree.of("w", [event(50, "split", (0, 0.5), (1, 0.5), after=None, label="learned")])
    assert [(root.name, root.parent) for root in tree.roots] == [(0, None), (1, None)]


def test_the_latest_look_counts_if_it_shows_the_same_branches() -> None:
    assert Tree.of("w", STORY, now=branches((0, 0.9), (2, 0.1)))[2].mass == 0.1
    assert Tree.of("w", STORY, now=branches((0, 0.9), (5, 0.1)))[2].mass == 0.15


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[furca.Session]:
    """A run in which one tensor splits and one of its branches does again, one is pruned, one breaks, one freezes."""
    rng = np.random.default_rng(4)
    noise, side = rng.standard_normal(SIZE), rng.permutation(np.repeat([-1, 1], SIZE // 2))
    with furca.Session(tmp_path_factory.mktemp("run") / "a.furca", budget=0) as session:
        for step in [0, 1, 2, 5, 10, 20, 50, *range(100, 2001, 100)]:
            moving = (1 + 1e-5 * step) * noise
            apart = 6.0 * side * (step >= 300) + 12.0 * side * (side > 0) * (noise > 0) * (step >= 900)
            w = moving + apart
            arrays = {
                "h.10.w": moving,
                "h.2.w": w,
                "h.2.pruned": np.where((np.abs(noise) < 0.7) & (step >= 500), 0, moving),
                "broken": np.where((np.arange(SIZE) == 3) & (step >= 700), np.nan, moving),
                "still": noise if step else 2 * noise,
            }
            session.look(step, {name: array.astype(np.float32) for name, array in arrays.items()})
        yield session


def check_tree_of_w(tree: Tree) -> None:
    assert tree.step == 2000 and len(tree.alive) == 3
    assert [branch.position for branch in tree.alive] == pytest.approx([-6, 6, 18], abs=1)
    first, second = sorted((branch for branch in tree if branch.parent is not None), key=lambda branch: branch.start or 0)
    assert (first.start, second.start) == (300, 900)
    assert sum(branch.mass for branch in tree.alive) == pytest.approx(1)


def test_of_a_live_session_a_live_file_and_a_copy(session: furca.Session) -> None:
    check_tree_of_w(session.events().tree("h.2.w"))
    session.flush()
    run = furca.open(session.path)
    assert not run.finished
    forks = run.forks("h.2.w")
    check_tree_of_w(forks.tree())
    assert forks.tree().roots[0].start == 0
    copy = pickle.loads(pickle.dumps(forks))
    assert copy == forks and [branch.name for branch in copy.tree()] == [branch.name for branch in forks.tree()]


def test_of_a_finished_file(tmp_path: Path, rng: np.random.Generator) -> None:
    noise, side = rng.standard_normal(SIZE), rng.choice([-1, 1], SIZE)
    with furca.Session(tmp_path / "a.furca") as session:
        for step in range(5):
            session.look(step, {"w": noise + (step > 2) * 5 * side, "one": noise})
    run = furca.open(tmp_path / "a.furca")
    assert run.finished and len(run.forks("w").tree().alive) == 2
    [trunk] = run.forks("one").tree().roots
    assert (trunk.mass, trunk.start, trunk.children) == (1, 0, ())


def test_of_which_tensor(session: furca.Session) -> None:
    session.flush()
    run = furca.open(session.path)
    with pytest.raises(ArgumentError, match=r"events of 4 tensors: say of which"):
        run.forks().tree()
    with pytest.raises(UnknownError, match="has no tensor 'h.3.w'"):
        run.forks("h.3.w")
    with pytest.raises(ArgumentError, match="no events here"):
        furca.Forks().tree()


@pytest.fixture(scope="module")
def run(session: furca.Session) -> furca.Run:
    pytest.importorskip("matplotlib")
    session.flush()
    return furca.open(session.path)


@pytest.mark.parametrize("position", ["share", "value"])
@pytest.mark.parametrize("step_axis", ["log", "linear"])
@pytest.mark.parametrize("name", ["h.2.w", "h.10.w", "broken"])
def test_pictures_of_trees(name: str, step_axis, position, run: furca.Run, tmp_path: Path) -> None:
    axes = run.plot.tree(name, step_axis=step_axis, position=position, save=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 3_000
    assert axes.get_title(loc="left") == name


def test_a_picture_shows_the_branches(run: furca.Run, tmp_path: Path) -> None:
    from furca.plot import style
    from matplotlib.colors import to_hex

    shares = run.plot.tree("h.2.w", save=tmp_path / "a.png")
    [bands] = shares.collections
    last = [path.vertices for path in bands.get_paths() if path.vertices[:, 0].max() >= 2000 * (1 - 1e-9)]
    masses = [branch.mass for branch in run["h.2.w"].branches()]
    thick = [np.ptp(band[band[:, 0] >= band[:, 0].max() - 1e-6][:, 1]) for band in last]
    assert np.array(thick) / sum(thick) == pytest.approx(masses, abs=1e-6)
    assert to_hex(bands.get_facecolor()[0]) == style.TRUNK and to_hex(bands.get_facecolor()[-1]) == style.BRANCH
    texts = [text.get_text() for text in shares.texts]
    assert texts.count("split (learned)") == 2 and sum(" at " in text for text in texts) == 3

    values = run.plot.tree("h.2.w", position="value", save=tmp_path / "b.png")
    [lines] = values.collections
    ends = [segment[-1][1] for segment in lines.get_segments() if segment[-1][0] == 2000]
    assert ends == pytest.approx([branch.position for branch in run["h.2.w"].branches()])


def test_the_timeline_shows_every_tensor_in_the_order_of_layers(run: furca.Run, tmp_path: Path) -> None:
    from furca.plot import style
    from matplotlib.colors import to_hex

    axes = run.plot.timeline(save=tmp_path / "a.png")
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["h.2.w", "h.2.pruned", "h.10.w", "broken", "still"]
    thin, thick = axes.collections[:2]
    assert len(thin.get_segments()) == 5
    forked = {
        (to_hex(colour), tuple(segment[:, 0])) for colour, segment in zip(thick.get_colors(), thick.get_segments())
    }
    assert (style.LABELS["learned"], (300, 2000)) in forked
    assert (style.LABELS["pruned"], (500, 2000)) in forked
    marks = [(c.get_offsets().data.tolist()) for c in axes.collections[2:]]
    assert [[300, 0], [900, 0], [500, 1]] in [sorted(mark, key=lambda m: (m[1], m[0])) for mark in marks]
    assert [[700, 3]] in marks
    words = {text.get_text() for text in axes.get_legend().get_texts()}
    assert {"one mode", "forked by learning", "forked by pruning", "split", "NaN or infinity", "frozen"} <= words


def test_a_timeline_of_hundreds(tmp_path: Path, rng: np.random.Generator) -> None:
    noise, side = rng.standard_normal(SIZE), rng.choice([-1, 1], SIZE)
    names = [f"h.{layer}.{part}" for layer in range(60) for part in ("q", "k", "v", "up", "down")]
    with furca.Session(tmp_path / "a.furca") as session:
        for step in range(3):
            session.look(step, {name: noise + 9 * side * (name == "h.31.up") * (step == 2) for name in names})
    axes = furca.open(tmp_path / "a.furca").plot.timeline(save=tmp_path / "a.png")
    assert [text.get_text() for text in axes.texts] == ["h.31.up"]
    layers = [label.get_text() for label in axes.get_yticklabels()]
    assert len(layers) > 20 and layers[0] == "h.0" and all(name in {f"h.{i}" for i in range(60)} for name in layers)


def test_wrong_use_of_pictures(run: furca.Run, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match='position is \'height\': it must be "share" or "value"'):
        run.plot.tree("h.2.w", position="height")
    with pytest.raises(ArgumentError, match="step_axis is 'time'"):
        run.plot.timeline(step_axis="time")
    with pytest.raises(UnknownError, match="has no tensor 'x'"):
        run.plot.tree("x")
    with furca.Session(tmp_path / "a.furca") as session:
        session.register("never", "float32", (3,))
    empty = furca.open(tmp_path / "a.furca")
    with pytest.raises(EmptyError, match="never has not been looked at yet"):
        empty.plot.tree("never")
    with pytest.raises(EmptyError, match="no tensor has been looked at yet"):
        empty.plot.timeline()
    with furca.Session(tmp_path / "b.furca") as session:
        session.look(0, {"nan": np.full(4, np.nan)})
    with pytest.raises(EmptyError, match="nan has had no finite value yet"):
        furca.open(tmp_path / "b.furca").plot.tree("nan")
