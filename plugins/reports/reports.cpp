#include <algorithm>
#include <iterator>

#include "../support/job.hpp"
#include "../support/moment.hpp"
#include "csv.hpp"
#include "described.hpp"
#include "html.hpp"
#include "json_rows.hpp"
#include "members.hpp"
#include "table.hpp"

namespace millrace::reports {
namespace {

using job::Call;
using job::Json;
using job::object;
using job::text;

/// Reports are for people to find and to click on, so their names are in plain sight: the rest is the gate's to refuse.
std::string checked(std::string name) {
  const auto refuse = [](const std::string& what, const std::string& why) {
    return job::Failure{"denied", "cannot write file" + what + ": " + why};
  };
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto byte = static_cast<unsigned char>(name[at]);
    const bool late_control = byte == 0xC2 && at + 1 < name.size() && static_cast<unsigned char>(name[at + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || late_control) throw refuse("", "its name holds a control character");
    const bool begins = at == 0 || name[at - 1] == '/';
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = std::string_view(name).substr(at, end - at);
    if (begins && part.size() > 1 && part.front() == '.' && part != "..") {
      throw refuse(" \"" + name + "\"", "a name that begins with a dot is hidden in most folders; take the dot away");
    }
  }
  return name;
}

/// What every report is made of. The rows stay text: there may be a hundred thousand of them.
class Order {
 public:
  explicit Order(std::string_view input) : members_(members_of(input)) {
    rows_ = json_of("rows");
    known_ = rows_.starts_with('[');
    if (!known_) rows_ = "[]";
  }

  std::string_view rows() const { return rows_; }
  /// It is a report of sections, not a plain list of rows.
  bool described() const { return members_.contains("sections"); }
  /// It says how it is written, what it is about or whose it is, which a plain page has no place for.
  bool says_more() const {
    constexpr std::string_view more[] = {"locale", "brand", "period", "run"};
    return std::any_of(std::begin(more), std::end(more),
                       [this](std::string_view name) { return !json_of(name).empty() && json_of(name) != "null"; });
  }
  Columns columns() const {
    const Json listed = value_of("columns");
    if (!listed.IsArray()) return Columns();
    std::vector<std::string> names;
    for (const Json& name : listed.GetArray()) names.emplace_back(name.GetString(), name.GetStringLength());
    return Columns(std::move(names));
  }
  /// The JSON of a member; empty where it is not there.
  std::string_view json_of(std::string_view name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? std::string_view() : found->second;
  }
  /// A text; in a plan, what stands for one that only a real run will tell.
  std::string text_of(std::string_view name) const {
    const Json value = value_of(name);
    if (job::is_unknown(value)) return "(" + job::text_of(value, "$unknown") + ")";
    return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : std::string();
  }

  Json write(Call& call, std::string content, const TableNotes& notes) const {
    const Json written = call.write_file(checked(text_of("file")), std::move(content));
    Json bytes = job::copy(written["bytes"]);
    if (!known_ || notes.unknown) bytes = object("$unknown", text("the size of the file"));
    Json rows(static_cast<std::uint64_t>(notes.rows));
    if (!known_) rows = object("$unknown", text("how many rows it has"));
    return object("file", job::copy(written["file"]), "bytes", std::move(bytes), "rows", std::move(rows));
  }

 private:
  Json value_of(std::string_view name) const {
    const std::string_view json = json_of(name);
    return json.empty() ? Json() : job::parse(json);
  }

  std::map<std::string, std::string_view, std::less<>> members_;
  std::string_view rows_;
  bool known_ = true;
};

/// A value in it is only known after the run. Data of that name is told with one more "$".
bool holds_unknown(std::string_view input) { return input.find("{\"$unknown\":") != std::string_view::npos; }

/// Writes what was made of a description.
Json write(Call& call, std::string_view input, const Description& description, Described file) {
  const std::string name = checked(Order(input).text_of("file"));
  const Json written = call.write_file(name, std::move(file.content));
  Json bytes = holds_unknown(input) ? object("$unknown", text("the size of the file")) : job::copy(written["bytes"]);
  Json rows(static_cast<std::uint64_t>(file.rows));
  if (!description.rows_known()) rows = object("$unknown", text("how many rows it has"));
  Json warnings(rapidjson::kArrayType);
  for (const std::string& warning : file.warnings) {
    call.log(MR_LOG_WARNING, name + ": " + warning);
    warnings.PushBack(text(warning), job::memory);
  }
  return object("file", job::copy(written["file"]), "bytes", std::move(bytes), "rows", std::move(rows), "warnings",
                std::move(warnings));
}

Json write_csv(Call& call, std::string_view input) {
  const Order order(input);
  const bool for_excel = order.text_of("for") == "excel";
  const LocalTimes times(call, for_excel ? LocalTimes::Form::people : LocalTimes::Form::programs);
  if (order.described()) {
    const Description description = read_description(input, call);
    return write(call, input, description, described_csv(description, for_excel, times));
  }
  TableNotes notes;
  std::string content = csv(order.rows(), order.columns(), for_excel, times, notes);
  return order.write(call, std::move(content), notes);
}

Json write_json(Call& call, std::string_view input) {
  const Order order(input);
  if (order.described()) {
    const Description description = read_description(input, call);
    const LocalTimes times(call, LocalTimes::Form::programs);
    return write(call, input, description, described_json(description, input, times));
  }
  TableNotes notes;
  std::string content = json_rows(order.rows(), notes);
  return order.write(call, std::move(content), notes);
}

Json write_html(Call& call, std::string_view input) {
  const Order order(input);
  const LocalTimes times(call, LocalTimes::Form::people);
  if (order.described() || order.says_more()) {
    const Description description = read_description(input, call);
    return write(call, input, description, described_html(description, times));
  }
  Heading heading;
  heading.title = order.text_of("title");
  if (heading.title.empty()) heading.title = "Report";
  heading.details.push_back("Made " + times.for_people(call.now()).substr(0, 16) + " " + call.time_zone());
  const std::string location = call.location_name();
  if (!location.empty()) heading.details.push_back(location);
  heading.summary = order.json_of("summary");
  TableNotes notes;
  std::string content = html(order.rows(), order.columns(), heading, times, notes);
  return order.write(call, std::move(content), notes);
}

Json write_pdf(Call& call, std::string_view input) {
  const Description description = read_description(input, call);
  return write(call, input, description, described_pdf(description, LocalTimes(call, LocalTimes::Form::people)));
}

}  // namespace
}  // namespace millrace::reports

const mr_plugin* mr_plugin_entry() {
  using namespace millrace::reports;
  return millrace::job::plugin("reports",
                               {{"csv", write_csv}, {"html", write_html}, {"json", write_json}, {"pdf", write_pdf}});
}
