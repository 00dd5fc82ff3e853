"""Points chosen by NSGA-II (Deb et al. 2002), with the selection, crowding and crossover of DEAP.

The search depends on its seed and on the answers alone: asked again with the same answers it visits the same points,
so a sweep that was killed goes on by being begun again, with the stored answers in place of simulations. Every
generation is chosen from complete ones, so the number of workers changes nothing either.
"""

import random
from typing import Any, Generator, Sequence

import numpy as np

from .sampling import at_random, latin_hypercube
from .simulator import RunFailed
from .space import Space

Indices = tuple[int, ...]
# Value of each objective, less being better; how far a point is from meeting its limits comes first.
Scores = list[tuple[float, tuple[float, ...]]]

_TRIES = 200
_FAR = 1e30  # worse than any figure


def search(space: Space, count: int, population: int, seed: int,
           objectives: int) -> Generator[list[Indices], Scores, None]:
    """Yields generations of new points, at most `count` in all, and is sent their scores. Ends when there is no
    new point left, too."""
    tools, make = _deap(objectives)
    seen: set[Indices] = set()
    dice = random.Random(seed)
    first = [tuple(row) for row in latin_hypercube(space, min(population, count), seed).tolist()]
    parents: list[Any] = []
    fresh = first
    while fresh:
        seen.update(fresh)
        scores = yield fresh
        children = [make(point, score) for point, score in zip(fresh, scores)]
        with _shared_dice(dice):
            parents = tools.selNSGA2(parents + children, population)
            fresh = _offspring(tools, space, parents, seen, min(population, count - len(seen)))


def version() -> str:
    """Of DEAP."""
    try:
        import deap
        return deap.__version__
    except ImportError:
        return "missing"


def _deap(objectives: int) -> tuple[Any, Any]:
    """DEAP's operators, and the function that makes one of its individuals."""
    try:
        from deap import base, tools
    except ImportError as error:
        raise RunFailed("method nsga2 needs the Debian package python3-deap (apt-get install python3-deap)") from error

    class Fitness(base.Fitness):
        weights = (-1.0,) * objectives

    class Individual(list):
        pass

    def make(point: Indices, score: tuple[float, tuple[float, ...]]) -> Individual:
        individual = Individual(point)
        individual.fitness = Fitness()
        excess, values = score
        individual.fitness.values = tuple(_FAR * (1.0 + excess) for _ in values) if excess else values
        return individual

    return tools, make


class _shared_dice:
    """DEAP draws from the module `random`: inside, that is our own generator."""

    def __init__(self, dice: random.Random):
        self.dice = dice

    def __enter__(self) -> None:
        self.before = random.getstate()
        random.setstate(self.dice.getstate())

    def __exit__(self, *_: Any) -> None:
        self.dice.setstate(random.getstate())
        random.setstate(self.before)


def _offspring(tools: Any, space: Space, parents: Sequence[Any], seen: set[Indices],
               count: int) -> list[Indices]:
    """`count` points that are new and allowed, from pairs of parents chosen by tournament."""
    found: dict[Indices, None] = {}
    tries = 0
    while len(found) < count and tries < _TRIES * count and len(parents) > 1:
        tries += 1
        pair = [list(_winner(parents)) for _ in range(2)]
        tools.cxUniform(*pair, indpb=0.5)
        for child in pair:
            _mutate(child, space)
            one = tuple(child)
            if len(found) < count and one not in seen and one not in found and _allowed(space, one):
                found[one] = None
    if len(found) < count:  # all neighbours of the front are known: elsewhere, then
        for row in at_random(space, len(seen) + count, random.randrange(1 << 30)).tolist():
            if len(found) < count and tuple(row) not in seen:
                found[tuple(row)] = None
    return list(found)


def _winner(parents: Sequence[Any]) -> Any:
    """Of two parents the one that dominates, else the lonelier one."""
    one, other = random.sample(range(len(parents)), 2)
    a, b = parents[one], parents[other]
    if a.fitness.dominates(b.fitness):
        return a
    if b.fitness.dominates(a.fitness):
        return b
    return a if a.fitness.crowding_dist >= b.fitness.crowding_dist else b


def _mutate(child: list[int], space: Space) -> None:
    """One index on average moves: mostly by one place, since values of an axis are in order, sometimes anywhere."""
    sizes = space.sizes()
    free = [place for place, size in enumerate(sizes) if size > 1]
    for place in free:
        if random.random() >= 1.0 / len(free):
            continue
        if random.random() < 0.3:
            child[place] = random.randrange(sizes[place])
        else:
            child[place] = min(max(child[place] + random.choice((-1, 1)), 0), sizes[place] - 1)


def _allowed(space: Space, point: Indices) -> bool:
    return bool(space.allowed(np.array([point]))[0])
