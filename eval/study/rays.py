"""Runs the lines of a study on a Ray cluster: the same child processes, on whichever node has a free core.

Nodes need Switchboard installed; the texts travel with the task, and each node uses its own `var/`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from eval.study.cell import Batch, Cell, lesson_of
from eval.study.point import FAILED, Point
from eval.study.runner import Setup, run_batch
from eval.study.study import RunBatch, Step
from eval.study.trial import unscored

LOCAL = "local"
"""As an address: start Ray here."""
HERE: Mapping[str, Any] = {
    "include_dashboard": False,
    "_node_ip_address": "127.0.0.1",
    "_system_config": {"worker_niceness": 0},  # else what runs here is measured at the lowest priority
}


class NoRay(RuntimeError):
    """Ray is not installed, or the cluster cannot be reached."""


def work_there(document: Mapping[str, Any], batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Carry out the cells of one line where the task runs."""
    for point in run_batch(Setup.from_document(document), tuple(Cell(**cell) for cell in batch)):
        yield point.to_document()


@contextmanager
def on_ray(address: str, setup: Setup) -> Iterator[tuple[RunBatch, int]]:
    """Connect to a cluster; gives how a line is carried out there, and how many at once.

    Args:
        address: as `ray.init` takes it, or `local`.
        setup: what will be run; on a cluster every node uses its own home folder.

    Raises:
        NoRay: there is no Ray here, or nothing at the address.
    """
    try:
        import ray  # only this option needs it
    except ImportError as exc:
        raise NoRay("--ray needs the package ray: pip install 'switchboard-chat[ray]'") from exc
    try:
        here = HERE if address == LOCAL else {}
        ray.init(address=address, log_to_driver=False, logging_level="error", **here)
    except (ConnectionError, ValueError, RuntimeError) as exc:
        raise NoRay(f"no Ray cluster at {address}: {exc}") from exc
    threads = setup.protocol.study.threads
    there = setup if address == LOCAL else replace(setup, home=None)
    shipped = ray.put(there.to_document())
    task = ray.remote(work_there).options(num_cpus=threads, num_returns="streaming", max_retries=0)

    def run(setup: Setup, batch: Batch, tell: Step) -> Iterator[Point]:  # noqa: ARG001 - nodes do not tell steps
        left = list(batch)
        try:
            for reference in task.remote(shipped, [cell.to_document() for cell in batch]):
                yield Point.read(ray.get(reference))
                left.pop(0)
        except ray.exceptions.RayError as exc:
            for cell in left:
                lesson = lesson_of(cell, setup.material, setup.protocol)
                yield unscored(cell, lesson, FAILED, f"Ray: {str(exc).splitlines()[0]}")

    try:
        yield run, max(int(ray.cluster_resources().get("CPU", 1)) // threads, 1)
    finally:
        ray.shutdown()
