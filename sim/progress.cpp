#include "sim/progress.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <iostream>

#include "sim/text_style.hpp"

namespace rondo {

Progress::Progress(std::string what, bool wanted) : what_(std::move(what)) {
  if (wanted && ::isatty(2) == 1) drawer_ = std::thread([this] { draw_until_done(); });
}

Progress::~Progress() {
  if (!drawer_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  drawer_.join();
}

void Progress::show(const std::string& phase, double fraction) {
  if (!drawer_.joinable()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  phase_ = phase;
  fraction_ = fraction;
}

void Progress::draw_until_done() {
  sigset_t all;  // signals are for the thread that does the work
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const auto started = std::chrono::steady_clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  if (changed_.wait_for(lock, std::chrono::seconds(1), [this] { return done_; })) return;
  do {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started;
    std::cerr << "\r\033[K" << line(passed.count()) << std::flush;
  } while (!changed_.wait_for(lock, std::chrono::milliseconds(150), [this] { return done_; }));
  std::cerr << "\r\033[K" << std::flush;
}

std::string Progress::line(double seconds) {
  const std::string bar_text = fraction_ < 0 ? "" : "  " + left(bar(fraction_, 24), 24) + right(percent(fraction_), 8);
  return what_ + ": " + phase_ + bar_text + "  " + std::to_string(static_cast<int>(seconds)) + " s";
}

}  // namespace rondo
