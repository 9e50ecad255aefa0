#include "../support/moment.hpp"
#include "courier/gateways.hpp"
#include "statistics.hpp"

namespace millrace::statistics {

using job::Call;
using job::Failure;
using job::Json;
using job::object;
using job::text;

namespace {

Json given_or(const Json& input, std::string_view name, Json otherwise) {
  const Json* given = job::find(input, name);
  return given != nullptr ? job::copy(*given) : std::move(otherwise);
}

std::string code_of(int status) {
  if (lost_by_gateway(status)) return "unsure";  // they may have arrived
  if (status == 404 || status == 410) return "not_found";
  if (status == 401 || status == 403) return "denied";
  if (status == 409) return "conflict";
  return status >= 500 || status == 408 || status == 429 ? "unavailable" : "invalid";
}

/// What the far side says of itself, cut where it is long.
std::string said_in(const Json& answer) {
  const Json* body = job::find(answer, "body");
  if (body == nullptr || body->IsNull()) return "";
  std::string said = body->IsString() ? job::text_of(answer, "body") : job::encode(*body);
  constexpr std::size_t most = 300;
  if (said.size() > most) {
    std::size_t end = most;
    while ((static_cast<unsigned char>(said[end]) & 0xC0) == 0x80) --end;
    said = said.substr(0, end) + "...";
  }
  return said.empty() ? "" : ": " + said;
}

}  // namespace

Json push(Call& call, const Json& input) {
  Json body = object("metrics", given_or(input, "metrics", Json(rapidjson::kObjectType)), "timestamp",
                     given_or(input, "timestamp", text(job::time_text(call.now()))));
  for (const auto& [name, there] : {std::pair("location_id", "locationId"), std::pair("user_count", "userCount")}) {
    const Json* given = job::find(input, name);
    if (given != nullptr && !given->IsNull()) job::add_members(body, there, job::copy(*given));
  }
  const Json timestamp = job::copy(body["timestamp"]);
  Json request = object("method", text("POST"), "body", std::move(body));
  if (const Json* url = job::find(input, "url")) {
    job::add_members(request, "url", job::copy(*url));
  } else {
    job::add_members(request, "path", given_or(input, "path", text("/")));
  }
  const Json answer = call.http(request);
  const Json* status = job::find(answer, "status");
  Json told = status != nullptr ? job::copy(*status) : object("$unknown", text("the answer to the statistics"));
  if (told.IsInt() && (told.GetInt() < 200 || told.GetInt() > 299)) {
    const std::string code = code_of(told.GetInt());
    throw Failure{
        code,
        "the statistics were answered with " + std::to_string(told.GetInt()) + said_in(answer) +
            (code == "unsure" ? "; it is not known whether they arrived: look there before you do it again" : "")};
  }
  return object("status", std::move(told), "timestamp", job::copy(timestamp));
}

}  // namespace millrace::statistics
