#include "courier/multipart_body.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "expr/template.hpp"
#include "http/body_text.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

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

/// What the manifest says of a part; empty where it says nothing.
std::string type_said(const Shipment& shipment, std::string_view part) {
  for (const auto& [name, type] : shipment.action->request->part_types) {
    if (name == part) return type;
  }
  return "";
}

bool is_json(const std::string& type) { return MediaType{lower(type), ""}.json(); }

/// One part's head and content. A mapping is JSON whatever is said: there are no other words for it.
Result<std::string> part_of(const Shipment& shipment, std::string_view name, const Value& value, std::size_t place) {
  std::string head = "Content-Disposition: form-data; name=" + quoted_name(name);
  std::string type = type_said(shipment, name), content;
  const bool holds_more = value.is_map() || value.is_list();
  if (value.is(Kind::bytes)) {
    const std::string file = file_of(shipment, name, place);
    head += "; filename=" + quoted_name(file);
    if (type.empty()) type = type_by_name(file);
    content = value.bytes();
  } else if (holds_more || is_json(type)) {
    if (type.empty()) type = "application/json";
    content = encode_json(value);
  } else {
    if (type.empty()) type = "text/plain; charset=utf-8";
    content = TRY(as_text(value));
  }
  return head + "\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n";
}

bool holds_files(const Value::List& items) {
  return std::any_of(items.begin(), items.end(), [](const Value& one) { return one.is(Kind::bytes); });
}

}  // namespace

Result<MultipartBody> multipart_body(const Shipment& shipment) {
  std::string all;
  std::vector<std::string> parts;
  for (const auto& [name, value] : shipment.parts.body.map()) {
    const Value::List one = {value};
    const bool whole = !value.is_list() || (is_json(type_said(shipment, name.text())) && !holds_files(value.list()));
    const Value::List& each = whole ? one : value.list();
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
