"""Sparsity curves, settling and pruning, against numpy, scipy, closed forms and torch's own pruning."""

import numpy as np
import pytest
import scipy.stats
import torch

import furca
from furca.distances import wasserstein
from training import model, step

SHARES = (0.5, 0.7, 0.9)


def magnitudes(x):
    return np.sort(np.abs(x.astype(np.float64)))


@pytest.mark.parametrize("law, expected", [("standard_normal", (0.929, 0.783, 0.439)), ("laplace", (0.967, 0.879, 0.595))])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_retained_energy_of_known_laws(rng, law, expected, dtype):
    x = getattr(rng, law)(size=1_000_000).astype(dtype)
    curve = furca.Sparsity.of(furca.Sketch(x))
    assert curve.energy(SHARES) == pytest.approx(expected, abs=2e-3)
    truth = magnitudes(x)
    for share in SHARES:
        kept = (truth[int(share * truth.size):] ** 2).sum() / (truth**2).sum()
        assert curve.energy(share) == pytest.approx(kept, abs=5e-4)
        assert np.mean(truth <= curve.threshold(share)) == pytest.approx(share, abs=2e-3)


def test_a_small_tensor_is_exact(rng):
    x = rng.standard_normal(1000).astype(np.float32)
    curve, truth = furca.Sparsity.of(furca.Sketch(x)), magnitudes(x)
    assert curve.threshold(0.5) == truth[499]
    assert curve.energy(0.5) == pytest.approx((truth[500:] ** 2).sum() / (truth**2).sum(), rel=1e-12)


def test_zeros_count_as_removed(rng):
    x = np.zeros(100_000, dtype=np.float32)
    x[:1000] = rng.standard_normal(1000)
    curve = furca.Sparsity.of(furca.Sketch(x))
    assert curve.threshold(0.5) == 0
    assert curve.energy(0.99) == pytest.approx(1)
    assert curve.share_below(0) == pytest.approx(0.99)


def test_several_sketches_together(rng):
    x, y = rng.standard_normal(50_000).astype(np.float32), 3 * rng.standard_normal(2000).astype(np.float32)
    curve = furca.Sparsity.of(furca.Sketch(x), furca.Sketch(y))
    truth = magnitudes(np.concatenate([x, y]))
    assert np.mean(truth <= curve.threshold(0.8)) == pytest.approx(0.8, abs=2e-3)


def test_nothing_has_no_threshold():
    curve = furca.Sparsity.of(furca.Sketch(np.zeros(0, dtype=np.float32)))
    assert np.isnan(curve.threshold(0.5)) and np.isnan(curve.energy(0.5))
    with pytest.raises(ValueError, match="1.5"):
        furca.Sparsity.of(furca.Sketch(np.ones(4, dtype=np.float32))).threshold(1.5)


@pytest.mark.parametrize("n, m", [(1000, 1000), (1000, 30_000), (30_000, 40_000)])
def test_wasserstein(rng, n, m):
    x = rng.standard_normal(n).astype(np.float32)
    y = (0.3 + 1.2 * rng.standard_normal(m)).astype(np.float32)
    found = wasserstein(furca.Sketch(x), furca.Sketch(y))
    assert found == pytest.approx(scipy.stats.wasserstein_distance(x, y), rel=1e-6 if n == m == 1000 else 0.02)
    assert wasserstein(furca.Sketch(x), furca.Sketch(x)) == 0


def test_settling(rng, tmp_path):
    x = rng.standard_normal(5000).astype(np.float32)
    with furca.Session(tmp_path / "a.furca", budget=0) as session:
        for s in range(41):
            session.look(s, {"moves until 20": x + max(0, 20 - s), "never moves": x, "constant": np.ones(20, np.float32)})
        path = session.path
    found = furca.open(path).settled(eps=0.05)
    assert found["moves until 20"] == (20, 0.5)
    assert found["never moves"] == (0, 1.0)
    assert "constant" not in found
    assert furca.open(path).settled(eps=3.5)["moves until 20"].step == 17


@pytest.fixture
def trained(tmp_path):
    net = model()
    net.append(torch.nn.Linear(4, 20_000))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with furca.watch(net, optimizer, run=tmp_path / "a.furca", budget=0) as scope:
        step(net, optimizer)
    return net, scope.path


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_pruning_removes_what_torch_removes(trained, share):
    import copy

    import torch.nn.utils.prune

    net, path = trained
    reference = copy.deepcopy(net)
    done = furca.prune(net, path, share)
    assert set(done) == {"0.weight", "3.weight", "4.weight"}
    for index in (0, 3, 4):
        torch.nn.utils.prune.l1_unstructured(reference[index], "weight", share)
        ours, theirs = net[index].weight == 0, reference[index].weight == 0
        assert float(ours.double().mean()) == done[f"{index}.weight"].sparsity
        assert abs(float(ours.double().mean()) - share) < 0.005
        assert float((ours != theirs).double().mean()) < 0.005


def test_global_pruning(trained):
    import torch.nn.utils.prune

    net, path = trained
    weights = [net[index].weight for index in (0, 3, 4)]
    flat = torch.cat([w.detach().abs().ravel() for w in weights])
    done = furca.prune(net, furca.open(path), 0.6, by="global")
    assert len({one.threshold for one in done.values()}) == 1
    removed = sum(int((w == 0).sum()) for w in weights)
    assert removed / flat.numel() == pytest.approx(0.6, abs=0.005)
    assert done["0.weight"].threshold == pytest.approx(float(flat.sort().values[int(0.6 * flat.numel())]), rel=0.01)


def test_what_cannot_be_pruned_is_said(trained, tmp_path):
    net, path = trained
    with pytest.raises(furca.errors.ArgumentError, match="1.2"):
        furca.prune(net, path, 1.2)
    net[4] = torch.nn.Linear(4, 7)
    with pytest.raises(furca.errors.ArgumentError, match="4.weight has 28 elements"):
        furca.prune(net, path, 0.5)
