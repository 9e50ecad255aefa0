#include "begun.hpp"

#include <algorithm>

#include "base/fnv.hpp"

namespace millrace::pruning {

using job::Json;
using job::object;
using job::text;

namespace {

constexpr rapidjson::SizeType most_steps = 10;

}  // namespace

Begun::Begun(job::Call& call, const std::string& location, const char* change, const Json& input)
    : call_(call),
      key_("begun/" + location + "/" + change),
      step_(std::to_string(call.now()) + "/" + std::to_string(fnv1a(job::encode(input)))) {
  const Json held = call.read_state(key_);
  if (!held.IsArray()) return;
  for (const Json& step : held.GetArray()) {
    if (job::text_of(step, "step") != step_) {
      others_.PushBack(job::copy(step), job::memory);
    } else if (const Json* ids = job::find(step, "ids"); ids != nullptr && ids->IsArray()) {
      for (const Json& id : ids->GetArray()) {
        if (id.IsString()) ids_.emplace_back(id.GetString(), id.GetStringLength());
      }
    }
  }
  while (others_.Size() >= most_steps) others_.Erase(others_.Begin());
}

void Begun::add(const std::string& id) {
  if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return;
  ids_.push_back(id);
  keep(true);
}

void Begun::end() {
  if (!ids_.empty()) keep(false);
}

void Begun::keep(bool with_this_step) {
  Json steps = job::copy(others_);
  if (with_this_step) {
    Json ids(rapidjson::kArrayType);
    for (const std::string& id : ids_) ids.PushBack(text(id), job::memory);
    steps.PushBack(object("step", text(step_), "ids", std::move(ids)), job::memory);
  }
  call_.write_state(key_, steps.Empty() ? Json() : std::move(steps));
}

}  // namespace millrace::pruning
