#include "gate/attachments.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "gate/output_folder.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_attachments = 50;
/// A third more in base64: what servers take is 25 MB at most, as a rule.
constexpr std::size_t largest_attachments = 16u << 20;

Error too_large(const std::string& name) {
  return {ErrorCode::invalid, "cannot attach \"" + name + "\": what a mail takes along is 16 MiB at most"};
}

std::string below_output(const std::string& said, const GateRules& rules) {
  for (std::string folder : {rules.output_folder.lexically_normal().generic_string(), std::string("output")}) {
    folder += '/';
    if (said.starts_with(folder)) return said.substr(folder.size());
  }
  return said;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<std::vector<MailAttachment>> read_all(const std::vector<std::string>& files, const GateRules& rules) {
  std::vector<MailAttachment> read;
  std::size_t room = largest_attachments;
  for (const std::string& name : files) {
    auto content = read_below(rules.output_folder, name, room);
    if (!content && content.error().code == ErrorCode::limited) return too_large(name);
    if (!content) return content.error().within("attachment");
    room -= content->size();
    read.push_back({last_part(name), std::move(*content)});
  }
  return read;
}

}  // namespace

Result<std::vector<std::string>> attached_files(const Shipment& shipment, const GateRules& rules) {
  std::vector<std::string> files;
  const Value* said = shipment.is_mail() ? shipment.parts.body.find("attachments") : nullptr;
  if (said == nullptr || said->is_null()) return files;
  const Value::List one = {*said};
  for (const Value& each : said->is_list() ? said->list() : one) {
    if (each.is_unknown()) continue;
    if (!each.is_text()) return Error{ErrorCode::invalid, "an attachment is named by its file below the output folder"};
    files.push_back(below_output(each.text(), rules));
    TRY(check_file_name(files.back(), "attach"));
  }
  if (files.size() > most_attachments) return Error{ErrorCode::invalid, "a mail takes 50 files along at most"};
  return files;
}

Status check_attachments(const std::vector<std::string>& files, const GateRules& rules,
                         const std::vector<Change>& planned) {
  std::size_t room = largest_attachments;
  for (const std::string& name : files) {
    const Value target(std::string(file_target) + name);
    if (std::any_of(planned.begin(), planned.end(), [&target](const Change& each) { return each.target == target; }))
      continue;
    const auto size = size_below(rules.output_folder, name);
    if (!size) return size.error().within("attachment");
    if (*size > room) return too_large(name);
    room -= *size;
  }
  return Done{};
}

Task<Status> attach(Loop& loop, Shipment& shipment, const GateRules& rules) {
  const auto files = attached_files(shipment, rules);
  if (!files) co_return files.error();
  if (files->empty()) co_return Done{};
  std::function<Result<std::vector<MailAttachment>>()> job = [&files, &rules] { return read_all(*files, rules); };
  auto read = co_await on_worker<Result<std::vector<MailAttachment>>>(loop, job);
  if (!read) co_return read.error();
  shipment.attachments = std::move(*read);
  co_return Done{};
}

}  // namespace millrace
