"""The options of the commands sweep, compare, plot and report, and what is wrong with one."""

import argparse
import os
from pathlib import Path
from typing import Any, Callable, Mapping, NoReturn

from .device import BYTES
from .gpu import ALGORITHMS
from .pool import MAX_JOBS
from .workload import BATCH_DIMENSION


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with an option."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help tells more\n")


def make_parser(functions: Mapping[str, Callable[[Any], int]]) -> Parser:
    """`functions` are what the commands do, by name. Options carry theirs as `function`, and as `parser` who read them."""
    parser = Parser(prog="./rondo", description="Rondo: sweeps, comparisons and figures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (options, text, example) in _COMMANDS.items():
        added = commands.add_parser(name, help=text, description=text, epilog=f"example: {example}",
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(function=functions[name], parser=added)
        options(added)
    return parser


def _sweep(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="SWEEP.yaml", type=Path, help="what to sweep")
    command.add_argument("--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N",
                         help="worker processes (default: one per core)")
    command.add_argument("--out", type=Path, metavar="DIR|FILE.sqlite",
                         help="where points.sqlite, points.csv and the figure go (default: out/NAME), or a file that "
                              "ends in .sqlite")
    command.add_argument("--resume", action="store_true",
                         help="keep the points that DIR holds, failed ones too, and run the rest")
    command.add_argument("--retry-failed", action="store_true", help="like --resume, and run failed points again")
    command.add_argument("--dask", metavar="ADDRESS",
                         help="run the points on a Dask scheduler (tcp://host:8786), or on one of our own: local")
    command.add_argument("--json", action="store_true", help="print the result as JSON instead of a table")


def _compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("network", metavar="NETWORK", nargs="?",
                         help="a network's file, or its name in configs/networks")
    command.add_argument("names", metavar="CHIP_OR_DEVICE", nargs="*",
                         help="names in configs/chips or configs/gpus, or files")
    command.add_argument("--model-error", action="store_true",
                         help="instead: fit the GPU model again, show its error on devices that the fit has not seen")
    command.add_argument("--batch", type=_batches, metavar="N,...", default=[],
                         help="sequences in one run, one size or several: 1,8,32 (default: the network's)")
    command.add_argument("--dim", type=_dimension, metavar="NAME=N", default=[], action="append",
                         help="size of an open dimension of an ONNX model; may be repeated")
    command.add_argument("--batch-dim", metavar="NAME", default=BATCH_DIMENSION,
                         help="the open dimension of an ONNX model that --batch sets (default: %(default)s)")
    command.add_argument("--input", type=Path, metavar="FILE.npz",
                         help="inputs of an ONNX model, which set its open dimensions")
    _comparison(command)


def _comparison(command: argparse.ArgumentParser) -> None:
    command.add_argument("--baseline", metavar="NAME",
                         help="what the ratios are to (default: the first that fits every batch, chips before devices)")
    command.add_argument("--slo-ms", type=_milliseconds, metavar="X",
                         help="also the largest batch, and its throughput, that ends within X milliseconds (a search: "
                              "some ten runs of each chip)")
    command.add_argument("--explain", metavar="NAME",
                         help="also every term behind the numbers of one chip or device, at the first batch size")
    command.add_argument("--numbers", choices=BYTES, help="precision of devices (default: each device's own)")
    command.add_argument("--algorithm", choices=ALGORITHMS,
                         help="persistent: GPUs keep recurrent weights in registers, where these hold them")
    command.add_argument("--out", type=Path, metavar="DIR",
                         help="write compare.csv and figures there: bars, roofline, and curves over the batch")
    command.add_argument("--json", action="store_true", help="print the result as JSON instead of a table")


def _plot(command: argparse.ArgumentParser) -> None:
    command.add_argument("directory", metavar="DIR", type=Path,
                         help="the --out directory of ./rondo run or ./rondo sweep")
    command.add_argument("--out", type=Path, metavar="DIR",
                         help="where the figures go (default: beside the data)")
    command.add_argument("--window", type=_window, metavar="FIRST:LAST",
                         help="cycles that timeline and bandwidth show (default: all that timeline.json holds)")
    command.add_argument("--json", action="store_true", help="print the names of the files as JSON")


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("directory", metavar="DIR", type=Path,
                         help="the --out directory of ./rondo run or ./rondo sweep")
    command.add_argument("-o", "--out", type=Path, metavar="FILE.html",
                         help="the page (default: page.html beside the data)")
    command.add_argument("--network", metavar="NETWORK",
                         help="file or name of the run's network, where its name alone does not lead to it")
    command.add_argument("--no-reruns", action="store_true",
                         help="leave out what each parameter would buy, which takes some 30 runs")
    command.add_argument("--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N",
                         help="runs at a time (default: one per core)")
    command.add_argument("--json", action="store_true", help="print the name of the page as JSON")


def _positive(text: str, what: str, most: int) -> int:
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is not {what}; expected a whole number in 1..{most}")
    return int(text)


def _jobs(text: str) -> int:
    return _positive(text, "a number of worker processes", MAX_JOBS)


def _batches(text: str) -> list[int]:
    found = [_positive(part.strip(), "a batch size", 65536) for part in text.split(",")]
    if len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"{text} names a batch size twice; once is enough")
    return found


def _dimension(text: str) -> tuple[str, int]:
    name, equals, size = text.rpartition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text} sets no dimension; expected NAME=N")
    return name, _positive(size, f"a size of {name}", 2**31)


def _milliseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1e-6 <= value <= 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a time; expected milliseconds in 1e-6..1e9")
    return value


def _window(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    if not (first.isdigit() and last.isdigit() and int(first) < int(last)):
        raise argparse.ArgumentTypeError(f"{text} is not a window; expected FIRST:LAST in cycles, such as 40000:41000")
    return int(first), int(last)


# Name: its options, what it does, an example.
_COMMANDS = {
    "sweep": (_sweep, "Simulate many chips, networks and parameters in parallel: a grid, a sample, or a search by NSGA-II;\n"
                      "show the Pareto points.", "./rondo sweep configs/sweeps/array_size.yaml --jobs 8 --out result"),
    "compare": (_compare, "Chips, simulated, against GPUs and CPUs, estimated from their data sheets.",
                "./rondo compare speech_emotion edge jetson_nano v100 --batch 1,8,32 --out result"),
    "plot": (_plot, "Figures of a finished run (where cycles and energy went, roofline, timeline, bandwidth, critical\n"
                    "path) or of a sweep (Pareto front, which parameters decide, heat maps).",
             "./rondo plot result --window 40000:41000"),
    "report": (_report, "One self-contained HTML page of a finished run or sweep, for any browser, without a network.",
               "./rondo report result -o page.html"),
}
