// Expressions, compiled once and evaluated over and over on one core, beside the same written by hand over RapidJSON.
// Usage: bench-expressions WORLD.json, which has the expressions and what they are about. It prints evaluations a
// second. With the name of an expression and a count it only evaluates it that often, for whoever counts instructions.
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/rfc3339.hpp"
#include "expr/expression.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

using namespace millrace;

namespace {

using Json = rapidjson::Value;

constexpr std::array<std::string_view, 3> names = {"condition", "dates", "map"};
constexpr int rounds = 60;
constexpr double round_seconds = 0.01;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// What an evaluation gives, so that nothing is left out as useless: how much there is of it.
using Evaluate = std::function<std::size_t()>;

std::size_t size_of(const Value& value) {
  if (value.is_list()) return value.list().size();
  return value.is_map() ? value.map().size() : std::size_t{value.is_true()};
}

/// An expression in the names that workflows have.
class Evaluated {
 public:
  explicit Evaluated(const Value& world) : world_(world) {
    bindings_.set("now", *parse_timestamp(world.find("now")->text()));
    bindings_.set("tag", *world.find("tag"));
    bindings_.set("tags", *world.find("tags"));
  }

  Evaluate named(std::string_view name) const {
    const auto parsed = Expression::parse(world_.find("expressions")->find(name)->text());
    return [this, expression = std::get<Expression>(parsed)] {
      const auto value = expression.evaluate(bindings_);
      if (!value) give_up(value.error().message);
      return size_of(*value);
    };
  }

 private:
  Value world_;
  Bindings bindings_;
};

/// What somebody would write who has only these three to do.
class ByHand {
 public:
  explicit ByHand(const std::string& world) {
    document_.Parse(world.c_str());
    std::string why;
    limit_ = parse_rfc3339(document_["now"].GetString(), why)->seconds - std::int64_t{2160} * 3600;
  }

  Evaluate named(std::string_view name) {
    if (name == "condition") return [this] { return std::size_t{condition(document_["tag"])}; };
    if (name == "dates") return [this] { return dates(document_["tags"]); };
    return [this] { return map(document_["tag"]); };
  }

 private:
  static bool condition(const Json& tag) {
    const Json& name = tag["name"];
    return tag["usage"].GetInt64() == 0 && name.GetStringLength() >= 4 && std::memcmp(name.GetString(), "tmp-", 4) == 0;
  }

  std::size_t dates(const Json& tags) const {
    std::string why;
    std::vector<const Json*> kept;
    for (const Json& tag : tags.GetArray()) {
      const Json& used = tag["lastUsed"];
      const auto time = parse_rfc3339({used.GetString(), used.GetStringLength()}, why);
      if (time && time->seconds < limit_) kept.push_back(&tag);
    }
    return kept.size();
  }

  static std::size_t map(const Json& tag) {
    rapidjson::Document::AllocatorType memory;
    Json made(rapidjson::kObjectType);
    for (const char* member : {"id", "name", "usage"})
      made.AddMember(rapidjson::StringRef(member), Json(tag[member], memory), memory);
    return made.MemberCount();
  }

  rapidjson::Document document_;
  std::int64_t limit_ = 0;
};

/// Processor time of this thread, in seconds: what else the machine does matters less to it.
double used() {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Evaluations a second, in one short round.
double rate(const Evaluate& evaluate, std::size_t& sum) {
  const double began = used();
  std::size_t count = 0;
  double passed = 0;
  do {
    for (int each = 0; each < 100; ++each) sum += evaluate();
    count += 100;
    passed = used() - began;
  } while (passed < round_seconds);
  return static_cast<double>(count) / passed;
}

/// The best of many rounds in turns: on a machine that does something else, too, the nearest to what it takes.
void compare(std::string_view name, const Evaluate& evaluated, const Evaluate& by_hand) {
  if (evaluated() != by_hand()) give_up(std::string(name) + ": the two do not say the same");
  std::size_t sum = 0;
  double ours = 0, theirs = 0;
  for (int round = 0; round < rounds; ++round) {
    ours = std::max(ours, rate(evaluated, sum));
    theirs = std::max(theirs, rate(by_hand, sum));
  }
  if (sum == 0) give_up("nothing was evaluated");
  std::printf("%s %.0f %.0f\n", std::string(name).c_str(), ours, theirs);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 4) give_up("usage: bench-expressions WORLD.json [EXPRESSION COUNT]");
  std::ifstream file(arguments[1]);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto world = parse_json(text);
  if (!world) give_up(world.error().message);
  const Evaluated evaluated(*world);
  ByHand by_hand(text);
  if (count == 4) {
    const Evaluate evaluate = evaluated.named(arguments[2]);
    for (long left = std::atol(arguments[3]); left > 0; --left) evaluate();
    return 0;
  }
  for (const std::string_view name : names) compare(name, evaluated.named(name), by_hand.named(name));
  return 0;
}
