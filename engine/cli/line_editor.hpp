#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What may stand in the place of the word before the cursor: each a whole word that begins like it.
using WordsFor = std::function<std::vector<std::string>(const std::string& before_cursor)>;

/// Lines that somebody types at this process's terminal. With libedit they are edited, completed with the tab key and
/// remembered in a file; a system without it has them as its terminal gives them. One at a time.
class LineEditor {
 public:
  /// `memory`: the file; empty: nothing is remembered beyond the end.
  LineEditor(std::filesystem::path memory, WordsFor words_for);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line; nothing where the person has ended it (Ctrl-D).
  std::optional<std::string> read(const std::string& prompt);

 private:
  void remember(const std::string& line);

  std::filesystem::path memory_;
  std::string last_;  ///< what was remembered last
};

/// $XDG_STATE_HOME/millrace/NAME, or below ~/.local/state; empty where the environment names no home.
std::filesystem::path file_of_memory(const std::string& name);

}  // namespace millrace
