#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "temporary_folder.hpp"

namespace millrace::test {

/// A variable of the environment, for as long as a test runs; then it is as before.
struct Variable {
  Variable(const char* variable, const std::string& value) : name(variable) {
    if (const char* before_now = ::getenv(name)) before = before_now;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { before ? ::setenv(name, before->c_str(), 1) : ::unsetenv(name); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  const char* name;
  std::optional<std::string> before = {};
};

/// A user of a test's own, whose keys are nowhere else.
struct User {
  TemporaryFolder home;
  Variable config{"XDG_CONFIG_HOME", home.path().string()};
  std::filesystem::path key_file() const { return home.path() / "millrace" / "vault.key"; }
};

}  // namespace millrace::test
