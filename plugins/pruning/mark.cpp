#include "mark.hpp"

#include "../support/moment.hpp"

namespace millrace::pruning {
namespace {

const std::string beginning = "[archived ", end = "] ";
constexpr std::size_t day_length = 10;  // "2026-09-21"
const std::size_t mark_length = beginning.size() + day_length + end.size();

}  // namespace

std::string marked(const std::string& name, const std::string& day) { return beginning + day + end + name; }

bool has_mark(const std::string& key) {
  return key.size() > mark_length && key.starts_with(beginning) &&
         job::parse_day(key.substr(beginning.size(), day_length)) &&
         key.compare(beginning.size() + day_length, end.size(), end) == 0;
}

std::string without_mark(const std::string& key) { return key.substr(mark_length); }

bool is_left_of(const std::string& key, const std::string& given) {
  if (!has_mark(given)) return false;
  const std::string words = given.substr(1, beginning.size() - 1 + day_length);  // far sides leave out brackets, too
  if (key.find(words) == std::string::npos) return false;
  std::size_t found = 0;
  for (std::size_t at = 0; at < given.size() && found < key.size(); ++at) found += given[at] == key[found] ? 1 : 0;
  return found == key.size();
}

}  // namespace millrace::pruning
