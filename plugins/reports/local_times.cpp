#include "local_times.hpp"

#include <cstdio>
#include <cstdlib>

#include "../support/moment.hpp"
#include "../support/times.hpp"

namespace millrace::reports {

namespace {

constexpr std::size_t shortest = 20;  // "2026-03-29T07:00:00Z"

bool is_time(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < shortest) return false;
  for (std::size_t at = 0; at < form.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (form[at] == 'd' ? !digit : text[at] != form[at]) return false;
  }
  std::string_view rest = text.substr(form.size());
  if (rest.front() == '.') rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  if (rest == "Z") return true;
  const bool offset = rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':';
  return offset && rest.find_first_not_of("0123456789:", 1) == std::string_view::npos;
}

}  // namespace

std::string LocalTimes::for_people(std::int64_t milliseconds) const {
  std::string text = job::time_text(milliseconds + call_.utc_offset(milliseconds));
  text[10] = ' ';
  text.pop_back();
  return text;
}

std::optional<std::string> LocalTimes::shown(std::string_view text) const {
  if (!is_time(text)) return std::nullopt;
  if (form_ == Form::programs && utc_) return std::nullopt;
  const auto time = job::parse_time(std::string(text));
  if (!time) return std::nullopt;
  if (form_ == Form::people) return for_people(*time);
  const std::int64_t offset = call_.utc_offset(*time);
  std::string local = job::time_text(*time + offset);
  local.pop_back();
  if (text[19] == '.') {
    const std::size_t end = text.find_first_not_of("0123456789", 20);
    local += text.substr(19, end - 19);
  }
  const auto minutes = static_cast<int>(std::abs(offset) / 60'000);
  char ahead[16];
  std::snprintf(ahead, sizeof ahead, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return local + ahead;
}

}  // namespace millrace::reports
