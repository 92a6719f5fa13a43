"""What the exporters hand over, read back by the tools' own readers."""

import re
import urllib.request

import numpy as np
import pytest
import torch

import furca
from furca.exporters import prometheus
from training import model, step


@pytest.fixture
def scope(tmp_path):
    net = model(width=128)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    scope = furca.watch(net, optimizer, run=tmp_path / "a.furca", budget=0)
    scope.net, scope.train = net, lambda: step(net, optimizer)
    scope.train()
    yield scope
    scope.close(report=False)


def test_tensorboard(scope, tmp_path):
    pytest.importorskip("tensorboard", reason="needs tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    from furca.exporters.tensorboard import TensorBoard

    with SummaryWriter(tmp_path / "tb") as writer:
        export = TensorBoard(writer)
        export(scope)
        export(scope)  # Nothing is new.
        scope.train()
        export(scope)
    read = EventAccumulator(str(tmp_path / "tb"), size_guidance={"histograms": 0, "scalars": 0}).Reload()
    [first, second] = read.Histograms("0.weight")
    weights = scope.net[0].weight.detach().double().numpy().ravel()
    assert (first.step, second.step) == (1, 2)
    histogram = second.histogram_value
    assert histogram.num == weights.size and sum(histogram.bucket) == pytest.approx(weights.size)
    assert (histogram.min, histogram.max) == (weights.min(), weights.max())
    assert histogram.sum_squares == pytest.approx((weights**2).sum())
    expected, _ = np.histogram(weights, bins=np.linspace(weights.min(), weights.max(), 65))
    assert np.abs(np.array(histogram.bucket)[-64:] - expected).sum() <= 2
    assert [(s.step, s.value) for s in read.Scalars("0.weight/std")][-1] == (2, pytest.approx(weights.std(), rel=1e-6))
    events = scope.forks()
    assert len(events) > 0
    assert len(read.Scalars("furca/events")) == len(events)


def test_tensorboard_of_a_finished_run(scope, tmp_path):
    pytest.importorskip("tensorboard", reason="needs tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    from furca.exporters.tensorboard import TensorBoard

    scope.train()
    scope.close(report=False)
    with SummaryWriter(tmp_path / "tb") as writer:
        TensorBoard(writer)(furca.open(scope.path))
    read = EventAccumulator(str(tmp_path / "tb"), size_guidance={"histograms": 0}).Reload()
    assert [h.step for h in read.Histograms("0.weight")] == [0, 1, 2]


def test_wandb(scope, tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="needs wandb")
    from furca.exporters.wandb import WandB

    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(mode="offline", dir=str(tmp_path), project="furca")
    logged, log = [], run.log
    run.log = lambda data: (logged.append(data), log(data))
    export = WandB(run)
    export(scope)
    scope.train()
    export(scope)
    run.finish()
    assert [row["furca/step"] for row in logged] == [1, 2]
    weights = scope.net[0].weight.detach().double().numpy()
    histogram = logged[1]["furca/0.weight"]
    assert isinstance(histogram, wandb.Histogram) and sum(histogram.histogram) == pytest.approx(weights.size)
    assert logged[1]["furca/0.weight/std"] == pytest.approx(weights.std(), rel=1e-6)
    assert logged[0]["furca/events"] == len([event for event in scope.forks() if event.step <= 1])
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))


def test_mlflow(scope, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="needs mlflow")
    from furca.exporters.mlflow import MLflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file://{tmp_path}/mlflow")
    with mlflow.start_run() as run:
        export = MLflow()
        export(scope)
        scope.train()
        export(scope)
    client = mlflow.MlflowClient()
    history = client.get_metric_history(run.info.run_id, "0.weight/std")
    weights = scope.net[0].weight.detach().double().numpy()
    assert [metric.step for metric in history] == [1, 2]
    assert history[1].value == pytest.approx(weights.std(), rel=1e-6)
    median = client.get_metric_history(run.info.run_id, "0.weight/q0.5")[1].value
    assert median == np.quantile(weights, 0.5, method="inverted_cdf")
    assert len([tag for tag in client.get_run(run.info.run_id).data.tags if tag.startswith("furca.fork.")]) == len(scope.forks())


LINE = re.compile(r'^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})? [-+.\deEaNinf]+)$')


def test_prometheus_text(scope):
    text = prometheus.text(scope)
    assert all(LINE.match(line) for line in text.splitlines())
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    weights = scope.net[0].weight.detach().double().numpy()
    assert float(values['furca_std{tensor="0.weight"}']) == pytest.approx(weights.std())
    assert float(values['furca_quantile{tensor="0.weight",quantile="0.5"}']) == np.quantile(
        weights, 0.5, method="inverted_cdf"
    )
    assert float(values["furca_step"]) == 1
    parser = pytest.importorskip("prometheus_client.parser", reason="needs prometheus_client for its parser")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert len(families["furca_std"].samples) == 6


def test_prometheus_server(scope):
    server = prometheus.serve(scope, port=0)
    try:
        address = f"http://localhost:{server.server_address[1]}/metrics"
        assert "furca_step 1.0" in urllib.request.urlopen(address).read().decode()
        scope.train()
        assert "furca_step 2.0" in urllib.request.urlopen(address).read().decode()
        scope.close(report=False)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(address)
    finally:
        server.shutdown()
