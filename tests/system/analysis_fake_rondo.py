#!/usr/bin/python3
"""Stands in for the simulator in the tests of analysis/: same command line, same JSON, a toy formula for the
cycles.

FAKE_RONDO names a JSON file of troubles: {"crash": KEY=VALUE, "hang": ..., "refuse": ..., "garble": ...,
"leave": ..., "slow": ...}: each meets the points with that setting ("leave": answer, then end); "log" is a file that gets
a line for every point asked, "refusal" the words of a refusal.
"""

import json
import os
import signal
import sys
import time


def main() -> int:
    if sys.argv[1] == "worker":
        for line in sys.stdin:
            request = json.loads(line)
            if "about" in request:
                print(json.dumps({"ok": True, "files": [request[request["about"]]], "mistake": None}), flush=True)
                continue
            print(json.dumps(answer(request)), flush=True)
            if meets("leave", request["set"]):
                return 3
        return 0
    if sys.argv[1] == "describe":
        return describe(sys.argv[2])
    words, settings = [], {}
    arguments = iter(sys.argv[2:])
    for word in arguments:
        if word == "--set":
            key, value = next(arguments).split("=")
            settings[key] = json.loads(value)
        elif not word.startswith("--"):
            words.append(word)
    reply = answer({"chip": words[0], "network": words[1], "set": settings})
    if not reply["ok"]:
        print(reply["error"], file=sys.stderr)
        return 2
    print(json.dumps(reply["report"]))
    return 0


def describe(chip: str) -> int:
    if "rows: many" in open(chip).read():
        print(f"{chip}:2:17: machine.rows: many is not a plain whole number; allowed 1..1024",
              file=sys.stderr)
        return 2
    ranges = {"machine": {"rows": "1..1024 PE", "cols": "1..1024 PE"}, "gate": {"lanes": "1..1024"},
              "dram": {"bytes_per_cycle": "1..65536 bytes"}, "mapping": {"gates": "sequential | interleaved"},
              "instructions": {"halt": ""}, "causes": {"busy": "", "wait_weights": "", "dram": "", "done": ""},
              "actions": {"matrix.mac8": "", "gate.table": "", "weight_sram.read": "", "dram.read": ""},
              "counters": {"matrix.accumulators_read_bytes": ""}}
    values = {"rows": "32", "cols": "32", "lanes": "16", "bytes_per_cycle": "16", "gates": "sequential"}
    print(json.dumps({section: [{"name": name, "value": values.get(name, ""), "allowed": allowed, "sentence": ""} for name,
                                allowed in rows.items()]
                      for section, rows in ranges.items()}))
    return 0


def troubles() -> dict:
    return json.load(open(os.environ["FAKE_RONDO"])) if "FAKE_RONDO" in os.environ else {}


def meets(kind: str, settings: dict) -> bool:
    key, _, value = troubles().get(kind, "=").partition("=")
    return key != "" and json.dumps(settings.get(key)) == value


def answer(request: dict) -> dict:
    settings = request["set"]
    if "log" in troubles():
        with open(troubles()["log"], "a") as log:
            log.write(json.dumps(settings, sort_keys=True) + "\n")
    if meets("crash", settings):
        print("terminate called: toy crash", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGABRT)
    if meets("hang", settings):
        time.sleep(1000)
    if meets("slow", settings):
        time.sleep(0.2)
    if meets("garble", settings):
        print("not json", flush=True)
        time.sleep(1000)
    if meets("refuse", settings):
        return {"ok": False, "error": troubles().get("refusal") or f"weight_sram is short by {1000 + settings.get('machine.rows', 0)} bytes"}
    return {"ok": True, "report": report(request, settings)}


def report(request: dict, settings: dict) -> dict:
    rows, cols = settings.get("machine.rows", 32), settings.get("machine.cols", 32)
    lanes, pace = settings.get("gate.lanes", 16), settings.get("dram.bytes_per_cycle", 16)
    batch, steps, hidden, inputs = settings.get("network.batch", 1), settings.get("network.steps",
                                                                                  100), 128, 64
    weights = 4 * hidden * (hidden + inputs)
    tiles = -(-4 * hidden // cols) * -(-(hidden + inputs) // rows)
    matrix, gate = steps * tiles * (rows + batch), steps * batch * 4 * hidden // lanes
    load = weights // pace
    total = matrix + gate + load + 40
    busy = {"sequencer": steps * 12, "weights": matrix - steps * batch, "matrix": matrix, "gate": gate,
            "load": load,
            "store": steps, "dram": load}
    waits = {"sequencer": "queue_full", "weights": "wait_matrix", "matrix": "wait_weights",
             "gate": "wait_matrix",
             "load": "dram", "store": "wait_gate", "dram": "no_instruction"}
    units = {name: {"cycles": {"busy": busy[name], waits[name]: (total - busy[name]) * 2 // 3,
                               "done": (total - busy[name]) - (total - busy[name]) * 2 // 3}, "actions": {},
                    "counters": {}}
             for name in busy}
    macs = weights * steps * batch
    energy = {"matrix": {"mac8": macs * 0.66e-12},
              "gate": {"table": gate * lanes * 2.5e-12, "multiply": gate * lanes * 6e-13},
              "weight_sram": {"read": weights * steps * 4e-12}, "dram": {"read": weights * 64e-12},
              "sequencer": {"dispatch": steps * 30 * 8e-11}}
    leakage = total / 500e6 * 1e-3 * (1 + rows * cols / 1024)
    stem = lambda path: os.path.splitext(os.path.basename(path))[0]
    return {
        "schema": 1, "rondo_version": "fake", "chip": stem(request["chip"]),
        "network": stem(request["network"]),
        "total_cycles": total, "time_s": total / 500e6, "clock_mhz": 500, "steps": steps,
        "cycles_per_step": total / steps,
        "operations": 2 * macs, "utilisation": macs / (total * rows * cols), "units": units,
        "peak_ops_per_s": 2 * rows * cols * 500e6,
        "memories": {"dram": {"read_bytes": weights, "written_bytes": 0, "peak_bytes_per_s": pace * 500e6}},
        "energy_j": {"total": sum(sum(a.values()) for a in energy.values()) + leakage, "leakage": leakage,
                     "units": energy,
                     "leakage_units": {"matrix": leakage * 0.75, "weight_sram": leakage * 0.25}},
        "area_mm2": {"total": 1.0 + rows * cols * 7.5e-4 + lanes * 0.01},
        "resolved_config": {"numbers": {"weight_bits": 8, "activation_bits": 16}, "technology": "n45",
                            "dram": {"model": "toy_dram", "bytes_per_cycle": pace}},
        "network_shape": {"steps": steps, "batch": batch, "macs": macs, "weight_bytes": weights,
                          "parameters": weights,
                          "recurrent_layers": [{"cell": "lstm", "input": inputs, "hidden": hidden,
                                                "directions": 1,
                                                "steps": steps, "batch": batch, "skip_input": False}],
                          "dense_layers": [{"inputs": hidden, "outputs": 3, "times": batch}]}}


if __name__ == "__main__":
    sys.exit(main())
