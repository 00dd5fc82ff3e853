"""More lanes, ports, bandwidth or depth, or less latency, never costs a cycle. (No law of nature: schedules have anomalies. So the
list is fixed, and each network on it is one in which nothing excuses a longer run.)"""

import json
import os
import subprocess
from typing import Any, Callable, Iterator

import pytest

Ask = Callable[[str, dict[str, Any]], int]
NETWORKS = ("mnist_rows", "speech_emotion", "text_classifier", "deepbench/lstm_h512_b2_t25")
# From the worst value to the best.
SETTINGS: dict[str, list[int]] = {
    "sequencer.dispatch_width": [1, 2, 4],
    "weights.queue_depth": [1, 4, 16, 64],
    "weights.rows_per_cycle": [1, 2, 4, 8, 16],
    "weight_sram.bytes_per_cycle": [32, 64, 128, 256, 512],
    "weight_sram.latency": [16, 8, 4, 2, 1],
    "weight_sram.read_ports": [1, 2],
    "matrix.queue_depth": [1, 4, 16, 64],
    "activation_sram.bytes_per_cycle": [16, 32, 64, 128],
    "activation_sram.read_ports": [1, 2, 4],
    "activation_sram.write_ports": [1, 2],
    "accumulators.bytes_per_cycle": [32, 64, 128, 256],
    "accumulators.read_ports": [1, 2, 4],
    "gate.queue_depth": [1, 2, 8, 32],
    "gate.adders": [1, 2, 4],
    "gate.multipliers": [1, 2, 4],
    "gate.tables": [1, 2, 4],
    "parameter_sram.bytes_per_cycle": [32, 64, 128, 256],
    "load.outstanding": [1, 2, 4, 8, 16],
    "dram.bytes_per_cycle": [4, 8, 16, 32, 64, 128],
    "dram.latency": [400, 200, 100, 40, 10],
}
# Settings whose worst value must be strictly worse than the best, or the test would pass with settings that do nothing.
SURELY_FELT = {"weights.rows_per_cycle", "weight_sram.bytes_per_cycle", "activation_sram.bytes_per_cycle", "gate.adders",
               "accumulators.bytes_per_cycle", "parameter_sram.bytes_per_cycle", "dram.bytes_per_cycle", "dram.latency"}


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    command = [os.environ["RONDO_BINARY"], "worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        def cycles(network: str, settings: dict[str, Any]) -> int:
            # With banks and refreshes a cycle more or less anywhere can meet another refresh: no law at all.
            wish = {"chip": "edge", "network": network, "timing_only": True, "set": {"dram.model": "ideal", **settings}}
            print(json.dumps(wish), file=worker.stdin, flush=True)
            answer = json.loads(worker.stdout.readline())
            assert answer["ok"], answer["error"]
            return answer["report"]["total_cycles"]
        yield cycles
        worker.stdin.close()


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_better_is_never_slower(ask, network, setting):
    cycles = [ask(network, {setting: value}) for value in SETTINGS[setting]]
    print(network, setting, dict(zip(SETTINGS[setting], cycles)))
    assert cycles == sorted(cycles, reverse=True)
    if setting in SURELY_FELT:
        assert cycles[0] > cycles[-1]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_wider_gate_unit_with_wider_memories(ask, network):
    """Lanes alone ask more of the memories for each chunk; with the bandwidth to feed them they save cycles."""
    cycles = [ask(network, {"gate.lanes": lanes, **{f"{memory}.bytes_per_cycle": 4 * lanes for memory in
                                                    ("activation_sram", "parameter_sram", "accumulators")}})
              for lanes in (8, 16, 32, 64)]
    assert cycles == sorted(cycles, reverse=True) and cycles[0] > cycles[-1]


# Ports and slots for all arrays and the gate unit, so that nothing but the arrays themselves is waited for.
FREE_OF_CONFLICTS = {"sequencer.dispatch_width": 4, "activation_sram.read_ports": 5, "accumulators.read_ports": 5}


ON_CHIP = NETWORKS[:3]  # weights that come from DRAM all go through the first array


@pytest.mark.parametrize("mapping", ["tiles", "gates"])
@pytest.mark.parametrize("network", ON_CHIP)
def test_more_arrays(ask, network, mapping):
    cycles = [ask(network, {"machine.arrays": arrays, "mapping.arrays": mapping, **FREE_OF_CONFLICTS}) for arrays in (1, 2, 3, 4)]
    print(network, mapping, cycles)
    assert cycles == sorted(cycles, reverse=True) and cycles[0] > cycles[-1]


@pytest.mark.parametrize("arrays", [1, 2, 4])
@pytest.mark.parametrize("dataflow, lanes", [("weight_stationary", 8), ("weight_stationary", 32), ("output_stationary", 32)])
@pytest.mark.parametrize("network", NETWORKS)
def test_sums_through_streams(ask, network, dataflow, lanes, arrays):
    settings = {"machine.arrays": arrays, "machine.dataflow": dataflow, "gate.lanes": lanes, **FREE_OF_CONFLICTS}
    cycles = [ask(network, {"machine.stream_rows": 64, "mapping.chaining": chaining, **settings}) for chaining in ("off", "on")]
    cycles.append(ask(network, {"machine.stream_rows": 0, **settings}))
    print(network, settings, cycles)
    assert cycles[0] == cycles[2] and cycles[1] <= cycles[0]
    if network in ON_CHIP:
        assert cycles[1] < cycles[0]
