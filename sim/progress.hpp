#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace rondo {

/// How far long work is: one line on stderr, redrawn while the work goes on and wiped when it ends. Says
/// nothing in the first second, and nothing at all when stderr is no terminal or `wanted` is false.
class Progress {
 public:
  Progress(std::string what, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether anybody sees it: without a terminal, counting how far the work is can be spared.
  bool visible() const { return drawer_.joinable(); }

  /// Names the phase that begins, and how much of it is done (below 0: not known). Cheap enough for inner
  /// loops.
  void show(const std::string& phase, double fraction = -1);

 private:
  void draw_until_done();
  std::string line(double seconds);

  std::string what_;
  std::string phase_;
  double fraction_ = -1;
  bool done_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread drawer_;
};

}  // namespace rondo
