#include "../support/job.hpp"
#include "described.hpp"
#include "json_rows.hpp"
#include "members.hpp"

namespace millrace::reports {

Described described_json(const Description& description, std::string_view input, const LocalTimes& times) {
  const auto members = members_of(input);
  Described file;
  const auto add = [&](std::string_view name, const std::string& json) {
    file.content.append(file.content.empty() ? "{\n  \"" : ",\n  \"").append(name).append("\": ").append(json);
  };
  add("made", "\"" + job::time_text(description.made) + "\"");
  if (!description.location.empty()) add("location", job::encode(job::text(description.location)));
  for (const std::string_view name : {"title", "period", "locale", "run"})
    if (const auto said = members.find(name); said != members.end())
      add(name, job::json_in_data(std::string(said->second)));
  if (const auto brand = members.find("brand"); brand != members.end()) {
    std::string shown;  // but for the picture
    for (const auto& [name, value] : members_of(brand->second))
      if (name != "logo")
        shown += (shown.empty() ? "{\"" : ", \"") + name + "\": " + job::json_in_data(std::string(value));
    add("brand", shown.empty() ? "{}" : shown + "}");
  }
  const auto sections = members.find("sections");
  TableNotes notes;
  std::string listed = json_rows(sections->second, notes);
  listed.pop_back();  // the end of the line
  add("sections", listed);
  file.content += "\n}\n";
  for (const Section& section : description.sections) {
    if (section.kind != Section::Kind::table) continue;
    Columns columns;
    file.rows += read_rows(section.rows, columns, times, nullptr).rows;
  }
  return file;
}

}  // namespace millrace::reports
