#include "together.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "figures.hpp"

namespace millrace::statistics {

using job::Json;
using job::text;

Json one_a_day(Json rows, std::size_t locations) {
  if (locations < 2) return rows;
  std::map<std::string, std::map<std::string, std::pair<double, std::size_t>>> days;  // sums, and of how many locations
  std::map<std::string, std::set<std::string>> tellers;                               // of each number
  for (const Json& row : rows.GetArray()) {
    auto& day = days[job::text_of(row, "date")];
    for (const auto& member : row.GetObject()) {
      if (!member.value.IsNumber()) continue;
      auto& [sum, told] = day[member.name.GetString()];
      sum += member.value.GetDouble();
      ++told;
      tellers[member.name.GetString()].insert(job::text_of(row, "location_id"));
    }
  }
  Json together(rapidjson::kArrayType);
  for (const auto& [date, numbers] : days) {
    Json row = job::object("date", text(date));
    for (const auto& member : rows[0].GetObject()) {
      const std::string name = member.name.GetString();
      if (name == "date" || name == "location_id") continue;
      const auto found = numbers.find(name);
      const bool whole = found != numbers.end() && found->second.second == tellers[name].size();
      job::add_members(row, name, whole ? number(found->second.first) : Json());
    }
    together.PushBack(row, job::memory);
  }
  return together;
}

}  // namespace millrace::statistics
