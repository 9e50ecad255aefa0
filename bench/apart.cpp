// What a plugin costs in a process of its own beside one in this program: the same library, through the same calls, in
// turns. Usage: bench-apart BENCH.SO MILLRACE-PLUGIN.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/plugin_host.hpp"
#include "value/value.hpp"

using namespace millrace;

namespace {

using Seconds = std::chrono::duration<double>;
using Watch = std::chrono::steady_clock;

/// Answers at once with what it is asked.
class Services final : public CallServices {
 public:
  Task<Result<Value>> call_action(std::string, Value input) override { co_return input; }
  Task<Result<Value>> http(RequestParts) override { co_return Value(); }
  Task<Result<Value>> write_file(std::string, std::string) override { co_return Value(); }
  Task<Result<Value>> read_state(std::string) override { co_return Value(); }
  Task<Result<Value>> write_state(std::string, Value) override { co_return Value(); }
  Task<Result<Value>> swap_state(std::string, Value, Value) override { co_return Value(); }
  Task<Result<Value>> announce(std::string, std::int64_t) override { co_return Value(); }
  Timestamp now() const override { return {1'790'000'000, 0}; }
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// Processor time of this process and of its children that have ended.
double processor_seconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used = {};
    getrusage(who, &used);
    seconds += static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  }
  return seconds;
}

double resident_mib(const std::string& process) {
  std::ifstream stream("/proc/" + process + "/statm");
  double size = 0, resident = 0;
  stream >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// The one child that runs a plugin.
std::string child() {
  std::ifstream stream("/proc/self/task/" + std::to_string(getpid()) + "/children");
  std::string process;
  stream >> process;
  return process;
}

/// The plugin by one of the two ways.
class Way {
 public:
  Way(const std::filesystem::path& folder, const std::filesystem::path& program, PluginOptions::Apart apart) {
    plugin_.name = "bench";
    plugin_.folder = folder;
    plugin_.library = plugin_.shipped = true;
    PluginOptions options;
    options.apart = apart;
    options.program = program;
    host_ = open_plugin_host(loop_, {}, options);
  }

  void call(const std::string& name, const Value& input) { loop_.run(call_once(name, input)); }
  /// `count` calls, so many at once.
  void call_many(const std::string& name, const Value& input, int count, int at_once) {
    loop_.run(spread(name, input, count, at_once));
  }
  bool good() const { return good_; }

 private:
  Task<void> call_once(std::string name, Value input) {
    Action action;
    action.name = "bench." + name;
    const auto told = co_await host_->call(plugin_, action, input, services_);
    good_ = static_cast<bool>(told);
  }
  Task<void> calls(std::string name, Value input, int count) {
    for (int i = 0; i < count; ++i) co_await call_once(name, input);
  }
  Task<void> spread(std::string name, Value input, int count, int at_once) {
    Scope scope(loop_);
    for (int i = 0; i < at_once; ++i) scope.spawn(calls(name, input, count / at_once));
    co_await scope.done();
  }

  Loop loop_;
  Manifest plugin_;
  Services services_;
  std::unique_ptr<PluginHost> host_;
  bool good_ = true;
};

double timed(const std::function<void()>& what) {
  const auto began = Watch::now();
  what();
  return Seconds(Watch::now() - began).count();
}

Value of_bytes(std::size_t bytes) {
  return Value::object({{"value", Value::object({{"text", std::string(bytes, 'x')}})}});
}

struct Ways {
  std::filesystem::path folder, program;
  std::unique_ptr<Way> open(PluginOptions::Apart apart) const { return std::make_unique<Way>(folder, program, apart); }
};

void compare(const Ways& ways, const char* title, const std::string& name, const Value& input, int count, int at_once) {
  constexpr int rounds = 5;
  std::vector<double> inside, apart, used_inside, used_apart;
  for (int round = 0; round < rounds; ++round) {
    for (const auto way : {PluginOptions::Apart::none, PluginOptions::Apart::all}) {
      const double before = processor_seconds();
      {
        const auto host = ways.open(way);
        host->call("keep", of_bytes(1));
        const double took = timed([&] { host->call_many(name, input, count, at_once); });
        (way == PluginOptions::Apart::all ? apart : inside).push_back(took / count);
      }
      (way == PluginOptions::Apart::all ? used_apart : used_inside).push_back((processor_seconds() - before) / count);
    }
  }
  std::printf("  %-34s inside %9.1f us   apart %9.1f us   ratio %.2f   processor %.2f\n", title, median(inside) * 1e6,
              median(apart) * 1e6, median(apart) / median(inside), median(used_apart) / median(used_inside));
  std::fflush(stdout);
}

void measure_process(const Ways& ways) {
  std::vector<double> start, again, idle;
  for (int round = 0; round < 9; ++round) {
    const auto host = ways.open(PluginOptions::Apart::all);
    start.push_back(timed([&] { host->call("keep", of_bytes(1)); }) * 1e3);
    idle.push_back(resident_mib(child()));
    host->call("die", Value());  // tried once more by the host, and then given up: a pause begins
    again.push_back(timed([&] {
                      do host->call("keep", of_bytes(1));
                      while (!host->good());
                    }) *
                    1e3);
  }
  std::printf(
      "  start with the first call %.1f ms (aim 10), idle %.1f MiB (aim 6), next call after a crash %.0f ms (aim "
      "100)\n",
      median(start), median(idle), median(again));
}

void measure_leak(const Ways& ways) {
  const auto host = ways.open(PluginOptions::Apart::all);
  host->call("leak", Value());
  const double before = resident_mib("self");
  double most_there = 0;
  for (int hundred = 0; hundred < 100; ++hundred) {
    host->call_many("leak", Value(), 100, 1);
    const std::string process = child();
    if (!process.empty()) most_there = std::max(most_there, resident_mib(process));
  }
  std::printf(
      "  10,000 calls that leak a megabyte each: engine %.1f MiB before, %.1f MiB after; the plugin's process at "
      "most %.0f MiB\n",
      before, resident_mib("self"), most_there);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const Ways ways{std::filesystem::absolute(words[1]).parent_path(), std::filesystem::absolute(words[2])};
  std::printf("A plugin's call, inside and apart in turns, medians of five rounds (aim: below 2, of 1 MiB 1.3)\n");
  compare(ways, "200 B, 1 at once", "keep", of_bytes(200), 4000, 1);
  compare(ways, "4 KiB, 1 at once", "keep", of_bytes(4096), 4000, 1);
  compare(ways, "1 MiB, 1 at once", "keep", of_bytes(1 << 20), 100, 1);
  compare(ways, "200 B, 64 at once", "keep", of_bytes(200), 12800, 64);
  compare(ways, "4 KiB, 64 at once", "keep", of_bytes(4096), 12800, 64);
  compare(ways, "a job with 100 host calls", "ask",
          Value::object({{"times", 100}, {"value", Value::object({{"n", 1}})}}), 100, 1);
  measure_process(ways);
  measure_leak(ways);
  return 0;
}
