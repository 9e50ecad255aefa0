#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace_plugin.h"

/// Support for our own plugins in C++: a job is a function that may block and throw. Nothing thrown leaves the library.
namespace millrace::job {

using Json = rapidjson::GenericValue<rapidjson::UTF8<>, rapidjson::CrtAllocator>;
inline rapidjson::CrtAllocator memory;

inline Json text(std::string_view value) {
  return Json(value.data(), static_cast<rapidjson::SizeType>(value.size()), memory);
}
inline Json copy(const Json& value) { return Json(value, memory); }

/// `object("id", text(id), "name", text(name))`
inline void add_members(Json&) {}
template <class... More>
void add_members(Json& object, std::string_view name, Json value, More&&... more) {
  object.AddMember(text(name), value, memory);
  add_members(object, std::forward<More>(more)...);
}
template <class... Members>
Json object(Members&&... members) {
  Json result(rapidjson::kObjectType);
  add_members(result, std::forward<Members>(members)...);
  return result;
}

/// The member `name` of an object, or nullptr.
inline const Json* find(const Json& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  const Json key(rapidjson::StringRef(name.data(), name.size()));
  const auto found = object.FindMember(key);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

/// The text of a member; empty where it is absent or anything else, an unknown value among it.
inline std::string text_of(const Json& object, std::string_view name) {
  const Json* value = find(object, name);
  return value != nullptr && value->IsString() ? std::string(value->GetString(), value->GetStringLength())
                                               : std::string();
}

/// Whether a member is true; `otherwise` where it is absent or anything but true and false.
inline bool is_true(const Json& object, std::string_view name, bool otherwise = false) {
  const Json* value = find(object, name);
  return value != nullptr && value->IsBool() ? value->GetBool() : otherwise;
}

/// The whole number of a member; 0 where it is absent or anything else.
inline std::int64_t integer_of(const Json& object, std::string_view name) {
  const Json* value = find(object, name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : 0;
}

/// "1 tag", "2 tags".
inline std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

/// The milliseconds of an input that is a time or a duration; nothing where it is absent or unknown.
inline std::optional<std::int64_t> milliseconds_in(const Json& input, std::string_view name) {
  const Json* value = find(input, name);
  return value != nullptr && value->IsInt64() ? std::optional(value->GetInt64()) : std::nullopt;
}

/// True for what only a real run will tell: {"$unknown": "the id of tag vip"}.
inline bool is_unknown(const Json& value) {
  return value.IsObject() && value.MemberCount() == 1 && find(value, "$unknown");
}

/// A member's name as the data has it: what would look like an unknown has a "$" more in what the host says.
inline std::string_view name_in_data(std::string_view name) {
  const std::size_t word = name.find_first_not_of('$');
  if (word != std::string_view::npos && word > 1 && name.substr(word) == "unknown") name.remove_prefix(1);
  return name;
}

/// JSON for people, of what the host said: with all names as the data has them.
inline std::string json_in_data(std::string json) {
  constexpr std::string_view beginning = "\"$$";
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; (at = json.find(beginning, at)) != std::string_view::npos; ++at) {
    const std::size_t end = json.find('"', at + 1);
    const bool quoted = at > 0 && json[at - 1] == '\\';  // inside a text
    const bool is_name = end != std::string_view::npos && end + 1 < json.size() && json[end + 1] == ':';
    if (quoted || !is_name || name_in_data(std::string_view(json).substr(at + 1, end - at - 1)).size() == end - at - 1)
      continue;
    out.append(json, done, at + 1 - done);
    done = at + 2;
  }
  return done == 0 ? std::move(json) : out.append(json, done);
}

/// Why a job could not be done. `code` is one of those that millrace_plugin.h names.
struct Failure {
  std::string code;
  std::string message;
};

inline Json parse(std::string_view json) {
  rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::CrtAllocator> document(&memory);
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(json.data(), json.size());
  if (document.HasParseError()) throw Failure{"internal", "the host sent JSON that cannot be read"};
  return Json(std::move(static_cast<Json&>(document)));
}

inline std::string encode(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

/// The answer that a blocked job waits for.
class Pending {
 public:
  static void take(void* context, int ok, mr_text result) {
    auto& pending = *static_cast<Pending*>(context);
    // Told under the lock: the waiting thread destroys this object as soon as it may go on.
    const std::lock_guard lock(pending.mutex_);
    pending.json_.assign(result.data, result.size);
    pending.ok_ = ok != 0;
    pending.done_ = true;
    pending.changed_.notify_one();
  }
  Json wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    Json answer = parse(json_);
    if (!ok_) throw Failure{text_of(answer, "code"), text_of(answer, "message")};
    return answer;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool ok_ = false;
  std::string json_;
};

/// One call under way. What it asks of the host blocks until the answer is there; an answer that is an error is thrown.
class Call {
 public:
  Call(const mr_host& host, mr_call* call) : host_(host), call_(call) {}

  /// Runs an action of the step's connector, named without its plugin, such as "location_tags.list".
  Json action(std::string_view name, const Json& input) {
    Pending pending;
    const std::string json = encode(input);
    host_.call_action(call_, view(name), view(json), &Pending::take, &pending);
    return pending.wait();
  }
  Json read_state(std::string_view key) {
    Pending pending;
    host_.read_state(call_, view(key), &Pending::take, &pending);
    return pending.wait();
  }
  void write_state(std::string_view key, const Json& value) {
    Pending pending;
    const std::string json = encode(value);
    host_.write_state(call_, view(key), view(json), &Pending::take, &pending);
    pending.wait();
  }
  /// Writes `value` where the key holds `expected` (null: nothing); `held` is what it holds then.
  struct Swap {
    bool swapped;
    Json held;
  };
  Swap swap_state(std::string_view key, const Json& expected, const Json& value) {
    Pending pending;
    const std::string before = encode(expected), after = encode(value);
    host_.swap_state(call_, view(key), view(before), view(after), &Pending::take, &pending);
    Json answer = pending.wait();
    return {answer["swapped"].GetBool(), std::move(answer["value"])};
  }
  Json write_file(std::string_view path, std::string content) {
    Pending pending;
    host_.write_file(call_, view(path), view(content), &Pending::take, &pending);
    std::string().swap(content);  // the host has its own by now, and a file may be large
    return pending.wait();
  }
  /// {"method", "path" or "url", "body", ...} -> {"status", "headers", "body"}: the action's declared effect holds.
  Json http(const Json& request) {
    Pending pending;
    const std::string json = encode(request);
    host_.http(call_, view(json), &Pending::take, &pending);
    return pending.wait();
  }
  /// Before the first of `count` writes by a connector's action: throws "limited" where they are too many.
  void announce(std::string_view action, std::size_t count) {
    Pending pending;
    const std::string json = encode(object("action", text(action), "count", Json(static_cast<std::uint64_t>(count))));
    host_.announce(call_, view(json), &Pending::take, &pending);
    pending.wait();
  }
  /// The run's time in milliseconds since 1970, UTC.
  std::int64_t now() const { return host_.now(call_); }
  /// "Europe/Berlin": the run's zone, in which people read its times.
  std::string time_zone() const { return text_of(host_.time_zone(call_)); }
  /// By how many milliseconds the clocks of that zone are ahead of UTC at a time.
  std::int64_t utc_offset(std::int64_t time) const { return host_.utc_offset(call_, time); }
  /// How people call the location of this call; empty where it has none.
  std::string location_name() const { return text_of(host_.location_name(call_)); }
  void log(int level, std::string_view message) { host_.log(call_, level, view(message)); }
  bool cancelled() const { return host_.is_cancelled(call_) != 0; }

  void finish(const Json& output) {
    const std::string json = encode(output);
    host_.finish(call_, view(json));
  }
  void fail(const Failure& failure) { host_.fail(call_, view(failure.code), view(failure.message)); }

 private:
  static mr_text view(std::string_view value) { return {value.data(), value.size()}; }
  static std::string text_of(mr_text text) { return {text.data, text.size}; }

  const mr_host& host_;
  mr_call* call_;
};

/// What an action does: takes its input, gives its output, throws Failure.
using Work = Json (*)(Call& call, const Json& input);
/// The same for inputs that may be large: it gets their JSON as the host wrote it, borrowed until it returns.
using TextWork = Json (*)(Call& call, std::string_view input);

struct Capability {
  Capability(std::string_view name, Work work) : name(name), work(work) {}
  Capability(std::string_view name, TextWork work) : name(name), text_work(work) {}
  Json perform(Call& call, std::string_view input) const {
    return work != nullptr ? work(call, parse(input)) : text_work(call, input);
  }

  std::string_view name;
  Work work = nullptr;
  TextWork text_work = nullptr;
};

/// What this library offers. One per library, because symbols are hidden.
struct Offer {
  const mr_host* host = nullptr;
  std::vector<Capability> capabilities;
};
inline Offer offer;

inline void* open(const mr_host* host, mr_call*, mr_text) {
  offer.host = host;
  return &offer;
}

inline void close(void*) {}

inline void begin(void*, mr_call* handle, mr_text capability, mr_text input) {
  Call call(*offer.host, handle);
  try {
    const std::string_view name(capability.data, capability.size);
    for (const Capability& one : offer.capabilities) {
      if (one.name == name) return call.finish(one.perform(call, {input.data, input.size}));
    }
    throw Failure{"not_found", "this library does not do \"" + std::string(name) + "\""};
  } catch (const Failure& failure) {
    call.fail(failure);
  } catch (const std::exception& error) {
    call.fail({"internal", error.what()});
  }
}

/// How times and durations in inputs come.
enum class Times : std::uint32_t { as_written = 0, in_milliseconds = 1 };

/// The table of a plugin that consists of these actions; to be returned by `mr_plugin_entry`.
inline const mr_plugin* plugin(std::string_view name, std::vector<Capability> capabilities,
                               Times times = Times::in_milliseconds) {
  static const mr_plugin table = {.size = sizeof(mr_plugin),
                                  .abi_major = MR_ABI_MAJOR,
                                  .name = {name.data(), name.size()},
                                  .open = open,
                                  .close = close,
                                  .begin = begin,
                                  .cancel = nullptr,
                                  .times_in_milliseconds = static_cast<std::uint32_t>(times)};
  offer.capabilities = std::move(capabilities);
  return &table;
}

}  // namespace millrace::job
