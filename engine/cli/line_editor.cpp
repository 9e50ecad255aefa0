#include "cli/line_editor.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

constexpr const char* library_file = "libedit.so.2";
constexpr std::size_t most_remembered = 1000;
constexpr unsigned private_mode = 0600;
/// What no name of an expression has in it.
constexpr const char* between_words = " \t\n\"'()[]{}.,?:!=<>|&+-*/%";

/// What of libedit is used, by the names and types of its <editline/readline.h>.
struct Libedit {
  using Completer = char** (*)(const char* word, int begin, int end);
  char* (*readline)(const char* prompt) = nullptr;
  int (*add_history)(const char* line) = nullptr;
  int (*initialize)() = nullptr;
  Completer* completer = nullptr;
  int* completer_is_all = nullptr;
  int* append_character = nullptr;
  const char** word_breaks = nullptr;
  const char** program = nullptr;
  char** line = nullptr;
};

template <class T>
bool find_in(void* library, const char* name, T& found) {
  void* address = ::dlsym(library, name);
  std::memcpy(&found, &address, sizeof found);
  return address != nullptr;
}

/// Nullptr where the system has none, or one that is not as expected. It is never unloaded.
const Libedit* libedit() {
  static const std::optional<Libedit> kept = []() -> std::optional<Libedit> {
    void* library = ::dlopen(library_file, RTLD_NOW | RTLD_LOCAL);
    Libedit all;
    const bool whole =
        library != nullptr && find_in(library, "readline", all.readline) &&
        find_in(library, "add_history", all.add_history) && find_in(library, "rl_initialize", all.initialize) &&
        find_in(library, "rl_attempted_completion_function", all.completer) &&
        find_in(library, "rl_attempted_completion_over", all.completer_is_all) &&
        find_in(library, "rl_completion_append_character", all.append_character) &&
        find_in(library, "rl_basic_word_break_characters", all.word_breaks) &&
        find_in(library, "rl_readline_name", all.program) && find_in(library, "rl_line_buffer", all.line);
    return whole ? std::optional(all) : std::nullopt;
  }();
  return kept ? &*kept : nullptr;
}

/// libedit knows one editor at a time, and asks a function without a memory of its own.
WordsFor& words_of_editor() {
  static WordsFor kept;
  return kept;
}

std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words)
    common.resize(static_cast<std::size_t>(std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first -
                                           common.begin()));
  return common;
}

/// As libedit wants it: what all have in common, the words, and nothing; it frees them.
char** completed(const char* word, int, int end) {
  const Libedit& edit = *libedit();
  *edit.completer_is_all = 1;  // files are no part of an expression
  const std::string_view line = *edit.line;
  const std::string before(line.substr(0, offset_of_character(line, static_cast<std::size_t>(std::max(end, 0)))));
  std::vector<std::string> words = words_of_editor()(before);
  std::erase_if(words, [word](const std::string& one) { return !one.starts_with(word); });
  if (words.empty()) return nullptr;
  std::string common = common_beginning(words);
  if (words.size() == 1) words.clear();
  words.insert(words.begin(), std::move(common));
  auto** all = static_cast<char**>(std::calloc(words.size() + 1, sizeof(char*)));
  for (std::size_t at = 0; all != nullptr && at < words.size(); ++at) all[at] = ::strdup(words[at].c_str());
  return all;
}

/// The lines of the file, the newest last, no more than are kept.
std::vector<std::string> remembered_in(const std::filesystem::path& memory) {
  if (memory.empty()) return {};
  const auto text = read_private_file(memory, Others::may_not_read);
  if (!text || !*text) return {};
  std::vector<std::string> lines = split(**text, '\n');
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  if (lines.size() > most_remembered) {
    lines.erase(lines.begin(), lines.end() - most_remembered);
    // Where it cannot be written, it is as long as it was.
    [[maybe_unused]] const Status cut = replace_file(memory, join(lines, "\n") + "\n", private_mode);
  }
  return lines;
}

}  // namespace

LineEditor::LineEditor(std::filesystem::path memory, WordsFor words_for) : memory_(std::move(memory)) {
  const Libedit* edit = libedit();
  if (edit == nullptr) return;
  std::setlocale(LC_CTYPE, "");
  if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
  *edit->program = "millrace";
  edit->initialize();
  *edit->word_breaks = between_words;
  *edit->append_character = '\0';
  *edit->completer = completed;
  words_of_editor() = std::move(words_for);
  for (std::string& line : remembered_in(memory_)) {
    edit->add_history(line.c_str());
    last_ = std::move(line);
  }
}

LineEditor::~LineEditor() { words_of_editor() = {}; }

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  const Libedit* edit = libedit();
  std::string line;
  if (edit != nullptr) {
    const std::unique_ptr<char, decltype(&std::free)> typed(edit->readline(prompt.c_str()), &std::free);
    if (typed == nullptr) return std::nullopt;
    line = typed.get();
    if (!trim(line).empty()) remember(line);
  } else {
    std::printf("%s", prompt.c_str());
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) return std::nullopt;
  }
  return line;
}

void LineEditor::remember(const std::string& line) {
  if (line == last_) return;
  last_ = line;
  libedit()->add_history(line.c_str());
  if (memory_.empty() || !make_private_folder(memory_.parent_path())) return;
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const Descriptor file(::open(memory_.c_str(), flags, private_mode));
  // What cannot be kept is remembered until the end: nobody is kept from their next expression.
  if (file.number() < 0 || !check_private_file(memory_, file.number())) return;
  const std::string kept = line + "\n";
  [[maybe_unused]] const ssize_t written = ::write(file.number(), kept.data(), kept.size());
}

std::filesystem::path file_of_memory(const std::string& name) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "millrace" / name;
  if (home == nullptr || *home != '/') return {};
  return std::filesystem::path(home) / ".local" / "state" / "millrace" / name;
}

}  // namespace millrace
