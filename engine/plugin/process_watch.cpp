#include "plugin/process_watch.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace millrace {

namespace {

/// Threads have no count of their own, and some memory is no data.
constexpr std::uint64_t most_threads = 64;
constexpr std::uint64_t bytes_beside_data = std::uint64_t{64} << 20;

/// A process that nobody asks anything of may take a fifth of a processor for as long as it likes, and more for so many
/// seconds: what a call has left to do.
constexpr Duration most_for_nobody = std::chrono::milliseconds(200);
constexpr int longest_busy_for_nobody = 10;

Duration of_ticks(std::uint64_t ticks) {
  const auto a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return std::chrono::milliseconds(ticks * 1000 / a_second);
}

}  // namespace

ProcessSize ProcessSize::of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string whole(std::istreambuf_iterator<char>(file), {});
  const std::size_t end_of_name = whole.rfind(')');  // which may hold anything
  if (end_of_name == std::string::npos) return {};
  std::istringstream fields(whole.substr(end_of_name + 1));
  // As proc(5) counts them; the name is the second.
  constexpr int user_at = 14, system_at = 15, threads_at = 20, pages_at = 24;
  std::uint64_t ticks = 0, pages = 0;
  ProcessSize size;
  std::string field;
  for (int at = 3; at <= pages_at && fields >> field; ++at) {
    const std::uint64_t number = std::strtoull(field.c_str(), nullptr, 10);
    if (at == user_at || at == system_at) ticks += number;
    if (at == threads_at) size.threads = number;
    if (at == pages_at) pages = number;
  }
  size.bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  size.processor = of_ticks(ticks);
  return size;
}

std::string ProcessWatch::look(const ProcessSize& now, bool for_nobody) {
  const Duration had = now.processor - std::exchange(processor_, now.processor);
  busy_for_nobody_ = for_nobody && had > most_for_nobody ? busy_for_nobody_ + 1 : 0;
  const std::uint64_t most_bytes = data_bytes_ + bytes_beside_data;
  if (now.threads > most_threads)
    return "it had " + std::to_string(now.threads) + " threads, and may have " + std::to_string(most_threads);
  if (now.bytes > most_bytes)
    return "it had " + std::to_string(now.bytes >> 20) + " MiB in memory, and may have " +
           std::to_string(most_bytes >> 20);
  if (busy_for_nobody_ > longest_busy_for_nobody) return "it was busy while nobody asked anything of it";
  return "";
}

}  // namespace millrace
