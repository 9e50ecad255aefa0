#include "console/page.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "crypto/digest.hpp"
#include "http/answers.hpp"
#include "http/content_coding.hpp"

namespace millrace {

namespace {

constexpr std::string_view index_name = "index.html", assets_folder = "assets/", missing_name = "missing";
constexpr std::string_view own_base = "<base href=\"/\"";
constexpr std::size_t largest_file = 16u << 20;

/// Nothing from outside, no script but the files of the page, in no frame of others.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

/// Addresses that are not the page's, whatever a browser asks for there.
constexpr std::array<std::string_view, 10> reserved = {"hooks", "api",    "approve", "enter/code", "oauth",
                                                       "files", "assets", "healthz", "readyz",     "metrics"};

bool is_reserved(std::string_view path) {
  return std::any_of(reserved.begin(), reserved.end(), [path](std::string_view name) {
    return path == name || (path.starts_with(name) && path[name.size()] == '/');
  });
}

std::string_view type_of(std::string_view name) {
  using Row = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Row, 9> types = {{{".html", "text/html; charset=utf-8"},
                                         {".js", "text/javascript; charset=utf-8"},
                                         {".css", "text/css; charset=utf-8"},
                                         {".svg", "image/svg+xml"},
                                         {".json", "application/json"},
                                         {".png", "image/png"},
                                         {".ico", "image/x-icon"},
                                         {".woff2", "font/woff2"},
                                         {".txt", "text/plain; charset=utf-8"}}};
  const auto found =
      std::find_if(types.begin(), types.end(), [name](const Row& row) { return name.ends_with(row.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string unpacked(std::string_view packed) {
  std::string text;
  const auto decoder = ContentDecoder::of("gzip");
  decoder->add(packed, text, largest_file);
  return text;
}

const EmbeddedFile* file_named(std::span<const EmbeddedFile> files, std::string_view name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [name](const EmbeddedFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

/// Whether a list such as "gzip;q=0.5, br" holds a coding and does not refuse it.
bool takes_gzip(const IncomingRequest& request) {
  const std::string* accepted = request.headers.find("Accept-Encoding");
  if (accepted == nullptr) return false;
  for (const std::string& part : split(lower(*accepted), ',')) {
    const auto words = split(part, ';');
    const std::string_view coding = trim(words.front());
    if (coding != "gzip" && coding != "*") continue;
    const std::string_view weight = words.size() > 1 ? trim(words[1]) : "";
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  }
  return false;
}

bool is_known(const IncomingRequest& request, const std::string& tag) {
  const std::string* known = request.headers.find("If-None-Match");
  if (known == nullptr) return false;
  for (const std::string& part : split(*known, ',')) {
    std::string_view each = trim(part);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == tag || each == "*") return true;
  }
  return false;
}

OutgoingResponse dressed(OutgoingResponse response, std::string_view kept) {
  response.headers.add("Cache-Control", std::string(kept));
  response.headers.add("Content-Security-Policy", std::string(policy));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  return response;
}

/// What a browser has already is not sent again.
OutgoingResponse tagged(const IncomingRequest& request, OutgoingResponse response, std::string_view kept) {
  const std::string tag = between('"', fingerprint(response.body).substr(0, 32), '"');
  if (is_known(request, tag)) {
    response.status = 304;
    response.body.clear();
  }
  response.headers.add("ETag", tag);
  response.headers.add("Vary", "Accept-Encoding");
  return dressed(std::move(response), kept);
}

OutgoingResponse file_answer(const IncomingRequest& request, const EmbeddedFile& file, std::string_view kept) {
  const bool packed = takes_gzip(request);
  OutgoingResponse response =
      text_answer(200, type_of(file.name), packed ? std::string(file.text) : unpacked(file.text));
  if (packed) response.headers.add("Content-Encoding", "gzip");
  return tagged(request, std::move(response), kept);
}

OutgoingResponse missing_answer(const EmbeddedFile* why) {
  std::string text = "This Millrace was built without its console";
  if (why != nullptr) text += ": " + std::string(trim(unpacked(why->text)));
  text +=
      ". script/build installs what is missing and builds it; until then all of it can be done with the millrace "
      "command.\n";
  return dressed(text_answer(503, "text/plain; charset=utf-8", std::move(text)), "no-store");
}

}  // namespace

Page::Page(std::span<const EmbeddedFile> files, std::string base) : files_(files), base_(std::move(base)) {
  const EmbeddedFile* file = file_named(files_, index_name);
  if (base_ == "/" || file == nullptr) return;
  index_ = unpacked(file->text);
  const std::size_t at = index_.find(own_base);
  if (at != std::string::npos) index_.replace(at, own_base.size(), "<base href=\"" + base_ + "\"");
}

OutgoingResponse Page::index(const IncomingRequest& request) const {
  const EmbeddedFile* file = file_named(files_, index_name);
  if (file == nullptr) return missing_answer(file_named(files_, missing_name));
  if (index_.empty()) return file_answer(request, *file, "no-cache");
  return tagged(request, text_answer(200, type_of(index_name), index_), "no-cache");
}

OutgoingResponse Page::asset(const IncomingRequest& request, std::string_view name) const {
  const EmbeddedFile* file = file_named(files_, std::string(assets_folder) + std::string(name));
  if (file == nullptr) return dressed(refusal(404, "not_found", "the console has no such file"), "no-store");
  return file_answer(request, *file, "public, max-age=31536000, immutable");
}

std::optional<OutgoingResponse> Page::elsewhere(const IncomingRequest& request) const {
  if (!request.only_asks()) return std::nullopt;
  const std::string_view name = std::string_view(request.path).substr(std::min<std::size_t>(request.path.size(), 1));
  const bool beside = !name.empty() && name != index_name && name != missing_name && !name.starts_with(assets_folder);
  const EmbeddedFile* file = beside ? file_named(files_, name) : nullptr;
  if (file != nullptr) return file_answer(request, *file, "no-cache");
  const std::string* accepted = request.headers.find("Accept");
  const bool opened = accepted != nullptr && lower(*accepted).find("text/html") != std::string::npos;
  return opened && !is_reserved(name) ? std::optional(index(request)) : std::nullopt;
}

std::string base_of(const std::string& public_url) {
  const auto url = parse_url(public_url);
  if (!url) return "/";
  std::string path(url->path());
  if (path.find_first_of("\"<>&'") != std::string::npos) return "/";
  if (path.empty() || path.front() != '/') path.insert(0, "/");
  if (!path.ends_with('/')) path += '/';
  return path;
}

}  // namespace millrace
