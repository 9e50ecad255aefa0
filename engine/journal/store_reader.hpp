#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "journal/database.hpp"
#include "journal/store_files.hpp"

namespace millrace {

/// The connection that reads, so that looking back never holds up the writer. The file is opened at the first use; one
/// that is not there is empty. Loop thread only; the work itself is done on a worker. REQUIRES: outlives its tasks.
class StoreReader {
 public:
  StoreReader(Loop& loop, std::filesystem::path file, std::string vfs);

  /// Asks a question of the file, or gives `absent` where there is none.
  template <class T>
  Task<Result<T>> ask(std::function<Result<T>(Database&)> question, Result<T> absent) {
    while (busy_) {
      const bool undisturbed = co_await free_.wait();
      if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    }
    const Turn turn(*this);
    std::function<Result<T>()> job = [this, &question, &absent]() -> Result<T> {
      const auto opened = open();
      if (!opened) return opened.error();
      return database_ ? question(*database_) : std::move(absent);
    };
    auto answer = co_await on_worker<Result<T>>(loop_, std::move(job));
    co_return answer;
  }

  /// REQUIRES: no task is in `ask`.
  void close() { database_.reset(); }

 private:
  /// The connection is one task's until this ends.
  struct Turn {
    explicit Turn(StoreReader& of) : reader(of) { reader.busy_ = true; }
    ~Turn() {
      reader.busy_ = false;
      reader.free_.announce();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    StoreReader& reader;
  };
  Status open();

  Loop& loop_;
  std::filesystem::path file_;
  std::string vfs_;
  StoreFiles files_;
  std::optional<Database> database_;
  bool older_ = false;  ///< the file has an older layout, and `database_` is what it held when it was asked
  bool busy_ = false;
  News free_;
};

}  // namespace millrace
