#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "decider/event.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace::test {

constexpr Timestamp at(std::int64_t seconds) { return {1767225600 + seconds, 0}; }  // 2026-01-01T00:00:00Z

inline RunEvent event(std::int64_t seconds, Happening what) { return {at(seconds), std::move(what)}; }

/// What an event says, member by member; what says nothing is left out.
class Said {
 public:
  using OfValue = std::string (*)(const Value&);
  explicit Said(OfValue of_value = [](const Value& value) { return encode_json(value); }) : of_value_(of_value) {}

  std::string by(const RunEvent& event) {
    text_ = render(event.at);
    std::visit(
        [this](const auto& what) {
          text_ += " " + std::string(what.kind);
          what.members(what, *this);
        },
        event.what);
    return text_;
  }

  void operator()(unsigned, const char* name, const auto& member) { say(name, member); }

 private:
  void say(const char* name, bool member) { add(name, member ? "yes" : ""); }
  void say(const char* name, std::uint32_t member) { add(name, member == 0 ? "" : std::to_string(member)); }
  void say(const char* name, RunOutcome member) { add(name, std::string(name_of(member))); }
  void say(const char* name, const std::string& member) { add(name, member); }
  void say(const char* name, const EffectKey& member) { add(name, render(member)); }
  void say(const char* name, const StepPath& member) { add(name, render(member)); }
  void say(const char* name, Timestamp member) { add(name, render(member)); }
  void say(const char* name, const Error& member) {
    add(name, std::string(name_of(member.code)) + (member.message.empty() ? "" : ": " + member.message));
  }
  void say(const char* name, const Value& member) { add(name, member.is_null() ? "" : of_value_(member)); }
  template <class T>
  void say(const char* name, const std::optional<T>& member) {
    if (member) say(name, *member);
  }
  void add(const char* name, const std::string& said) {
    if (!said.empty()) text_ += " " + std::string(name) + "=" + said;
  }

  OfValue of_value_;
  std::string text_;
};

inline std::string said_by(const RunEvent& event) { return Said().by(event); }

}  // namespace millrace::test
