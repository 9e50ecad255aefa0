#include <charconv>
#include <utility>

#include "api/routes.hpp"
#include "http/answers.hpp"
#include "people/sessions.hpp"
#include "service/feed.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr Duration heartbeat = std::chrono::seconds(15);
/// Changes of so long go out together.
constexpr Duration gathering = std::chrono::milliseconds(50);
/// Whoever would have to read more than this begins anew.
constexpr std::size_t most_at_once = 64u << 10;
constexpr int most_streams = 100;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string event_of(std::int64_t seq, std::string_view name, const Value& data) {
  std::string text = "id: " + std::to_string(seq) + "\n";
  if (!name.empty()) text.append("event: ").append(name).append("\n");
  return text + "data: " + encode_json(data) + "\n\n";
}

/// The changes as server-sent events, for as long as whoever asked is in.
class ChangeSource final : public BodySource {
 public:
  ChangeSource(std::shared_ptr<Api> api, std::string session, std::int64_t since)
      : api_(std::move(api)), session_(std::move(session)), since_(since) {
    ++api_->streams;
  }
  ~ChangeSource() override { --api_->streams; }

  Task<Result<std::string>> next() override {
    if (!std::exchange(begun_, true)) co_return "retry: 2000\n\n" + (behind() ? begin_anew() : "");
    const Deadline deadline = Deadline::in(heartbeat);
    bool undisturbed = co_await feed().wait(since_, deadline);
    const bool news = feed().seq() > since_;
    if (undisturbed && news) undisturbed = co_await sleep_for(gathering);
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "nobody reads"};
    if (!session_.empty() && !api_->world.sessions.is_in(session_)) co_return std::string();
    co_return news ? told() : ": nothing new\n\n";
  }

 private:
  Feed& feed() const { return api_->world.feed; }
  bool behind() const { return !feed().reaches_back_to(since_); }

  std::string told() {
    if (behind()) return begin_anew();
    std::string text;
    for (const Value& change : feed().after(since_)) {
      text += event_of(change.find("seq")->integer(), "", change);
      if (text.size() > most_at_once) return begin_anew();
    }
    since_ = feed().seq();
    return text;
  }

  std::string begin_anew() {
    since_ = feed().seq();
    return event_of(since_, "reset", Value::object({{"seq", since_}}));
  }

  std::shared_ptr<Api> api_;
  std::string session_;
  std::int64_t since_;
  bool begun_ = false;
};

Task<OutgoingResponse> show_stream(std::shared_ptr<Api> api, Asked asked) {
  if (api->streams >= most_streams)
    co_return refusal(503, "unavailable", "too many look on at once: ask changes?since= in place of the stream");
  const std::string* last = asked.request.headers.find("Last-Event-ID");
  const std::string since = last != nullptr ? *last : asked.query_of("since");
  const std::int64_t seq = api->world.feed.seq();
  OutgoingResponse response = text_answer(200, "text/event-stream", "");
  response.headers.add("X-Accel-Buffering", "no");  // nginx would keep it back
  if (asked.request.method == "HEAD") co_return response;
  // What cannot be read is as good as what is too old.
  const std::int64_t from = since.empty() ? seq : number_in(since).value_or(-1);
  response.source = std::make_shared<ChangeSource>(std::move(api), asked.visitor.session, from);
  co_return response;
}

Task<OutgoingResponse> show_changes(std::shared_ptr<Api> api, Asked asked) {
  const Feed& feed = api->world.feed;
  const std::string since = asked.query_of("since");
  const std::int64_t from = since.empty() ? feed.seq() : number_in(since).value_or(-1);
  const bool reset = !feed.reaches_back_to(from);
  co_return json_answer(200, Value::object({{"seq", feed.seq()},
                                            {"reset", reset},
                                            {"changes", reset ? Value(Value::List()) : Value(feed.after(from))}}));
}

constexpr Route feed_table[] = {
    {"GET",
     "/api/v1/changes",
     Access::token,
     show_changes,
     {.does =
          "What changed, by name: a run, workflow, event, alarm or connection. For whoever cannot keep a stream open.",
      .query = "`since`, the `seq` of the last answer: nothing is told without it",
      .answers = "`seq`, `reset`, true where too much has changed since, so look anew, `changes` (each `seq`, `what`, "
                 "`id`, `head`: the latest of each thing)"}},
    {"GET",
     "/api/v1/stream",
     Access::token,
     show_stream,
     {.does = "The same as it happens, as server-sent events with `seq` as their id; a comment each 15 seconds. The "
              "event `reset` says: look anew.",
      .query = "`since`, as `Last-Event-ID` says it",
      .answers = "a stream",
      .refuses = "503 too many look on at once"}},
};

}  // namespace

std::span<const Route> feed_routes() { return feed_table; }

}  // namespace millrace
