#pragma once

#include <map>
#include <string>

#include "base/unicode.hpp"

namespace millrace::statistics {

/// Names that are spelled differently and are one: each is told as it was first met.
class Spelling {
 public:
  const std::string& of(const std::string& name) {
    const auto [known, is_new] = spelled_.try_emplace(name);
    if (!is_new) return known->second;
    const std::string key = name_key(name);
    return known->second = key.empty() ? name : by_key_.try_emplace(key, name).first->second;
  }

 private:
  std::map<std::string, std::string> spelled_, by_key_;
};

}  // namespace millrace::statistics
