#include "kept_look.hpp"

#include <chrono>
#include <utility>

#include "../support/moment.hpp"

namespace millrace::tags {

using job::find;
using job::Json;
using job::object;

namespace {

std::string key_of(const std::string& location) { return "look/" + location; }

std::int64_t milliseconds_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

/// As it would have been told without the social planner.
void leave_out_social(Json& answer) {
  answer["social"] = Json(rapidjson::kArrayType);
  for (const char* counted : {"social_tags", "posts"}) answer["totals"][counted] = Json();
}

}  // namespace

KeptLook::KeptLook(job::Call& call, const Json& input)
    : call_(call),
      key_(key_of(job::text_of(input, "location_id"))),
      max_age_(job::milliseconds_in(input, "max_age")),
      posts_within_(job::milliseconds_in(input, "posts_within")),
      social_(job::is_true(input, "social_tags", true)) {}

std::optional<Json> KeptLook::find() const {
  if (!max_age_) return std::nullopt;
  Json kept = call_.read_state(key_);
  const Json* answer = job::find(kept, "answer");
  const std::int64_t at = job::integer_of(kept, "at"), age = milliseconds_now() - at;
  if (answer == nullptr || !answer->IsObject() || age < 0 || age > *max_age_) return std::nullopt;
  const bool has_social = job::is_true(kept, "social");
  if (social_ && (!has_social || job::milliseconds_in(kept, "posts_within") != posts_within_)) return std::nullopt;
  Json told = std::move(kept["answer"]);
  if (has_social && !social_) leave_out_social(told);
  told["kept_since"] = job::text(job::time_text(at));
  return told;
}

void KeptLook::keep(const Json& answer) {
  if (!max_age_ || !job::text_of(answer, "dropped").empty()) return;
  Json kept = object("at", Json(milliseconds_now()), "social", Json(social_), "answer", job::copy(answer));
  if (posts_within_) job::add_members(kept, "posts_within", Json(*posts_within_));
  call_.write_state(key_, kept);
}

void drop_kept_look(job::Call& call, const std::string& location) {
  if (!call.read_state(key_of(location)).IsNull()) call.write_state(key_of(location), Json());
}

}  // namespace millrace::tags
