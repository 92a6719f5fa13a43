"""Prometheus: the state of a run as text, and a small server that gives it out."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

from ..watching import Scope
from ._looks import _of_scope

QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(scope: Scope) -> str:
    """The latest look of every tensor, the events so far and the cost, in Prometheus' text format."""
    return "\n".join([*_run(scope), *_tensors(scope)]) + "\n"


def serve(scope: Scope, port: int = 9464, host: str = "localhost") -> ThreadingHTTPServer:
    """Answers requests with `text(scope)`, in a thread of its own, while the model trains. `.shutdown()` ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body, status = text(scope).encode(), 200
            except Exception as error:  # The run is closed, say: the one who asks is told, not the training.
                body, status = f"{error}\n".encode(), 503
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="furca-prometheus", daemon=True).start()
    return server


def _run(scope: Scope) -> Iterator[str]:
    summary = scope.session.summary()
    yield from _metric("furca_step", "gauge", "Updates of the parameters.", [("", scope.step)])
    yield from _metric("furca_looks_total", "counter", "Batches looked at.", [("", summary["looks"])])
    yield from _metric(
        "furca_seconds_total", "counter", "Seconds spent on looking.", [("", summary["seconds_inside"])]
    )
    events = Counter((event.kind, event.label or "none") for event in scope.forks())
    yield from _metric(
        "furca_events_total",
        "counter",
        "Forks and other events.",
        [(f'{{kind="{kind}",label="{label}"}}', count) for (kind, label), count in sorted(events.items())],
    )


def _tensors(scope: Scope) -> Iterator[str]:
    looks = list(_of_scope(scope))
    figures = [(look, look.figures()) for look in looks]
    for name in dict.fromkeys(name for _, found in figures for name in found):
        samples = [(_tensor(look.tensor), found[name]) for look, found in figures if name in found]
        yield from _metric(f"furca_{name}", "gauge", f"Of a tensor's elements: {name}.", samples)
    quantiles = [
        (_tensor(look.tensor, f',quantile="{share:g}"'), float(value))
        for look in looks
        for share, value in zip(QUANTILES, look.sketch.quantile(QUANTILES))
    ]
    yield from _metric("furca_quantile", "gauge", "Of a tensor's elements.", quantiles)


def _metric(name: str, kind: str, help: str, samples: list[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{labels} {float(value)!r}".replace("nan", "NaN")


def _tensor(name: str, more: str = "") -> str:
    escaped = name.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{{tensor="{escaped}"{more}}}'
