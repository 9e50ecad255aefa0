#include "courier/multipart_body.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "expr/template.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::string_view line_end = "\r\n";

std::string type_by_name(const std::string& file) {
  const std::string name = lower(file);
  constexpr std::pair<std::string_view, std::string_view> types[] = {
      {".csv", "text/csv"},  {".txt", "text/plain"}, {".pdf", "application/pdf"}, {".json", "application/json"},
      {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},     {".mp4", "video/mp4"}};
  for (const auto& [ending, type] : types) {
    if (name.ends_with(ending)) return std::string(type);
  }
  return "application/octet-stream";
}

/// As a browser writes names: what would end the quotes is percent-encoded.
std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\r' || c == '\n') {
      text += c == '"' ? "%22" : c == '\r' ? "%0D" : "%0A";
    } else {
      text += c;
    }
  }
  return text + "\"";
}

/// The name of the file that the input gives for this part, or for the one at `place` of a list of them.
std::string file_of(const Shipment& shipment, std::string_view part, std::size_t place) {
  const Value* source = shipment.action->request->body.find(part);
  const Value* given = source != nullptr && source->is_text() ? shipment.input.find(source->text()) : nullptr;
  if (given != nullptr && given->is_list()) given = place < given->list().size() ? &given->list()[place] : nullptr;
  const std::string path = given != nullptr && given->is_text() ? given->text() : "";
  return path.substr(path.rfind('/') + 1);
}

/// One part's head and content.
Result<std::string> part_of(const Shipment& shipment, std::string_view name, const Value& value, std::size_t place) {
  std::string head = "Content-Disposition: form-data; name=" + quoted_name(name);
  std::string content;
  if (value.is(Kind::bytes)) {
    const std::string file = file_of(shipment, name, place);
    head += "; filename=" + quoted_name(file) + std::string(line_end) + "Content-Type: " + type_by_name(file);
    content = value.bytes();
  } else {
    head += std::string(line_end) + "Content-Type: text/plain; charset=utf-8";
    content = value.is_map() || value.is_list() ? encode_json(value) : TRY(as_text(value));
  }
  return head + "\r\n\r\n" + content + "\r\n";
}

/// A list of files is a part for each.
bool is_list_of_files(const Value& value) {
  return value.is_list() && !value.list().empty() &&
         std::all_of(value.list().begin(), value.list().end(), [](const Value& one) { return one.is(Kind::bytes); });
}

}  // namespace

Result<MultipartBody> multipart_body(const Shipment& shipment) {
  std::string all;
  std::vector<std::string> parts;
  for (const auto& [name, value] : shipment.parts.body.map()) {
    const Value::List one = {value};
    const Value::List& each = is_list_of_files(value) ? value.list() : one;
    for (std::size_t place = 0; place < each.size(); ++place) {
      parts.push_back(TRY(part_of(shipment, name.text(), each[place], place)));
      all += parts.back();
    }
  }
  const std::string boundary = "millrace-" + fingerprint(all).substr(0, 32);
  MultipartBody body{"", "multipart/form-data; boundary=" + boundary};
  for (const std::string& part : parts) body.text += "--" + boundary + "\r\n" + part;
  body.text += "--" + boundary + "--\r\n";
  return body;
}

}  // namespace millrace
