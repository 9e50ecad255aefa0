#include "courier/multipart_body.hpp"

#include <string_view>

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

/// The path that the input gives for this part.
std::string file_of(const Shipment& shipment, std::string_view part) {
  const Value* source = shipment.action->request->body.find(part);
  const std::string path = source != nullptr && source->is_text() ? shipment.input.text_or(source->text()) : "";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<MultipartBody> multipart_body(const Shipment& shipment) {
  std::string all;
  std::vector<std::string> parts;
  for (const auto& [name, value] : shipment.parts.body.map()) {
    std::string head = "Content-Disposition: form-data; name=" + quoted_name(name.text());
    std::string content;
    if (value.is(Kind::bytes)) {
      const std::string file = file_of(shipment, name.text());
      head += "; filename=" + quoted_name(file) + std::string(line_end) + "Content-Type: " + type_by_name(file);
      content = value.bytes();
    } else {
      head += std::string(line_end) + "Content-Type: text/plain; charset=utf-8";
      content = value.is_map() || value.is_list() ? encode_json(value) : TRY(as_text(value));
    }
    parts.push_back(head + "\r\n\r\n" + content + "\r\n");
    all += parts.back();
  }
  const std::string boundary = "millrace-" + fingerprint(all).substr(0, 32);
  MultipartBody body{"", "multipart/form-data; boundary=" + boundary};
  for (const std::string& part : parts) body.text += "--" + boundary + "\r\n" + part;
  body.text += "--" + boundary + "--\r\n";
  return body;
}

}  // namespace millrace
