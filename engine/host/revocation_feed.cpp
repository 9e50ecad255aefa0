#include "host/revocation_feed.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/url.hpp"
#include "service/records.hpp"
#include "workflow/fetched_revocations.hpp"

namespace millrace {

namespace {

constexpr Duration usual_pause = std::chrono::hours(24), pause_after_failure = std::chrono::hours(1);
constexpr Duration longest_fetch = std::chrono::seconds(30);
constexpr std::size_t largest_list = 1u << 20;

Task<Result<std::string>> fetch(HttpClient& client, std::string url) {
  const auto where = parse_url(url);
  if (!where) co_return where.error();
  if (where->scheme != "https" && !where->loopback())
    co_return Error{ErrorCode::denied, "the address must begin with https, unless it is one of this machine"};
  OutgoingRequest request;
  request.method = "GET";
  request.url = url;
  request.deadline = Deadline::in(longest_fetch);
  request.max_response_bytes = largest_list;
  request.connection = "plugins.revocations";
  request.loopback_addresses = where->loopback();
  request.private_addresses = true;  // its address is the operator's own word
  auto answer = co_await client.send(std::move(request));
  if (!answer) co_return answer.error();
  if (answer->status != 200)
    co_return Error{ErrorCode::unavailable, url + " answers " + std::to_string(answer->status)};
  co_return std::move(answer->body);
}

Task<Status> renew(Host& host, const RevocationSource& source) {
  std::string at = source.url, beside = source.url + ".minisig";
  auto text = co_await fetch(*host.client, std::move(at));
  if (!text) co_return text.error();
  auto signature = co_await fetch(*host.client, std::move(beside));
  if (!signature) co_return signature.error();
  const auto fetched = read_fetched(source, std::move(*text), std::move(*signature));
  if (!fetched) co_return fetched.error();
  co_return keep_revocations(host.folder, source, *fetched);
}

Task<void> tell(Host& host, std::string problem) {
  if (!problem.empty()) log(LogLevel::warning, problem);
  std::string about = revocations_alarm;
  const Timestamp now = host.clock->now();
  const auto told = co_await keep_alarm(host.store->journal(), std::move(about), std::move(problem), now);
  if (!told) log(LogLevel::warning, "an alarm could not be written: " + told.error().message);
}

}  // namespace

Task<void> keep_revocations_fresh(Host& host) {
  if (!host.project.revocations) {
    std::string none;  // an alarm of a list that is not wanted any more is over
    co_await tell(host, std::move(none));
    co_return;
  }
  const RevocationSource source = *host.project.revocations;
  while (true) {
    const auto renewed = co_await renew(host, source);
    const bool over = co_await cancelled();
    if (over) co_return;
    std::string problem;
    if (!renewed)
      problem = "the list of revocations at " + source.url +
                " cannot be used, and what was known of it stays: " + renewed.error().message;
    co_await tell(host, std::move(problem));
    const Duration pause = renewed ? usual_pause : pause_after_failure;
    const bool undisturbed = co_await sleep_for(pause);
    if (!undisturbed) co_return;
  }
}

}  // namespace millrace
