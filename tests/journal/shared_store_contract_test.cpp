#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "journal/store_contract.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::in_every_kind_of_store;
using test::later;
using test::outline;
using test::StoreBench;

std::string keys_of(const std::vector<RunHead>& heads) {
  std::string text;
  for (const RunHead& head : heads) text += render(head.key) + " ";
  return text;
}

}  // namespace

TEST_CASE("a store that is opened again has everything") {
  in_every_kind_of_store([](StoreBench& bench) {
    auto store = bench.serve();
    Entry entry = begin(store->journal().keys(), "e-1");
    entry.states.push_back({"engine", "paused", Value::object({{"by", "ada"}})});
    entry.audit.push_back({later(1), "ada", "pause", "workflow tidy", "for maintenance"});
    const RunKey run = bench.commit(*store, std::move(entry));
    const RunHead head = ask(bench.loop, store->journal().read(run))->head;
    bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
    const RunKey newest = store->journal().keys().next_run(later(1));
    bench.close(std::move(store));

    store = bench.serve();
    const auto stored = ask(bench.loop, store->journal().read(run));
    REQUIRE(stored);
    CHECK(outline(stored->head) == outline(head));
    CHECK(stored->events.size() == 2);
    CHECK(stored->event.payload == Value("payload"));
    CHECK(stored->text == "name: Tidy\n");
    CHECK(keys_of(*ask(bench.loop, store->journal().unfinished())) == render(run) + " ");
    CHECK(ask(bench.loop, store->journal().read_state("engine", "paused"))->text_or("by") == "ada");
    const auto audit = ask(bench.loop, store->history().list_audit("workflow tidy", 10));
    REQUIRE(audit->size() == 1);
    CHECK(audit->front().line.who + " " + audit->front().line.what + " " + audit->front().line.detail ==
          "ada pause for maintenance");
    CHECK(audit->front().line.at == later(1));
    CHECK(ask(bench.loop, store->journal().commit(begin(store->journal().keys(), "e-1")))->duplicate);
    CHECK(store->journal().keys().next_run(later(-100)) > run);
    CHECK(store->journal().keys().next_run(later(1)) >= newest);
    bench.close(std::move(store));
  });
}

TEST_CASE("a run of the foreground is in the hands of the program that began it, for as long as that has the store") {
  in_every_kind_of_store([](StoreBench& bench) {
    auto reader = bench.look();
    auto guest = bench.visit();
    RunKey runs[2];
    for (RunKey& run : runs) {
      Entry by_hand = begin(guest->journal().keys(), "");
      by_hand.runs.front().head.foreground = true;
      run = bench.commit(*guest, std::move(by_hand));
    }
    const RunKey not_by_hand = bench.commit(*guest, begin(guest->journal().keys(), ""));
    auto other = bench.visit();
    CHECK(*reader->is_in_hands(runs[0]));
    CHECK(*other->is_in_hands(runs[1]));
    CHECK_FALSE(*reader->is_in_hands(not_by_hand));
    bench.close(std::move(guest));
    CHECK_FALSE(*reader->is_in_hands(runs[0]));
    CHECK_FALSE(*other->is_in_hands(runs[1]));
    bench.close(std::move(other));
    bench.close(std::move(reader));
  });
}

TEST_CASE(
    "what is ordered in place of a service is decided on what is there, and only while no service has the store") {
  in_every_kind_of_store([](StoreBench& bench) {
    auto service = bench.serve();
    const RunKey run = bench.commit(*service, begin(service->journal().keys(), "e-1"));
    auto guest = bench.visit();
    int decided = 0;
    const auto end_unless_ended = [&decided, run](const RunReader& read) -> Result<Entry> {
      ++decided;
      const StoredRun stored = TRY(read(run));
      if (has_ended(stored.head.outcome)) return Error{ErrorCode::conflict, "it has ended"};
      RunHead head = stored.head;
      head.outcome = RunOutcome::cancelled;
      Entry entry;
      entry.runs.push_back({head, false, {}});
      entry.states.push_back({"tags", "link", "guest"});
      return entry;
    };
    const Status refused = ask(bench.loop, guest->commit_unserved(end_unless_ended));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(decided == 0);
    CHECK(guest->served_by()->has_value());
    CHECK(ask(bench.loop, service->journal().read(run))->head.outcome == RunOutcome::running);
    bench.close(std::move(service));
    CHECK_FALSE(guest->served_by()->has_value());
    CHECK(ask(bench.loop, guest->commit_unserved(end_unless_ended)));
    CHECK(ask(bench.loop, guest->journal().read(run))->head.outcome == RunOutcome::cancelled);
    CHECK(*ask(bench.loop, guest->states().read("tags", "link")) == "guest");
    const Status again = ask(bench.loop, guest->commit_unserved(end_unless_ended));
    REQUIRE_FALSE(again);
    CHECK(again.error().message == "it has ended");
    bench.close(bench.serve());  // that somebody has looked keeps no service away
    bench.close(std::move(guest));
  });
}

TEST_CASE("each service has a larger claim than the one before it, and guests and readers have none") {
  in_every_kind_of_store([](StoreBench& bench) {
    std::optional<Fence> before;
    for (int life = 1; life <= 3; ++life) {
      auto service = bench.serve();
      REQUIRE(service->fence());
      CHECK((!before || service->fence()->number > before->number));
      before = service->fence();
      for (auto& other : {bench.visit(), bench.look()}) {
        CHECK_FALSE(other->fence());
        REQUIRE(ask(bench.loop, other->close()));
      }
      bench.close(std::move(service));
    }
  });
}

TEST_CASE("of a service whose store another one has taken over nothing is written, in no part and by no way") {
  in_every_kind_of_store([](StoreBench& bench) {
    auto older = bench.serve();
    const RunKey run = bench.commit(*older, begin(older->journal().keys(), "e-1"));
    const RunHead head = ask(bench.loop, older->journal().read(run))->head;
    auto newer = bench.take_over();
    REQUIRE(newer->fence()->number > older->fence()->number);

    std::vector<Entry> entries = {begin(older->journal().keys(), "e-2"), test::go_on(head, {test::succeeded(1)})};
    entries[0].states.push_back({"tags", "link", "older"});
    entries[1].audit.push_back({later(1), "ada", "look", "run", ""});
    for (Entry& entry : entries) {
      const auto refused = ask(bench.loop, older->journal().commit(std::move(entry)));
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::unavailable);
      CHECK(refused.error().message.starts_with("another service has taken over the store "));
    }
    CHECK_FALSE(ask(bench.loop, older->states().write("tags", "link", "older")));
    CHECK_FALSE(ask(bench.loop, older->prune(later(1))));
    CHECK(ask(bench.loop, older->journal().read(run)));  // reading harms nobody

    CHECK(ask(bench.loop, newer->journal().read(run))->events.size() == 1);
    CHECK(ask(bench.loop, newer->facts())->events == 1);
    CHECK(ask(bench.loop, newer->states().read("tags", "link"))->is_null());
    CHECK(ask(bench.loop, newer->history().list_audit("", 10))->empty());
    CHECK_FALSE(ask(bench.loop, newer->journal().commit(begin(newer->journal().keys(), "e-2")))->duplicate);
    auto guest = bench.visit();
    CHECK(ask(bench.loop, guest->states().write("tags", "link", "guest")));
    bench.close(std::move(guest));
    CHECK_FALSE(ask(bench.loop, older->close()));
    CHECK(ask(bench.loop, newer->states().write("tags", "link", "newer")));
    bench.close(std::move(newer));
  });
}

TEST_CASE("a guest writes and reads beside the service, and neither holds up the other") {
  in_every_kind_of_store([](StoreBench& bench) {
    auto service = bench.serve();
    auto guest = bench.visit();
    const RunKey first = bench.commit(*service, begin(service->journal().keys(), "e-1"));
    Entry by_hand = begin(guest->journal().keys(), "");
    by_hand.runs.front().head.foreground = true;
    const RunKey second = bench.commit(*guest, std::move(by_hand));
    CHECK(ask(bench.loop, guest->journal().commit(begin(guest->journal().keys(), "e-1")))->duplicate);
    CHECK(ask(bench.loop, guest->journal().read(first)));
    CHECK(ask(bench.loop, service->journal().read(second)));
    CHECK(ask(bench.loop, service->states().write("tags", "link", "service's")));
    CHECK(ask(bench.loop, guest->states().read("tags", "link"))->text() == "service's");
    CHECK(ask(bench.loop, guest->states().write("tags", "link", "guest's")));
    CHECK(ask(bench.loop, service->states().read("tags", "link"))->text() == "guest's");
    CHECK(keys_of(*ask(bench.loop, service->journal().unfinished())) == render(first) + " ");
    bench.close(std::move(guest));
    bench.commit(*service, begin(service->journal().keys(), "e-2"));
    bench.close(std::move(service));
  });
}

}  // namespace millrace
