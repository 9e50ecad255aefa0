#pragma once

#include <set>
#include <string>

namespace millrace::test {

/// The texts that were written, sorted.
inline std::multiset<std::string> written_in(const std::string& trace) {
  const std::string before = "{\"text\":\"";
  std::multiset<std::string> texts;
  for (std::size_t at = trace.find(before); at != std::string::npos; at = trace.find(before, at + 1)) {
    const std::size_t begin = at + before.size();
    texts.insert(trace.substr(begin, trace.find('"', begin) - begin));
  }
  return texts;
}

/// The texts, one behind the other.
inline std::string joined(const std::multiset<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

}  // namespace millrace::test
