#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/percent.hpp"

namespace millrace {

/// Header fields in the order they stand on the wire. Names compare without regard to case.
class HttpHeaders {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);             ///< replaces all of that name
  void remove(std::string_view name);                             ///< all of that name
  const std::string* find(std::string_view name) const noexcept;  ///< the first of that name
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// "a=1&b=x%20y", for queries and forms.
std::string encode_query(const std::vector<std::pair<std::string, std::string>>& pairs);
/// Undoes it, and reads '+' as a space, as forms are written. What is malformed stays as it is.
std::vector<std::pair<std::string, std::string>> decode_query(std::string_view query);

}  // namespace millrace
