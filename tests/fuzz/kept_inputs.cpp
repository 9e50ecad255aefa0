// Takes every input of a folder once, as whoever found it did: what was a finding stays a test.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz.hpp"

int main(int count, char** words) {
  if (count != 2) return 2;
  int taken = 0;
  for (const auto& each : std::filesystem::directory_iterator(words[1])) {
    std::ifstream file(each.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::fprintf(stderr, "%s\n", each.path().filename().c_str());  // the last one said is the one that it ends at
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++taken;
  }
  std::printf("%d inputs\n", taken);
  return taken > 0 ? 0 : 1;
}
