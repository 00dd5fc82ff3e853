#include "tests/rtl/verify_jobs.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>
#include <thread>
#include <type_traits>

#include "models/base/error.hpp"

namespace rondo::rtl {
namespace {

using State = CaseResult::State;
static_assert(std::is_trivially_copyable_v<CaseResult>, "processes share it");
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "processes share it");

/// Memory that the processes share.
template <class T>
class Shared {
 public:
  explicit Shared(std::int64_t count) : bytes_(sizeof(T) * static_cast<std::size_t>(std::max<std::int64_t>(1, count))) {
    void* at = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    items_ = static_cast<T*>(at);
    for (std::int64_t i = 0; i < count; ++i) new (&items_[i]) T{};
  }
  ~Shared() { ::munmap(items_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T& operator[](std::int64_t i) { return items_[i]; }

 private:
  std::size_t bytes_;
  T* items_;
};

struct Desk {
  std::atomic<std::int64_t> next{0};  ///< the first case that nobody has taken
  std::atomic<std::int64_t> finished{0};
  std::atomic<std::int64_t> first_bad{INT64_MAX};
};

void lower(std::atomic<std::int64_t>& value, std::int64_t to) {
  std::int64_t seen = value;
  while (to < seen && !value.compare_exchange_weak(seen, to)) {
  }
}

CaseResult broken(const std::string& why) {
  CaseResult result;
  result.state = State::broken;
  std::snprintf(result.note.data(), result.note.size(), "%s", why.c_str());
  return result;
}

void serve(std::int64_t count, Desk& desk, std::atomic<std::int64_t>& present, Shared<CaseResult>& results,
           const std::function<CaseResult(std::int64_t)>& work) {
  for (std::int64_t i = desk.next++; i < count && i < desk.first_bad; i = desk.next++) {
    present = i;
    CaseResult result;
    try {
      result = work(i);
    } catch (const std::exception& error) {
      result = broken(error.what());
    }
    results[i] = result;
    if (result.state != State::agrees) lower(desk.first_bad, i);
    ++desk.finished;
  }
  present = -1;
}

}  // namespace

std::vector<CaseResult> run_cases(std::int64_t count, std::int64_t jobs,
                                  const std::function<CaseResult(std::int64_t)>& work,
                                  const std::function<void(std::int64_t)>& progress) {
  Shared<CaseResult> results(count);
  Shared<Desk> desk(1);
  Shared<std::atomic<std::int64_t>> present(jobs);
  std::vector<pid_t> children;
  std::fflush(nullptr);
  for (std::int64_t j = 0; j < jobs; ++j) {
    const pid_t child = ::fork();
    if (child < 0) throw Broken("no process could be started");
    if (child == 0) {
      serve(count, desk[0], present[j], results, work);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (std::size_t j = 0; j < children.size(); ++j) {
    int status = 0;
    while (::waitpid(children[j], &status, WNOHANG) == 0) {
      progress(desk[0].finished);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const std::int64_t at = present[static_cast<std::int64_t>(j)];
    if (status == 0 || at < 0) continue;
    results[at] = broken("the process died of signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0));
    lower(desk[0].first_bad, at);
  }
  std::vector<CaseResult> out;
  for (std::int64_t i = 0; i < count && i <= desk[0].first_bad; ++i) out.push_back(results[i]);
  return out;
}

}  // namespace rondo::rtl
