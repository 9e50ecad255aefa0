#include "trigger/multipart.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "http/body_text.hpp"
#include "trigger/named_values.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_parts = 1000;
constexpr std::size_t longest_boundary = 70;     // RFC 2046, 5.1.1
constexpr std::size_t most_header_bytes = 8192;  // of one part
constexpr std::size_t longest_file_name = 255;

Error broken(const std::string& why) { return {ErrorCode::invalid, why}; }

/// A header's value and its parameters: form-data; name="a"; filename="b".
class Parameters {
 public:
  explicit Parameters(std::string_view text) : rest_(text) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    value_ = lower(trim(rest_.substr(0, end)));
    rest_.remove_prefix(end);
    while (!rest_.empty()) take_one();
  }

  const std::string& value() const noexcept { return value_; }
  const std::string* find(std::string_view name) const noexcept {
    for (const auto& [known, text] : found_) {
      if (known == name) return &text;
    }
    return nullptr;
  }

 private:
  void take_one() {
    rest_.remove_prefix(1);  // the semicolon
    const std::size_t end = std::min(rest_.find_first_of(";="), rest_.size());
    std::string name = lower(trim(rest_.substr(0, end)));
    rest_.remove_prefix(end);
    if (!rest_.starts_with('=')) return;
    rest_.remove_prefix(1);
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    std::string text = rest_.starts_with('"') ? take_quoted() : "";
    const std::size_t next = std::min(rest_.find(';'), rest_.size());
    if (text.empty()) text = trim(rest_.substr(0, next));
    rest_.remove_prefix(next);
    found_.emplace_back(std::move(name), std::move(text));
  }

  /// Browsers escape a quote in it (as \" or %22) and nothing else: a backslash before another character is one.
  std::string take_quoted() {
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] == '\\' && at + 1 < rest_.size() && rest_[at + 1] == '"') ++at;
      text += rest_[at];
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return text;
  }

  std::string_view rest_;
  std::string value_;
  std::vector<std::pair<std::string, std::string>> found_;
};

/// filename, or filename* (RFC 8187) where that can be read; nothing where the part is no file.
std::optional<std::string> file_name_in(const Parameters& disposition) {
  const std::string* plain = disposition.find("filename");
  const std::string* encoded = disposition.find("filename*");
  if (encoded != nullptr && lower(encoded->substr(0, 7)) == "utf-8''") {
    const auto decoded = percent_decode(std::string_view(*encoded).substr(7));
    if (decoded) return *decoded;
  }
  return plain != nullptr ? std::optional(*plain) : std::nullopt;
}

/// What is left of a name that the sender's machine gave: no folder, no control characters, nothing that a folder is
/// called.
std::string safe_name(const std::string& given) {
  std::string name = in_utf8(given);
  name.erase(0, name.find_last_of("/\\") + 1);
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (name.size() > longest_file_name) name = shortened(name, longest_file_name - 3);
  return name == "." || name == ".." ? "" : name;
}

/// Cuts a body at its boundaries.
class Parts {
 public:
  Parts(std::string_view body, const std::string& boundary) : rest_(body), delimiter_("\r\n--" + boundary) {}

  /// Stands before the first part. What stands before the first boundary belongs to nothing.
  Status begin() {
    const std::string_view first = std::string_view(delimiter_).substr(2);
    if (rest_.starts_with(first)) {
      rest_.remove_prefix(first.size());
      return end_line();
    }
    TRY(take_content());
    return Done{};
  }
  bool over() const noexcept { return over_; }

  /// The text up to the next boundary. The C library's search is quick whatever a sender fills the text with;
  /// `std::string_view::find` stops at each letter with which the boundary begins.
  Result<std::string_view> take_content() {
    const void* found = ::memmem(rest_.data(), rest_.size(), delimiter_.data(), delimiter_.size());
    if (found == nullptr) return broken("it breaks off before its last boundary");
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data());
    const std::string_view content = rest_.substr(0, end);
    rest_.remove_prefix(end + delimiter_.size());
    TRY(end_line());
    return content;
  }

  /// The headers of the part; its content follows.
  Result<HttpHeaders> take_headers() {
    HttpHeaders headers;
    std::size_t taken = 0;
    for (;;) {
      const std::size_t end = rest_.substr(0, most_header_bytes).find("\r\n");
      if (end == std::string_view::npos || (taken += end) > most_header_bytes)
        return broken("the headers of a part are too long, or break off");
      const std::string_view line = rest_.substr(0, end);
      // The line end before the content may be that of the next boundary.
      rest_.remove_prefix(line.empty() ? 0 : end + 2);
      if (line.empty()) return headers;
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) return broken("a part has a header without a colon");
      headers.add(std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
    }
  }
  /// Leaves out the line end between headers and content; none is left where the part has no content at all.
  void skip_blank_line() {
    if (!rest_.starts_with(delimiter_)) rest_.remove_prefix(2);
  }

 private:
  /// Behind a boundary: "--" where it was the last, else blanks and a line end.
  Status end_line() {
    over_ = rest_.starts_with("--");
    if (over_) return Done{};
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    if (!rest_.starts_with("\r\n")) return broken("a boundary has no line of its own");
    rest_.remove_prefix(2);
    return Done{};
  }

  std::string_view rest_;
  std::string delimiter_;
  bool over_ = false;
};

Value value_of(const HttpHeaders& headers, const Parameters& disposition, std::string_view content) {
  const std::string* type = headers.find("Content-Type");
  const auto file = file_name_in(disposition);
  if (!file) {
    const MediaType declared = media_type_of(headers);
    const MediaType as{"text/plain", declared.charset};
    return Value(body_text(as, content).value_or(in_utf8(std::string(content))));
  }
  if (file->empty() && content.empty()) return Value();
  return Value::object({{"name", safe_name(*file)},
                        {"type", in_utf8(type == nullptr ? "application/octet-stream" : *type)},
                        {"size", static_cast<std::int64_t>(content.size())},
                        {"content", Value::bytes(std::string(content))}});
}

std::string boundary_of(const HttpHeaders& headers) {
  const std::string* type = headers.find("Content-Type");
  if (type == nullptr) return "";
  const Parameters parameters(*type);
  const std::string* boundary = parameters.find("boundary");
  if (parameters.value() != "multipart/form-data" || boundary == nullptr) return "";
  const bool good = boundary->size() <= longest_boundary && boundary->find_first_of("\r\n") == std::string::npos;
  return good ? *boundary : "";
}

}  // namespace

bool says_multipart(const HttpHeaders& headers) { return !boundary_of(headers).empty(); }

Result<Value> read_multipart(const HttpHeaders& headers, std::string_view body) {
  NamedValues fields;
  Parts parts(body, boundary_of(headers));
  TRY(parts.begin());
  for (std::size_t count = 0; !parts.over(); ++count) {
    if (count == most_parts) return broken("it has more than " + counted(most_parts, "part"));
    const HttpHeaders own = TRY(parts.take_headers());
    parts.skip_blank_line();
    const std::string* said = own.find("Content-Disposition");
    const Parameters disposition(said == nullptr ? "" : *said);
    const std::string* name = disposition.find("name");
    if (disposition.value() != "form-data" || name == nullptr) return broken("a part has no name");
    const std::string* coding = own.find("Content-Transfer-Encoding");
    const std::string packed = coding == nullptr ? "" : lower(trim(*coding));
    if (packed == "base64" || packed == "quoted-printable")
      return broken("the part \"" + in_utf8(*name) + "\" is encoded (" + packed + "), which forms are not");
    const std::string_view content = TRY(parts.take_content());
    fields.add(in_utf8(*name), value_of(own, disposition, content));
  }
  return fields.take();
}

}  // namespace millrace
