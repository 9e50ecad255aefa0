#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "courier/courier_bench.hpp"
#include "gate/gate.hpp"
#include "gate/written_files.hpp"
#include "journal/state_store.hpp"

namespace millrace::test {

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Gates on the courier of a CourierBench.
class GateBench : public CourierBench {
 public:
  using CourierBench::CourierBench;

  /// Gives the output as JSON, or "<code>: <message>" with the server's address as HOST.
  std::string perform(Gate& gate, const std::string& name, const std::string& input = "{}");
  std::string perform(Gate& gate, const std::string& name, Value input, CallSite site);
  static std::string changes(const GateRecord& record);

  Outside outside() { return {loop, courier(), *secrets, *store, written_files}; }

  std::unique_ptr<StateStore> store = open_memory_state_store();
  WrittenFiles written_files;
};

}  // namespace millrace::test
