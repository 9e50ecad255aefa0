#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace millrace {

/// A library that was read once, in memory that nobody can change any more: what is looked at is what is loaded.
class Binary {
 public:
  /// Reads NAME.so beside the manifest.
  static Result<Binary> read(const Manifest& plugin);
  ~Binary();
  Binary(Binary&& other) noexcept;
  Binary& operator=(Binary&& other) noexcept;

  const std::string& pin() const noexcept { return pin_; }
  int descriptor() const noexcept { return descriptor_; }
  /// Where the loader finds it, in this process.
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  /// What it would load beside itself, or lies beside it, and no pin covers, as a sentence; empty: nothing.
  const std::string& company() const noexcept { return company_; }
  /// The functions and variables that it shows beside the one symbol of the contract.
  const std::vector<std::string>& more_exports() const noexcept { return more_exports_; }

 private:
  Binary() = default;
  int descriptor_ = -1;
  std::string pin_, company_;
  std::vector<std::string> more_exports_;
};

}  // namespace millrace
