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

}  // namespace millrace::pruning
