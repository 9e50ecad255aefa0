#include "portion.hpp"

#include <algorithm>
#include <iterator>

#include "../support/moment.hpp"

namespace millrace::pruning {

using job::Json;
using job::object;
using job::text;

/// A run of an earlier day that is tried again counts on its own day.
constexpr std::size_t most_days = 7;

namespace {

std::set<std::string> texts_in(const Json* list) {
  std::set<std::string> texts;
  if (list == nullptr || !list->IsArray()) return texts;
  for (const Json& each : list->GetArray()) {
    if (each.IsString()) texts.emplace(each.GetString(), each.GetStringLength());
  }
  return texts;
}

Json list_of(const std::set<std::string>& texts) {
  Json list(rapidjson::kArrayType);
  for (const std::string& each : texts) list.PushBack(text(each), job::memory);
  return list;
}

}  // namespace

Portion::Portion(job::Call& call, const std::string& location, const char* change, std::optional<std::int64_t> most)
    : call_(call), key_("portion/" + location + "/" + change), change_(change) {
  if (!most) return;
  most_ = static_cast<std::size_t>(*most);
  day_ = job::date_text(job::day_of(call.now() + call.utc_offset(call.now())));
  const Json held = call.read_state(key_);
  if (!held.IsObject()) return;
  const Json* days = job::find(held, "days");
  if (days != nullptr && days->IsObject()) {
    for (const auto& each : days->GetObject()) days_[each.name.GetString()] = texts_in(&each.value);
  } else {  // as it was written first
    days_[job::text_of(held, "day")] = texts_in(job::find(held, "ids"));
  }
  refused_ = texts_in(job::find(held, "refused"));
}

void Portion::cut(std::vector<Candidate>& tags) {
  of_ = tags.size();
  if (most_) {
    const std::set<std::string>& taken = days_[day_];
    std::stable_partition(tags.begin(), tags.end(), [this](const Candidate& tag) { return !refused_.count(tag.id); });
    taken_before_ = taken.size();
    std::size_t left = *most_ > taken.size() ? *most_ - taken.size() : 0;
    std::vector<Candidate> now;
    for (Candidate& tag : tags) {
      // One that was begun today and is still there is done again, and is no further one.
      const bool begun = taken.count(tag.id) > 0;
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
  if (most_ && days_[day_].insert(tag.id).second) write();
}

void Portion::refuse(const Candidate& tag) {
  if (most_ && refused_.insert(tag.id).second) write();
}

void Portion::write() {
  while (days_.size() > most_days) days_.erase(days_.begin()->first == day_ ? std::next(days_.begin()) : days_.begin());
  Json days(rapidjson::kObjectType);
  for (const auto& [day, ids] : days_) job::add_members(days, day, list_of(ids));
  call_.write_state(key_, object("days", std::move(days), "refused", list_of(refused_)));
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
