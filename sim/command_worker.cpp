#include <iostream>
#include <nlohmann/json.hpp>

#include "models/base/error.hpp"
#include "sim/commands.hpp"
#include "sim/progress.hpp"
#include "sim/report.hpp"
#include "sim/simulation.hpp"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestLine = 1 << 20;

const Json& typed(const Json& value, const std::string& key, Json::value_t type, const char* wanted) {
  const bool integer = type == Json::value_t::number_integer && value.is_number_integer();
  if (value.type() != type && !integer) throw Error("\"" + key + "\": " + wanted + " is expected");
  return value;
}

std::string text_of(const Json& value, const std::string& key) {
  return typed(value, key, Json::value_t::string, "a text").get<std::string>();
}

void read_sets(const Json& sets, RunRequest& request) {
  for (const auto& [path, value] : typed(sets, "set", Json::value_t::object, "an object").items()) {
    if (!value.is_string() && !value.is_number() && !value.is_boolean())
      throw Error("\"set\": \"" + path + "\": a number, a text, true or false is expected");
    request.set.push_back(path + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
}

/// What a line asks for: a run, or what can be known before.
struct Order {
  RunRequest request;
  std::string about;  ///< "chip" or "network"
};

void read_field(const std::string& key, const Json& value, Order& order) {
  RunRequest& request = order.request;
  if (key == "chip") {
    request.chip = text_of(value, key);
  } else if (key == "network") {
    request.network = text_of(value, key);
  } else if (key == "set") {
    read_sets(value, request);
  } else if (key == "dim") {
    for (const auto& [name, size] : typed(value, key, Json::value_t::object, "an object").items()) {
      request.dimensions[name] =
          typed(size, "dim." + name, Json::value_t::number_integer, "a whole number").get<std::int64_t>();
    }
  } else if (key == "input") {
    request.input = text_of(value, key);
  } else if (key == "calibration") {
    request.calibration = text_of(value, key);
  } else if (key == "timing_only") {
    request.timing_only = typed(value, key, Json::value_t::boolean, "true or false").get<bool>();
  } else if (key == "why") {
    request.why = typed(value, key, Json::value_t::boolean, "true or false").get<bool>();
  } else if (key == "schedule") {
    const std::string schedule = text_of(value, key);
    if (schedule != "event" && schedule != "clocked")
      throw Error("\"schedule\": " + schedule + " is unknown; allowed event, clocked");
    request.schedule = schedule == "clocked" ? Schedule::clocked : Schedule::event;
  } else if (key == "about") {
    order.about = text_of(value, key);
    if (order.about != "chip" && order.about != "network")
      throw Error("\"about\": " + order.about + " is unknown; allowed chip, network");
  } else {
    throw Error("\"" + key +
                "\": unknown; allowed chip, network, set, dim, input, calibration, timing_only, why, schedule, about");
  }
}

Order read_order(const std::string& line) {
  if (line.size() > kLongestLine) throw Error("a request has at most 1 MiB");
  const Json tree = Json::parse(line, nullptr, false);
  if (!tree.is_object()) throw Error("a request is one JSON object on one line");
  Order order;
  for (const auto& [key, value] : tree.items()) read_field(key, value, order);
  return order;
}

Json about_chip(const RunRequest& request) {
  Json found = {{"ok", true}, {"files", chip_files(request)}, {"mistake", nullptr}};
  try {
    check_chip(request);
  } catch (const Error& wrong) {
    found["mistake"] = wrong.what();
  }
  return found;
}

Json about_network(const RunRequest& request) {
  const NetworkFacts facts = network_facts(request);
  return {{"ok", true}, {"files", facts.files}, {"without_weights", facts.without_weights}};
}

Json answer(const std::string& line, ProgramStore& programs) {
  // One bad line must not end the worker: here, beside main, errors become answers.
  try {
    const Order order = read_order(line);
    const RunRequest& request = order.request;
    if (order.about == "chip") return about_chip(request);
    if (order.about == "network") return about_network(request);
    Progress silent("", false);
    const Prepared prepared = prepare(request, programs, silent);
    return {{"ok", true},
            {"report", make_report(prepared, simulate(prepared, request.schedule, request.why, nullptr, silent))}};
  } catch (const Error& wrong) {
    return {{"ok", false}, {"error", wrong.what()}, {"status", 2}};
  } catch (const std::exception& failed) {
    return {{"ok", false}, {"error", failed.what()}, {"status", 1}};
  }
}

}  // namespace

int worker_command(const Arguments&) {
  ProgramStore programs(LoopsFollowed::a_few_times);  // of what the compiler makes, that shows as much
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << answer(line, programs).dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }
  return 0;
}

}  // namespace rondo
