#pragma once

#include <signal.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rondo {

/// The work failed although the input was right: a full disk, a directory that may not be written (exit
/// status 1).
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// While one lives, an interrupt waits: what has begun to be written is finished, or removed.
class SignalHold {
 public:
  SignalHold();
  ~SignalHold();
  SignalHold(const SignalHold&) = delete;
  SignalHold& operator=(const SignalHold&) = delete;

 private:
  sigset_t before_;
};

/// The directory of `--out`. Everything is written to a hidden directory first and moved into place at the
/// end, report.json last, so that what lies there is always whole. Files of an earlier run are replaced;
/// anything else in it stays.
class OutputDirectory {
 public:
  /// Error when `path` is a file, or a directory that holds something but no report.json of an earlier run.
  explicit OutputDirectory(std::string path);
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Writes one file through a stream-like function; Failure when the disk does not take it.
  void write(const std::string& name, const std::string& text);
  void write_with(const std::string& name, const std::function<void(const std::string& path)>& writer);
  /// Moves what was written into place.
  void finish();

 private:
  void open_hidden();
  void move_into_place();

  std::string path_;
  std::string hidden_;             // where files are written; empty until the first one
  std::vector<std::string> made_;  // parent directories that did not exist before
  std::vector<std::string> names_;
  std::optional<SignalHold> hold_;  // from the first file to the end
};

/// Writes one file beside its place and moves it there: whole, or not at all. Failure when that cannot be
/// done.
void write_file(const std::string& path, const std::function<void(const std::string& path)>& writer);

/// Writes `text` to `path`, in place. Failure names the path and the reason.
void write_text(const std::string& path, const std::string& text);

}  // namespace rondo
