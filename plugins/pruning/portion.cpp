#include "portion.hpp"

#include "../support/moment.hpp"

namespace millrace::pruning {

using job::Json;
using job::object;
using job::text;

Portion::Portion(job::Call& call, const std::string& location, const char* change, std::optional<std::int64_t> most)
    : call_(call), key_("portion/" + location + "/" + change), change_(change) {
  if (!most) return;
  most_ = static_cast<std::size_t>(*most);
  day_ = job::date_text(job::day_of(call.now() + call.utc_offset(call.now())));
  const Json held = call.read_state(key_);
  const Json* ids = job::find(held, "ids");
  if (job::text_of(held, "day") != day_ || ids == nullptr || !ids->IsArray()) return;
  for (const Json& id : ids->GetArray()) {
    if (id.IsString()) taken_.emplace(id.GetString(), id.GetStringLength());
  }
}

void Portion::cut(std::vector<Candidate>& tags) {
  of_ = tags.size();
  if (most_) {
    taken_before_ = taken_.size();
    std::size_t left = *most_ > taken_.size() ? *most_ - taken_.size() : 0;
    std::vector<Candidate> now;
    for (Candidate& tag : tags) {
      // One that was begun today and is still there is done again, and is no further one.
      const bool begun = taken_.count(tag.id) > 0;
      if (!begun && left == 0) continue;
      taken_before_ -= begun ? 1 : 0;
      left -= begun ? 0 : 1;
      now.push_back(std::move(tag));
    }
    tags = std::move(now);
  }
  today_ = tags.size();
  if (most_ && today_ < of_) call_.log(MR_LOG_INFO, said());
}

void Portion::take(const Candidate& tag) {
  if (!most_ || !taken_.insert(tag.id).second) return;
  Json ids(rapidjson::kArrayType);
  for (const std::string& id : taken_) ids.PushBack(text(id), job::memory);
  call_.write_state(key_, object("day", text(day_), "ids", std::move(ids)));
}

Json Portion::told() const {
  if (!most_) return Json();
  const auto number = [](std::size_t count) { return Json(static_cast<std::uint64_t>(count)); };
  return object("of", number(of_), "today", number(today_), "taken_before", number(taken_before_), "tomorrow",
                number(of_ - today_), "said", text(said()));
}

std::string Portion::said() const {
  std::string said = std::to_string(today_) + " of " + job::counted(of_, "tag") + (today_ == 1 ? " is " : " are ") +
                     change_ + " today, for at_most_a_day is " + std::to_string(*most_);
  if (taken_before_ > 0) said += " and " + std::to_string(taken_before_) + " were before";
  return today_ == of_ ? said : said + "; " + std::to_string(of_ - today_) + " go on tomorrow";
}

}  // namespace millrace::pruning
