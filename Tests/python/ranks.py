"""A training on several processes, started by the tests: `torchrun … ranks.py SCENARIO FOLDER`."""

import os
import sys
import time

import torch
import torch.distributed as dist
from pytest import MonkeyPatch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, ShardingStrategy, fully_shard
from torch.distributed.fsdp.wrap import ModuleWrapPolicy
from torch.distributed.tensor import Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

import furca
import furca.distributed.replicas
import furca.distributed.shards
from fake_cuda import on_device

STEPS = 5


def net(seed: int = 0) -> torch.nn.Module:
    """Of sizes that two and three processes cannot share evenly, one of them too small for three."""
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(8, 97), torch.nn.LayerNorm(97), torch.nn.GELU(), torch.nn.Linear(97, 64), torch.nn.Linear(64, 1)
    )


def batches(seed: int = 1) -> torch.Tensor:
    return torch.randn(STEPS, 12, 8, generator=torch.Generator().manual_seed(seed))


def train(model, optimizer, after_step=lambda step: None):
    for step, batch in enumerate(batches(), start=1):
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()
        after_step(step)


def save_whole(model, folder):
    """The parameters of a sharded model as one process would have them, for the test to compare with."""
    whole = {name: p.full_tensor() if hasattr(p, "full_tensor") else p.detach() for name, p in model.named_parameters()}
    if dist.get_rank() == 0:
        torch.save(whole, os.path.join(folder, "whole.pt"))


def saved(folder):
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, "a.furca")


def everything(folder):
    """All scenarios in which nobody dies, each in a folder of its own."""
    for scenario in (
        fsdp, fsdp_with_companions, fsdp_files, fsdp_on_devices, fsdp1, fsdp1_not_sharded, fsdp1_flat, tensor_parallel, ddp,
        ddp_that_drifts, ddp_on_devices_that_drifts,
    ):
        scenario(os.path.join(folder, scenario.__name__))
        dist.barrier()
    ddp_watched_on_rank_0_alone(os.path.join(folder, "ddp_watched_on_rank_0_alone"))


def fsdp(folder, **options):
    model = net()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for layer in (model[0], model[3]):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    with furca.watch(model, optimizer, run=saved(folder), sketch_error=1 / 256, **options) as scope:
        train(model, optimizer)
        scope.log(loss=1.0)
    save_whole(model, folder)


def fsdp1(folder, **options):
    model = net()
    wrapped = FullyShardedDataParallel(
        model, device_id=torch.device("cpu"), auto_wrap_policy=ModuleWrapPolicy({torch.nn.Linear}), use_orig_params=True, **options
    )
    optimizer = torch.optim.AdamW(wrapped.parameters(), lr=1e-2)
    with furca.watch(wrapped, optimizer, run=saved(folder), sketch_error=1 / 256):
        train(wrapped, optimizer)
    with FullyShardedDataParallel.summon_full_params(wrapped):
        if dist.get_rank() == 0:
            whole = {name.replace("_fsdp_wrapped_module.", ""): p.detach().clone() for name, p in wrapped.named_parameters()}
            torch.save(whole, os.path.join(folder, "whole.pt"))
    try:
        furca.watch(wrapped, optimizer, run=saved(folder), gradients=True)
    except furca.errors.ArgumentError as error:
        print(error, file=open(os.path.join(folder, f"refused.{dist.get_rank()}"), "a"))


def fsdp1_not_sharded(folder):
    fsdp1(folder, sharding_strategy=ShardingStrategy.NO_SHARD)


def fsdp1_flat(folder):
    wrapped = FullyShardedDataParallel(net(), device_id=torch.device("cpu"))
    try:
        furca.watch(wrapped, None, run=saved(folder))
    except furca.errors.ArgumentError as error:
        print(error, file=open(os.path.join(folder, f"refused.{dist.get_rank()}"), "a"))


def fsdp_with_companions(folder):
    fsdp(folder, gradients=True, optimizer_state=True, updates=True)


def fsdp_files(folder):
    fsdp(folder, ranks="files")


def tensor_parallel(folder):
    model = net()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    plan = {"0": ColwiseParallel(output_layouts=Replicate()), "3": RowwiseParallel(input_layouts=Replicate())}
    parallelize_module(model, mesh, plan)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with furca.watch(model, optimizer, run=saved(folder), sketch_error=1 / 256):
        train(model, optimizer)
    save_whole(model, folder)


def ddp(folder, drift=False):
    model = torch.nn.parallel.DistributedDataParallel(net())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

    def after_step(step):
        if drift and step == 3 and dist.get_rank() == 1:
            with torch.no_grad():
                model.module[3].weight[0, 0] += 1

    def hear(event):
        if event.kind == "drift":
            print(event, file=open(os.path.join(folder, "heard"), "a"))

    with furca.watch(model, optimizer, run=saved(folder), budget=0, sketch_error=1 / 256, on_event=hear):
        train(model, optimizer, after_step)
    save_whole(model.module, folder)


def ddp_that_drifts(folder):
    ddp(folder, drift=True)


def fsdp_on_devices(folder):
    with on_device(MonkeyPatch(), latency=2, copied=256, guards=False):
        fsdp(folder, gradients=True)


def ddp_on_devices_that_drifts(folder):
    with on_device(MonkeyPatch(), latency=2, copied=256, guards=False):
        ddp(folder, drift=True)


def ddp_watched_on_rank_0_alone(folder):
    furca.distributed.replicas.PATIENCE = 1.0
    model = torch.nn.parallel.DistributedDataParallel(net())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scope = None
    if dist.get_rank() == 0:
        scope = furca.watch(model, optimizer, run=saved(folder), budget=0, sketch_error=1 / 256)
    train(model, optimizer)
    if scope:
        scope.close()


def a_rank_dies(folder):
    """No collective operation takes part: what is tested is that Furca's own messages make nobody wait."""
    furca.distributed.shards.PATIENCE = 3.0
    model = net()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for layer in model:
        for name, parameter in list(layer.named_parameters()):
            setattr(layer, name, torch.nn.Parameter(distribute_tensor(parameter.detach(), mesh, [Shard(0)])))
    scope = furca.watch(model, None, run=saved(folder), sketch_error=1 / 256)
    scope.tick()
    scope.tick()
    if dist.get_rank() == 1:
        time.sleep(2)  # What it has sent so far is to arrive.
        os._exit(7)
    time.sleep(3)
    began = time.monotonic()
    for _ in range(20):
        scope.tick()
    ticking = time.monotonic() - began
    scope.close()
    with open(os.path.join(folder, f"seconds.{dist.get_rank()}"), "w") as file:
        print(ticking, time.monotonic() - began, file=file)
    os._exit(0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    globals()[sys.argv[1]](sys.argv[2])
    dist.barrier()
    dist.destroy_process_group()
