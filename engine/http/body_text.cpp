#include "http/body_text.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t longest_name = 40;                  // of a charset

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

struct Marked {
  std::string_view mark, charset;
};
// The longer one of two that begin alike comes first.
constexpr std::array marks = {Marked{"\xEF\xBB\xBF", "utf-8"}, Marked{{"\xFF\xFE\0\0", 4}, "utf-32le"},
                              Marked{{"\0\0\xFE\xFF", 4}, "utf-32be"}, Marked{"\xFF\xFE", "utf-16le"},
                              Marked{"\xFE\xFF", "utf-16be"}};

const Marked* mark_of(std::string_view body) noexcept {
  const auto mark =
      std::find_if(marks.begin(), marks.end(), [&body](const Marked& each) { return body.starts_with(each.mark); });
  return mark == marks.end() ? nullptr : &*mark;
}

/// What `name` stands for at the beginning of a document: `encoding="..."` of XML, `charset=...` of HTML.
std::string declared_at_start(std::string_view body, std::string_view name) {
  const std::string start = lower(body.substr(0, 1024));
  const std::size_t at = start.find(std::string(name) + "=");
  if (at == std::string::npos) return "";
  const std::string_view rest = trim(std::string_view(start).substr(at + name.size() + 1));
  const std::size_t quoted = !rest.empty() && (rest[0] == '"' || rest[0] == '\'') ? 1 : 0;
  return std::string(rest.substr(quoted, std::min(rest.find_first_of("\"' ?/>;", quoted), rest.size()) - quoted));
}

std::string declared_charset(const MediaType& type, std::string_view body) {
  if (!type.charset.empty()) return type.charset;
  if (type.name.ends_with("/xml") || type.name.ends_with("+xml")) {
    return body.starts_with("<?xml") ? declared_at_start(body.substr(0, body.find("?>")), "encoding") : "";
  }
  if (type.name == "text/html") return declared_at_start(body, "charset");
  if (!type.json()) return "";
  if (body.size() < 2) return "utf-8";
  // JSON begins with an ASCII character, so zeros tell which one it is (RFC 4627).
  if (body[0] == '\0') return body[1] == '\0' ? "utf-32be" : "utf-16be";
  if (body[1] != '\0') return "utf-8";
  return body.size() >= 4 && body[2] == '\0' && body[3] == '\0' ? "utf-32le" : "utf-16le";
}

/// The charset's names in the C library, the likelier one first.
std::vector<std::string> library_names(const std::string& charset, std::string_view body) {
  if (charset == "utf-16" || charset == "utf-32") return {charset + (body.starts_with('\0') ? "be" : "le")};
  for (const std::string_view latin :
       {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "us-ascii", "ascii"}) {
    if (charset == latin) return {"windows-1252", "iso-8859-1"};  // as everybody reads and means it
  }
  return {charset};
}

bool may_be_name(std::string_view charset) {
  return !charset.empty() && charset.size() <= longest_name &&
         charset.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._:-") == std::string_view::npos;
}

class Converter {
 public:
  explicit Converter(const std::string& charset)
      : handle_(iconv_open("UTF-8", charset.c_str())),
        unit_(charset.starts_with("utf-16")   ? 2
              : charset.starts_with("utf-32") ? 4
                                              : 1) {}
  ~Converter() {
    if (known()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool known() const noexcept { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Nothing where a byte stands for nothing and must not be replaced.
  std::optional<std::string> convert(std::string_view text, bool replace) {
    std::string converted;
    converted.reserve(text.size() + text.size() / 8);
    char* from = const_cast<char*>(text.data());  // the library only reads it
    std::size_t left = text.size();
    std::array<char, 8192> part;
    while (left > 0) {
      char* to = part.data();
      std::size_t room = part.size();
      const bool failed = iconv(handle_, &from, &left, &to, &room) == static_cast<std::size_t>(-1);
      const int why = errno;
      converted.append(part.data(), part.size() - room);
      if (!failed || why == E2BIG) continue;
      if (!replace) return std::nullopt;
      converted += replacement;
      if (why == EINVAL || left < unit_) break;  // it ends within a character
      from += unit_;
      left -= unit_;
    }
    // The library takes numbers beyond Unicode's end for characters.
    if (valid_utf8(converted)) return converted;
    return replace ? std::optional(mended_utf8(converted)) : std::nullopt;
  }

 private:
  iconv_t handle_;
  std::size_t unit_;  // how much is skipped where a byte stands for nothing
};

std::optional<std::string> in_utf8(std::string_view text, const std::string& charset) {
  if (!may_be_name(charset)) return std::nullopt;
  const std::vector<std::string> names = library_names(charset, text);
  for (const std::string& name : names) {
    Converter converter(name);
    auto converted = converter.known() ? converter.convert(text, name == names.back()) : std::nullopt;
    if (converted) return converted;
  }
  return std::nullopt;
}

}  // namespace

bool MediaType::json() const { return name == "application/json" || name == "text/json" || name.ends_with("+json"); }

bool MediaType::no_text() const {
  if (name.ends_with("+xml") || name.ends_with("+json")) return false;
  for (const std::string_view kind : {"image/", "audio/", "video/", "font/"}) {
    if (name.starts_with(kind)) return true;
  }
  return name == "application/pdf" || name == "application/zip" || name == "application/gzip";
}

MediaType media_type_of(const HttpHeaders& headers) {
  const std::string* field = headers.find("Content-Type");
  if (field == nullptr) return {};
  const std::vector<std::string> parts = split(lower(*field), ';');
  MediaType type{std::string(trim(parts[0])), ""};
  for (const std::string& part : parts) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos && trim(part.substr(0, equals)) == "charset")
      type.charset = unquoted(part.substr(equals + 1));
  }
  return type;
}

std::string charset_of(const MediaType& type, std::string_view body) {
  const Marked* mark = mark_of(body);
  std::string charset = mark != nullptr ? std::string(mark->charset) : declared_charset(type, body);
  return charset == "utf8" ? "utf-8" : charset;
}

std::optional<std::string> body_text(const MediaType& type, std::string_view body) {
  if (const Marked* mark = mark_of(body)) return in_utf8(body.substr(mark->mark.size()), std::string(mark->charset));
  const std::string charset = charset_of(type, body);
  if (charset.empty() || charset == "utf-8") {
    if (valid_utf8(body)) return std::string(body);
    if (charset.empty()) return std::nullopt;
  }
  if (auto text = in_utf8(body, charset)) return text;
  if (valid_utf8(body)) return std::string(body);
  return type.json() ? in_utf8(body, "utf-8") : std::nullopt;
}

std::string in_utf8(std::string text, const std::string& charset) {
  if ((charset.empty() || charset == "utf-8") && valid_utf8(text)) return text;
  auto read = body_text(MediaType{"text/plain", charset}, text);
  return read ? std::move(*read) : body_text(MediaType{"text/plain", "utf-8"}, text).value_or("");
}

}  // namespace millrace
