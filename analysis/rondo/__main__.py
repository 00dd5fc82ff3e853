"""The commands sweep, compare, plot and report. The only place that prints messages and decides the exit status."""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn, Optional

from . import compare as comparing
from . import compare_files
from . import contenders as contending
from . import explore, service
from . import sweep_result as sweeping
from .arguments import make_parser
from .effects import caveat
from .gpu import read_constants
from .progress import Progress
from .result_files import read_report, read_timeline
from .simulator import RunFailed, find_config
from .sweep_file import read_sweep
from .workload import Workload
from .yaml_reader import InputError


def main(arguments: Optional[list[str]] = None) -> int:
    """Exit status: 0 done, 1 the work failed, 2 the input is wrong."""
    parser = make_parser({"sweep": _sweep, "compare": _compare, "plot": _plot, "report": _report})
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        options.parser.error("there is no option " + " ".join(unknown))
    try:
        return options.function(options)
    except InputError as error:
        for message in error.messages:
            print(message, file=sys.stderr)
        return 2
    except RunFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _sweep(options: argparse.Namespace) -> int:
    sweep = read_sweep(find_config("sweeps", str(options.file)) or options.file)
    out = options.out or Path("out") / sweep.name
    again = options.retry_failed
    count = explore.unfinished(sweep, out, again) if options.resume or again else sweep.count()
    if (options.resume or again) and (other := explore.other_sweep(sweep, out)):
        print(f"{out} held the sweep {other}, not this one as it is now: its points stay there, its table and figures make way", file=sys.stderr)
    with Progress(sweep.name, count, sweep.objectives if len(sweep.networks) == 1 else (), sweep.limits) as progress:
        try:
            workers = _cluster(options, sweep.point_seconds, progress) if options.dask else None
            result = explore.run_sweep(sweep, out, options.jobs, options.resume, progress.add, workers, again)
        except KeyboardInterrupt:
            print(f"stopped; ./rondo sweep {options.file} --out {out} --resume goes on from here",
                  file=sys.stderr)
            return 130
    table_file, figures = _beside(out)
    sweeping.write_csv(result, table_file)
    files = [table_file, sweeping.database(out)]
    if result.good():
        from . import plots  # here, because matplotlib takes longer to load than a small sweep to run
        files += plots.pareto(result, figures)
    if options.json:
        _print_json({**sweeping.as_json(result), "files": [str(file) for file in files]})
    else:
        from . import table
        if result.good():
            console = table.console()
            console.print(table.sweep_table(result, console.width))
        table.print_notes([*table.sweep_notes(result, table_file), "written: " + ", ".join(str(file) for file in files)])
    return 0 if result.within() else 1


def _cluster(options: argparse.Namespace, point_seconds: float, progress: Progress) -> Any:
    from . import cluster  # here, because Dask takes a second to load
    return cluster.Cluster(options.dask, options.jobs, point_seconds, progress.wait)


def _beside(out: Path) -> tuple[Path, Path]:
    """The table of a sweep, and the directory of its figures."""
    return (out.with_suffix(".csv"), out.with_suffix("")) if out.suffix == ".sqlite" else (out / "points.csv", out)


def _model_error(options: argparse.Namespace) -> int:
    from . import model_error as judging  # here, because a comparison needs no fit
    if any((options.network, options.names, options.batch, options.slo_ms, options.explain, options.baseline,
            options.numbers, options.algorithm)):
        raise InputError("--model-error takes no network, device or other option; only --out DIR and --json")
    report, committed = judging.make_report(), read_constants()
    changed = judging.changed(committed, report.constants)
    files: list[Path] = []
    if options.out:
        from . import device_plots
        files = device_plots.model_error(report, options.out)
        sweeping.write_lines(options.out / "errors.csv", judging.as_lines(report))
        (options.out / "constants.yaml").write_text(judging.constants_text(report.constants), encoding="utf-8")
        files += [options.out / "errors.csv", options.out / "constants.yaml"]
    verdict = ("The fit gives other constants than configs/gpus/model/constants.yaml: " + ", ".join(changed) if changed
               else "The fit gives the constants of configs/gpus/model/constants.yaml.")
    if options.json:
        _print_json({**judging.as_json(report, committed), "reproduced": not changed, "files": [str(f) for f in files]})
    else:
        from . import device_tables, table
        table.console().print(device_tables.error_table(report))
        table.console().print(device_tables.constants_table(report, committed))
        written = ["written: " + ", ".join(str(file) for file in files)] if files else []
        table.print_notes([*judging.NOTES, judging.intervals_note(), verdict] + written)
    return 1 if changed else 0


def _compare(options: argparse.Namespace) -> int:
    if options.model_error:
        return _model_error(options)
    if not options.names:
        raise InputError("compare needs a network and at least one chip or device, or --model-error")
    given = {"numbers": options.numbers, "algorithm": options.algorithm}
    workload = _workload(options)
    found = contending.check(workload, options.names, options.baseline or "",
                             {key: value for key, value in given.items() if value},
                             bool(options.batch or options.slo_ms), options.explain or "")
    if options.out:
        _make_directory(options.out)
    result = comparing.compare(workload, found, options.batch, contending.key_of(options.baseline or ""))
    services = service.serve(workload, found, result.shape, options.slo_ms / 1e3) if options.slo_ms else []
    files = _comparison_files(result, options.out) if options.out else []
    if options.json:
        _print_json({**compare_files.as_json(result, found), "slo_ms": options.slo_ms,
                     "within_slo": [vars(service) for service in services], "files": [str(file) for file in files]})
    else:
        explained = _explain(contending.key_of(options.explain), result, found) if options.explain else []
        _print_comparison(result, services, options.slo_ms, explained, files)
    for name in result.unfit():
        print(f"{name}: the network does not fit at batch {', '.join(map(str, result.batches))}", file=sys.stderr)
    return 2 if result.unfit() else 0


def _comparison_files(result: comparing.Comparison, out: Path) -> list[Path]:
    """Writes table and figures, and removes those of an earlier comparison that this one has not."""
    from . import compare_plots
    again = (out / "compare.csv").is_file()
    files = compare_plots.comparison(result, out) + [out / "compare.csv"]
    sweeping.write_lines(out / "compare.csv", compare_files.as_lines(result))
    for pattern in compare_plots.NAMES if again else ():
        for file in set(out.glob(pattern)) - set(files):
            file.unlink()
    return files


def _print_comparison(result: comparing.Comparison, services: list[service.Service], slo_ms: float,
                      explained: list[str], files: list[Path]) -> None:
    from . import device_tables, table
    out = table.console()
    for batch in result.batches:
        out.print(device_tables.latency_table(result, batch))
    out.print(device_tables.energy_table(result))
    if services:
        out.print(device_tables.service_table(services, slo_ms / 1e3))
    table.print_notes(result.notes + ([service.NOTE] if services else []))
    table.print_wrapped(explained)
    table.print_notes(["written: " + ", ".join(str(file) for file in files)] if files else [])


def _workload(options: argparse.Namespace) -> Workload:
    """The network with its sizes; InputError where options contradict each other."""
    sizes = dict(options.dim)
    wrong = [f"--dim {name} is given {count} times; once is enough"
             for name, count in Counter(name for name, _ in options.dim).items() if count > 1]
    if options.batch and options.batch_dim in sizes:
        wrong.append(f"--batch and --dim {options.batch_dim} both set the batch; leave one away")
    if options.input and not options.input.is_file():
        wrong.append(f"--input {options.input}: there is no such file")
    if wrong:
        raise InputError(*wrong)
    return Workload(options.network, sizes, str(options.input or ""), options.batch_dim)


def _make_directory(path: Path) -> None:
    """Before the work, so that a place that cannot be written costs nothing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {path}: cannot be made a directory: {error.strerror}") from error


def _explain(name: str, result: comparing.Comparison, found: contending.Contenders) -> list[str]:
    from . import explain
    entries = result.of(name)
    if not entries:
        return ["", *explain.misfit(name, result.misfits)]
    device = next((device for device in found.devices if device.key == name), None)
    return ["", *(explain.device(entries[0], device) if device else explain.chip(entries[0]))]


def _plot(options: argparse.Namespace) -> int:
    out = options.out or options.directory
    if sweeping.database(options.directory).is_file():
        if options.window:
            raise InputError("--window is for a run; a sweep has no timeline")
        result = sweeping.load_sweep(options.directory)
        files = _sweep_figures(result, options.out or _beside(options.directory)[1])
        if result.varying() and (words := caveat(result)):
            print(f"effects: {words}", file=sys.stderr)
    elif (options.directory / "report.json").is_file():
        files = _run_figures(options.directory, options.window, out)
    else:
        raise InputError(f"{options.directory}: holds neither report.json nor {sweeping.DATABASE}; "
                         "expected the --out directory of ./rondo run or ./rondo sweep")
    if options.json:
        _print_json({"files": [str(file) for file in files]})
    else:
        print("\n".join(str(file) for file in files))
    return 0


def _sweep_figures(result: sweeping.Result, out: Path) -> list[Path]:
    from . import plots, sweep_plots
    files = plots.pareto(result, out)
    for one, ending in plots.each_network(result):
        if one.good():
            files += [file for draw in (sweep_plots.shares, sweep_plots.around, sweep_plots.heat) for file in draw(one, out, ending)]
    left = len(result.networks()) - plots.MOST_NETWORKS
    if left > 0:
        print(f"drawn for {plots.MOST_NETWORKS} networks; {left} more are in the sweep", file=sys.stderr)
    return files


def _run_figures(directory: Path, window: Optional[tuple[int, int]], out: Path) -> list[Path]:
    from . import plots, run_plots
    report = read_report(directory / "report.json")
    timeline = read_timeline(directory, report)
    if window and not timeline:
        raise InputError(f"{directory}: has no timeline.json; --window needs it")
    shown = run_plots.check_window(timeline, window) if timeline else None
    files = plots.cycles(report, out) + plots.energy(report, out) + run_plots.roofline(report, out)
    if report.get("why"):
        files += run_plots.path(report, out)
    if timeline and shown:
        files += run_plots.timeline(report, timeline, shown, out) + run_plots.bandwidth(report, timeline, shown, out)
    return files


def _report(options: argparse.Namespace) -> int:
    from .report import report_page  # here, because its parts are many
    beside = _beside(options.directory)[1] if sweeping.database(options.directory).is_file() else options.directory
    out = options.out or beside / "page.html"
    line = sys.stderr.isatty()

    def progress(done: int, count: int) -> None:
        if line:
            print(f"\r\x1b[Kwhat each parameter would buy: {done} of {count} runs", end="", file=sys.stderr, flush=True)

    try:
        report_page(options.directory, out, options.network, not options.no_reruns, options.jobs, progress)
    finally:
        if line:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if options.json:
        _print_json({"files": [str(out)]})
    else:
        print(out)
    return 0


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _exit() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    _exit()
