#include "sim/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "models/base/error.hpp"

namespace rondo {
namespace {

namespace fs = std::filesystem;

// Every name a run can leave behind.
constexpr std::array<const char*, 5> kNames = {"counters.csv", "outputs.npz", "timeline.json", "resolved.yaml",
                                               "report.json"};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Failure(path + ": " + what + ": " + std::strerror(errno));
}

bool holds_anything(const std::string& path) {
  std::error_code ignored;
  return fs::directory_iterator(path, ignored) != fs::directory_iterator();
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

mode_t usual_mask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

SignalHold::SignalHold() {
  sigset_t held;
  ::sigemptyset(&held);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held, signal);
  ::pthread_sigmask(SIG_BLOCK, &held, &before_);
}
SignalHold::~SignalHold() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

OutputDirectory::OutputDirectory(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code wrong;
  const fs::file_status status = fs::status(path_, wrong);
  if (status.type() == fs::file_type::not_found) return;
  if (!fs::is_directory(status))
    throw Error("--out " + path_ + ": is not a directory; name a new one or that of an earlier run");
  if (holds_anything(path_) && !fs::is_regular_file(path_ + "/report.json", wrong)) {
    throw Error("--out " + path_ + ": holds files but no report.json of an earlier run; name a new directory");
  }
}

OutputDirectory::~OutputDirectory() {
  std::error_code ignored;
  if (!hidden_.empty()) fs::remove_all(hidden_, ignored);
  for (auto directory = made_.rbegin(); directory != made_.rend(); ++directory) fs::remove(*directory, ignored);
}

void OutputDirectory::open_hidden() {
  hold_.emplace();
  std::vector<std::string> missing;
  for (std::string at = parent_of(path_); !fs::exists(at) && at != parent_of(at); at = parent_of(at))
    missing.push_back(at);
  for (auto directory = missing.rbegin(); directory != missing.rend(); ++directory) {
    if (::mkdir(directory->c_str(), 0777) != 0) fail(*directory, "cannot be made");
    made_.push_back(*directory);
  }
  std::string name = (fs::exists(path_) ? path_ : parent_of(path_)) + "/.rondo-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) fail(path_, "cannot be written");
  hidden_ = name;
  ::chmod(hidden_.c_str(), 0777 & ~usual_mask());
}

void OutputDirectory::write(const std::string& name, const std::string& text) {
  write_with(name, [&](const std::string& path) { write_text(path, text); });
}

void OutputDirectory::write_with(const std::string& name, const std::function<void(const std::string& path)>& writer) {
  if (hidden_.empty()) open_hidden();
  names_.push_back(name);
  try {
    writer(hidden_ + "/" + name);
  } catch (const std::exception& wrong) {
    // The hidden name means nothing to whoever reads the message.
    std::string what = wrong.what();
    if (const std::size_t at = what.find(hidden_); at != std::string::npos) what.replace(at, hidden_.size(), path_);
    throw Failure(what);
  }
}

void OutputDirectory::finish() {
  if (hidden_.empty()) open_hidden();
  if (!fs::exists(path_) && ::rename(hidden_.c_str(), path_.c_str()) != 0) fail(path_, "cannot be written");
  if (fs::exists(hidden_)) move_into_place();
  hidden_.clear();
  made_.clear();
  hold_.reset();
}

void OutputDirectory::move_into_place() {
  for (const char* name : kNames) {
    const std::string to = path_ + "/" + name;
    const bool written = std::find(names_.begin(), names_.end(), name) != names_.end();
    const int result = written ? ::rename((hidden_ + "/" + name).c_str(), to.c_str()) : ::unlink(to.c_str());
    if (result != 0 && (written || errno != ENOENT)) fail(to, "cannot be replaced");
  }
  if (::rmdir(hidden_.c_str()) != 0) fail(hidden_, "cannot be removed");
}

void write_text(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail(path, "cannot be written");
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t put = ::write(file, text.data() + at, text.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int reason = errno;
      ::close(file);
      errno = reason;
      fail(path, "cannot be written");
    }
    at += static_cast<std::size_t>(put);
  }
  if (::close(file) != 0) fail(path, "cannot be written");
}

void write_file(const std::string& path, const std::function<void(const std::string& path)>& writer) {
  std::error_code ignored;
  if (path.empty()) throw Error("-o: the name of a file is expected");
  if (fs::is_directory(path, ignored)) throw Error("-o " + path + ": is a directory; the name of a file is expected");
  // A device is written as it is; nothing can be moved onto it. The ending stays, because it chooses the
  // form.
  const bool device = fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
  const std::string hidden =
      device ? path
             : parent_of(path) + "/.rondo-" + std::to_string(::getpid()) + "-" + fs::path(path).filename().string();
  const SignalHold hold;
  try {
    writer(hidden);
    if (!device && ::rename(hidden.c_str(), path.c_str()) != 0) fail(path, "cannot be written");
  } catch (const std::exception& wrong) {
    if (!device) ::unlink(hidden.c_str());
    std::string what = wrong.what();
    if (const std::size_t at = what.find(hidden); at != std::string::npos) what.replace(at, hidden.size(), path);
    throw Failure(what);
  }
}

}  // namespace rondo
