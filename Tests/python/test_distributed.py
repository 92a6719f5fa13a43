"""Several processes: shards are merged to exactly the counts of one process, replicas are compared, the dead hold up nobody."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

import furca
import ranks

pytestmark = pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="torch has no gloo")

SCRIPT = Path(ranks.__file__)
LEAF_STEPS = list(range(ranks.STEPS + 1))


@pytest.fixture(scope="module", params=[2, 3])
def trained(request, tmp_path_factory):
    """The folder in which `ranks.everything` was run on two and on three processes."""
    folder = tmp_path_factory.mktemp(f"ranks{request.param}")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(request.param)]
    done = subprocess.run(
        [*command, str(SCRIPT), "everything", str(folder)], capture_output=True, text=True, timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same training in one process."""
    model = ranks.net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    path = tmp_path_factory.mktemp("alone") / "a.furca"
    options = dict(gradients=True, optimizer_state=True, updates=True)
    with furca.watch(model, optimizer, run=path, budget=0, **options) as scope:
        ranks.train(model, optimizer)
    return furca.open(scope.path)


def counts_are_those_of(run, whole):
    """Exactly, of the parameters after training."""
    for name, parameter in whole.items():
        mine, theirs = run[name].sketch(), furca.Sketch(parameter)
        assert run[name].steps.tolist() == LEAF_STEPS
        assert mine.stats.count == parameter.numel(), name
        for field in ("lower", "upper", "value", "count"):
            assert np.array_equal(getattr(mine.bins, field), getattr(theirs.bins, field)), (name, field)
        q = np.linspace(0, 1, 33)
        assert np.array_equal(mine.quantile(q), theirs.quantile(q)), name
        assert (mine.stats.min, mine.stats.max, mine.stats.zeros) == (theirs.stats.min, theirs.stats.max, theirs.stats.zeros)
        assert mine.stats.std == pytest.approx(theirs.stats.std, rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("scenario", ["fsdp", "fsdp1", "fsdp1_not_sharded", "fsdp_with_companions", "tensor_parallel", "ddp"])
def test_the_run_on_rank_0_has_the_counts_of_the_whole(trained, scenario):
    run = furca.open(trained / scenario / "a.furca")
    whole = torch.load(trained / scenario / "whole.pt")
    counts_are_those_of(run, whole)
    assert [run[name].shape for name in whole] == [tuple(parameter.shape) for parameter in whole.values()]
    assert run.gaps == []


def test_shards_on_devices_merge_to_the_whole(trained):
    run = furca.open(trained / "fsdp_on_devices" / "a.furca")
    for name, parameter in torch.load(trained / "fsdp_on_devices" / "whole.pt").items():
        mine, theirs = run[name].sketch(), furca.Sketch(parameter)
        assert run[name].steps.tolist() == LEAF_STEPS
        assert run[f"{name}.grad"].steps.tolist() == LEAF_STEPS[1:]
        for field in ("lower", "upper", "value", "count"):
            assert np.array_equal(getattr(mine.bins, field), getattr(theirs.bins, field)), (name, field)
        assert (mine.stats.min, mine.stats.max, mine.stats.zeros) == (theirs.stats.min, theirs.stats.max, theirs.stats.zeros)
        assert mine.stats.std == pytest.approx(theirs.stats.std, rel=1e-7, abs=1e-300)


def test_a_replica_on_a_device_that_drifts_is_told(trained):
    """And no other: the digests of what was counted are the same where the parameters are."""
    run = furca.open(trained / "ddp_on_devices_that_drifts" / "a.furca")
    events = [event for event in run.forks() if event.kind == "drift"]
    assert [(event.tensor, event.onset) for event in events] == [("3.weight", (2, 4))]


def test_files_of_all_ranks_merge_to_the_whole(trained, tmp_path):
    run = furca.merge(str(trained / "fsdp_files" / "a.rank*.furca"), tmp_path / "merged.furca")
    counts_are_those_of(run, torch.load(trained / "fsdp_files" / "whole.pt"))
    assert run.metrics["loss"].values.tolist() == [1.0]


def test_what_the_first_fsdp_has_that_is_not_watched_is_refused_on_all_ranks(trained):
    for scenario, reason in [("fsdp1", "only the parameters are watched"), ("fsdp1_flat", "8 parameters in one")]:
        refused = sorted((trained / scenario).glob("refused.*"))
        assert len(refused) in (2, 3)
        assert all(reason in path.read_text() for path in refused)


def test_companions_are_whole_too(trained, alone):
    run = furca.open(trained / "fsdp_with_companions" / "a.furca")
    assert set(run.tensors) == set(alone.tensors)
    for name in run.tensors:
        assert run[name].shape == alone[name].shape, name
        assert run[name].steps.tolist() == alone[name].steps.tolist(), name
        # The sum over processes rounds otherwise than the mean over one batch.
        assert run[name].stats().l2 == pytest.approx(alone[name].stats().l2, rel=1e-2), name


def test_a_replica_that_drifts_is_told(trained):
    run = furca.open(trained / "ddp_that_drifts" / "a.furca")
    [gap] = run.gaps
    assert gap.name == "rank 1"
    assert "after step 2 and by step 4" in gap.reason and "3.weight" in gap.reason
    [event] = [event for event in run.forks() if event.kind == "drift"]
    assert (event.tensor, event.onset, event.branches) == ("3.weight", (2, 4), ())
    assert str(event) == "3.weight differs on process 1 at step 4, and was the same at step 2"
    assert event.step in (4, 5), "of the look after which it was found out"
    heard = (trained / "ddp_that_drifts" / "heard").read_text().splitlines()
    assert heard == [str(event)], "on_event was not called"


def test_a_watch_on_one_rank_alone_is_no_trouble(trained):
    run = furca.open(trained / "ddp_watched_on_rank_0_alone" / "a.furca")
    assert run["0.weight"].steps.tolist() == LEAF_STEPS
    [gap] = run.gaps
    assert gap.name == "replicas" and "rank 1 sent nothing" in gap.reason


def test_a_rank_that_dies_holds_up_nobody(tmp_path):
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    place = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "WORLD_SIZE": "3", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), "a_rank_dies", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, **place, "RANK": str(rank)},
        )
        for rank in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 7, 0], said
    for rank in (0, 2):
        ticking, all_in_all = map(float, (tmp_path / f"seconds.{rank}").read_text().split())
        assert ticking < 2 and all_in_all < 12
    run = furca.open(tmp_path / "a.furca")
    assert run["0.weight"].steps.tolist() == [0, 1, 2]
    [gap] = run.gaps
    assert gap.name == "shards" and "rank 1 sent nothing for 3 s" in gap.reason


def test_what_cannot_be_merged_is_said(tmp_path):
    with pytest.raises(furca.errors.ArgumentError, match="no file"):
        furca.merge(str(tmp_path / "*.furca"), tmp_path / "m.furca")
    with pytest.raises(furca.errors.ArgumentError, match="no files"):
        furca.merge([], tmp_path / "m.furca")
