#include "courier/endpoints.hpp"

#include "outage.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::Outage;
using test::reply;

namespace {

bool is_labels(const IncomingRequest& request) { return request.path.find("/labels") != std::string::npos; }

/// Reads of labels fail for ever, and everything else is answered.
void labels_fail(Outage& outage) {
  outage.bench.answer_with([](const IncomingRequest& request) { return reply(is_labels(request) ? 503 : 200, "{}"); });
}

void read_labels(Outage& outage, int count) {
  for (int number = 0; number < count; ++number) outage.spawn("label" + std::to_string(number), "labels.list");
}

/// Three reads of `endpoint` bring the connection down, and after a while something else gets through.
void fail_alone(Outage& outage, const std::string& endpoint, const Value& input = Map()) {
  outage.go_down(endpoint, input);
  outage.bench.passed += 6s;
  outage.spawn("tags", "tags.list");
  test::ask(outage.bench.loop, outage.until_waiting(4));
  outage.release();
  outage.done();
  CHECK(outage.outcomes["tags"] == "{}");
}

/// From now on that is known.
void learn_of(Outage& outage, const std::string& endpoint, const Value& input = Map()) {
  fail_alone(outage, endpoint, input);
  outage.told.clear();
  outage.trial_waits.clear();
}

bool read_tags(Outage& outage, int count) {
  for (int number = 0; number < count; ++number) {
    outage.outcomes.erase("tags");
    outage.spawn("tags", "tags.list");
    outage.done();
    if (outage.outcomes["tags"] != "{}") return false;
  }
  return true;
}

}  // namespace

TEST_CASE("an endpoint is the same for every thing, and another for another method or word") {
  const EndpointId tags = endpoint_of("GET", "https://far.example/contacts/ocQHyuzHvysMo5N5VsXc/tags?limit=20");
  CHECK(tags == endpoint_of("GET", "https://far.example/contacts/17/tags"));
  CHECK(tags == endpoint_of("GET", "https://far.example/contacts/mia%40example.com1/tags#top"));
  CHECK(tags != endpoint_of("POST", "https://far.example/contacts/17/tags"));
  CHECK(tags != endpoint_of("GET", "https://far.example/contacts/17/notes"));
  CHECK(tags != endpoint_of("GET", "https://far.example/contacts/17"));
}

TEST_CASE("an endpoint that goes on failing while others get through does not keep them waiting") {
  Outage outage;
  labels_fail(outage);
  learn_of(outage, "labels.list");
  for (int round = 0; round < 10; ++round) {
    read_labels(outage, 20);
    CHECK(read_tags(outage, 2));
  }
  CHECK(outage.told.empty());
  CHECK(outage.trial_waits.empty());
  CHECK(outage.outcomes["label0"] == "unavailable: shop failed (503): the trouble is on its side, try again later");
}

TEST_CASE("things of one endpoint are known as one") {
  Outage outage;
  outage.bench.answer_with([](const IncomingRequest& request) {
    return reply(request.path.find("/tags/") != std::string::npos ? 503 : 200, "{}");
  });
  learn_of(outage, "tags.get", Value::object({{"tag_id", "tag1"}}));
  for (int number = 0; number < 10; ++number) {
    const std::string id = "other" + std::to_string(number);
    outage.spawn(id, "tags.get", Value::object({{"tag_id", id}}));
  }
  CHECK(read_tags(outage, 1));
  CHECK(outage.told.empty());
}

TEST_CASE("where an endpoint keeps a connection down, the next trial is of another one") {
  Outage outage;
  labels_fail(outage);
  fail_alone(outage, "labels.list");
  CHECK(outage.trial_waits == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a write has its turn after some minutes although reads of an endpoint that always fails wait, too") {
  Outage outage;
  labels_fail(outage);
  outage.go_down("labels.list");
  outage.spawn("write", "tags.create", Value::object({{"name", "vip"}}));
  test::ask(outage.bench.loop, outage.until_waiting(4));
  outage.release();
  outage.done();
  CHECK(outage.outcomes["write"] == "{}");
  CHECK(outage.trial_waits.size() > 10);
  CHECK(outage.trial_waits.size() < 25);
  outage.trial_waits.clear();
  read_labels(outage, 5);
  outage.done();  // from now on they fail by themselves
  CHECK(outage.trial_waits.empty());
}

TEST_CASE("a far side that goes down whole is waited for although one of its endpoints failed before") {
  Outage outage;
  labels_fail(outage);
  learn_of(outage, "labels.list");
  outage.fails_before(4);
  outage.read(3);
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\n");
  CHECK(outage.outcomes["read2"] == "{}");
}

TEST_CASE("an endpoint that got through again brings its connection down as any other") {
  Outage outage;
  labels_fail(outage);
  learn_of(outage, "labels.list");
  outage.fails_before(0);
  read_labels(outage, 1);
  outage.done();
  outage.fails_before(2);
  read_labels(outage, 3);
  outage.done();
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\n");
  CHECK(outage.outcomes["label2"] == "{}");
}

TEST_CASE("what was under way when a far side went down does not make an endpoint fail alone") {
  Endpoints endpoints;
  const Endpoints::Time start = {};
  for (int second = 1; second <= 20; ++second) endpoints.missed(1, start + std::chrono::seconds(second));
  endpoints.got_through(2, start);  // answered after all that, and sent before
  CHECK_FALSE(endpoints.fails_alone(1));
  endpoints.got_through(2, start + 20s);
  CHECK(endpoints.fails_alone(1));
  endpoints.got_through(1, start + 21s);
  CHECK_FALSE(endpoints.fails_alone(1));
}

}  // namespace millrace
