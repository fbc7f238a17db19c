"""Nodes that come when a worker has no place, and go when they have been empty for a while."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.scaling.hardware import Hardware

NODE_SPREAD = 0.25  # standard deviation of the logarithm of the time that a node takes

Later = Callable[[float, Callable[[float], None]], None]


@dataclass(eq=False)
class Node:
    """A machine that is paid for.

    Attributes:
        since: when it was asked for, in seconds.
        ready_at: when workers can start on it.
        free: places for workers.
        emptied_at: when its last worker went; unset while it has some.
        is_gone: it was removed, or was lost.
    """

    since: float
    ready_at: float
    free: int
    emptied_at: float | None = None
    is_gone: bool = False


class Nodes:
    """A pool of nodes with the cluster autoscaler.

    Args:
        hardware: of each.
        rng: chance.
        later: calls something at a moment.

    Attributes:
        present: those that are paid for at the moment.
        paid_s: seconds for which nodes that have gone were paid for.
    """

    def __init__(self, hardware: Hardware, rng: np.random.Generator, later: Later) -> None:
        self._hardware = hardware
        self._rng = rng
        self._later = later
        self.present: list[Node] = []
        self.paid_s = 0.0

    def place(self, now: float) -> Node:
        """A node with a place for a worker, which is taken from now on."""
        node = next((node for node in self.present if node.free), None) or self._order(now)
        node.free -= 1
        node.emptied_at = None
        return node

    def leave(self, now: float, node: Node) -> None:
        """A worker has gone."""
        node.free += 1
        if node.free == self._hardware.workers and not node.is_gone:
            node.emptied_at = now
            self._later(now + self._hardware.idle_s, lambda then: self._remove_if_empty(then, node, now))

    def remove(self, now: float, node: Node) -> None:
        """A node goes."""
        node.is_gone = True
        self.present.remove(node)
        self.paid_s += now - node.since

    def paid_until(self, now: float) -> float:
        """Seconds for which nodes were paid for."""
        return self.paid_s + sum(now - node.since for node in self.present)

    def _order(self, now: float) -> Node:
        takes = self._hardware.node_s * float(self._rng.lognormal(0, NODE_SPREAD)) + self._hardware.pull_s
        # What is there at the beginning has been there before.
        node = Node(now, now + takes if now else now, self._hardware.workers)
        self.present.append(node)
        return node

    def _remove_if_empty(self, now: float, node: Node, emptied_at: float) -> None:
        if node.emptied_at == emptied_at and not node.is_gone:
            self.remove(now, node)
