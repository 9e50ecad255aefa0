#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "trigger/delivery.hpp"
#include "trigger/trigger_bench.hpp"
#include "trigger/verification.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

/// The signed samples that lie beside the project where it is developed; they are not a part of it.
std::filesystem::path samples_file() {
  const char* named = std::getenv("MILLRACE_SHARED");
  const std::filesystem::path shared =
      named != nullptr ? std::filesystem::path(named) : std::filesystem::path(TEST_DATA) / "../../shared";
  return shared / "domain/webhook-samples.json";
}

IncomingRequest request_of(const Value& sample) {
  IncomingRequest request = test::delivery(sample.text_or("rawBody"), {});
  for (const auto& [name, value] : sample.find("headers")->map()) request.headers.add(name.text(), value.text());
  return request;
}

/// The shipped triggers that such a delivery would start.
std::string started_by(const Value& delivery) {
  static const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  std::string names;
  for (const std::string& name : shipped.trigger_names()) {
    TriggerSpec spec;
    spec.kind = "plugin";
    spec.name = name;
    spec.with = Map();
    const auto received = receive(spec, shipped, delivery);
    if (received && received->left_out.empty()) names += name + " ";
  }
  return names;
}

std::string wanted_trigger(const Value& delivery, bool of_highlevel) {
  if (!of_highlevel) return "sightmill.responses.received ";
  static const std::map<std::string, std::string> by_type = {{"ContactTagUpdate", "contact_tags.updated"},
                                                             {"ContactCreate", "contacts.created"},
                                                             {"ContactUpdate", "contacts.updated"},
                                                             {"ContactDelete", "contacts.deleted"},
                                                             {"ContactDndUpdate", "contact_dnd.updated"},
                                                             {"NoteCreate", "contact_notes.created"},
                                                             {"TaskCreate", "contact_tasks.created"},
                                                             {"TaskComplete", "contact_tasks.completed"},
                                                             {"LocationCreate", "locations.created"},
                                                             {"LocationUpdate", "locations.updated"},
                                                             {"UserCreate", "users.created"},
                                                             {"INSTALL", "oauth_app.installed"},
                                                             {"UNINSTALL", "oauth_app.uninstalled"}};
  return "highlevel." + by_type.at(delivery.text_or("type")) + " ";
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("each signed sample gets the outcome that it asks for") {
  std::ifstream file(samples_file());
  if (!file) {
    MESSAGE("the samples are not here: skipped");
    return;
  }
  const auto read = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  REQUIRE(read);
  setenv("MILLRACE_HIGHLEVEL_WEBHOOK_KEY", read->find("testKeys")->text_or("ed25519PublicPem").c_str(), 1);
  test::KnownSecrets secrets;
  secrets.known["secret:hook"] = "unguessable";
  const TriggerSpec highlevel = test::trigger_of("{webhook: a, verify: highlevel}");
  const TriggerSpec sightmill = test::trigger_of("{webhook: a, verify: {secret_path: \"secret:hook\"}}");
  std::set<std::string> seen;  // what the journal's index of ids does
  int accepted = 0;
  int duplicates = 0;
  int rejected = 0;
  int outgoing = 0;
  for (const Value& sample : read->find("samples")->list()) {
    INFO(sample.text_or("name"));
    if (sample.text_or("direction") == "out") {
      // What we send: a sample of a request, nothing that could be accepted.
      ++outgoing;
      continue;
    }
    const bool of_highlevel = sample.text_or("sender") == "highlevel";
    const TriggerSpec& trigger = of_highlevel ? highlevel : sightmill;
    IncomingRequest request = request_of(sample);
    if (!of_highlevel) {
      request.path = "/hooks/a/guessed";
      CHECK_FALSE(verify(*verifier_of(trigger), request, secrets, test::time_of(sample.text_or("evaluateAt"))));
      request.path = "/hooks/a/unguessable";
    }
    const auto verified = verify(*verifier_of(trigger), request, secrets, test::time_of(sample.text_or("evaluateAt")));
    const std::string wanted = sample.text_or("suggestedOutcome");
    CHECK(bool(verified) == wanted.starts_with("accept"));
    if (!verified) {
      CHECK(verified.error().code == ErrorCode::denied);
      ++rejected;
      continue;
    }
    const auto event = read_delivery(trigger, request);
    REQUIRE(event);
    CHECK(*event == *sample.find("payload"));
    CHECK(started_by(*event) == wanted_trigger(*event, of_highlevel));
    const auto id = dedupe_id(trigger, *verified, request, *event);
    REQUIRE(id);
    CHECK(id->empty() != of_highlevel);
    const bool again = !id->empty() && !seen.insert(*id).second;
    CHECK(again == (wanted == "accept, do not process again"));
    ++(again ? duplicates : accepted);
  }
  unsetenv("MILLRACE_HIGHLEVEL_WEBHOOK_KEY");
  MESSAGE(accepted << " accepted, " << duplicates << " known already, " << rejected << " refused, " << outgoing
                   << " outgoing");
  CHECK(accepted > 10);
  CHECK(duplicates == 1);
  CHECK(rejected == 3);
}

TEST_SUITE_END();
