#pragma once

#include <string>
#include <vector>

#include "../support/job.hpp"

namespace millrace::statistics {

/// Reads the figures of the last days into the history.
job::Json collect(job::Call& call, const job::Json& input);
/// Tells what the history has.
job::Json query(job::Call& call, const job::Json& input);
/// Works figures out of lists, without the history.
job::Json compute(job::Call& call, const job::Json& input);
/// Sends figures to another system.
job::Json push(job::Call& call, const job::Json& input);

/// The texts of a list; empty where it is absent.
inline std::vector<std::string> texts_in(const job::Json& input, std::string_view name) {
  std::vector<std::string> texts;
  const job::Json* list = job::find(input, name);
  if (list == nullptr || !list->IsArray()) return texts;
  for (const job::Json& item : list->GetArray()) {
    if (item.IsString()) texts.emplace_back(item.GetString(), item.GetStringLength());
  }
  return texts;
}

inline job::Json list_of(const std::vector<std::string>& texts) {
  job::Json list(rapidjson::kArrayType);
  for (const std::string& one : texts) list.PushBack(job::text(one), job::memory);
  return list;
}

inline job::Json whole(std::size_t count) { return job::Json(static_cast<std::uint64_t>(count)); }

/// True where a member, or something inside of it, is only known after the run.
inline bool holds_unknown(const job::Json& value) {
  if (job::is_unknown(value)) return true;
  if (value.IsArray()) {
    for (const job::Json& item : value.GetArray()) {
      if (holds_unknown(item)) return true;
    }
  }
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      if (holds_unknown(member.value)) return true;
    }
  }
  return false;
}

}  // namespace millrace::statistics
