#include <doctest/doctest.h>

#include "api/approval_link.hpp"
#include "api/approval_page.hpp"
#include "base/markup.hpp"
#include "catalog/catalog.hpp"
#include "run_events.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

using namespace millrace;
using test::at;
using test::event;

namespace {

const std::string token_of_service = "0123456789abcdef0123456789abcdef";

/// A run of two approvals, the first of which has been asked for; `more` follows.
StoredRun asking(std::vector<RunEvent> more = {}) {
  StoredRun run;
  run.head.key = RunKey{1};
  run.head.workflow = "ask";
  run.head.outcome = RunOutcome::waiting;
  run.text =
      "version: 1\nname: Ask\nactions:\n  - {id: one, approve: 'One?', timeout: 30m}\n  - {id: two, approve: 'Two?'}\n";
  run.events = {event(0, RunStarted{Value(Map())}), event(1, StepStarted{{0, 0}}),
                event(1, StepWaiting{{0, 0}, {}, "One <now>?"})};
  for (RunEvent& each : more) run.events.push_back(std::move(each));
  return run;
}

std::optional<ApprovalQuestion> question_of(const StoredRun& run) {
  static const Catalog no_plugins = Catalog::load("/nonexistent", "/nonexistent");
  const LoadedWorkflow loaded = load_version(run.head.workflow, run.text, no_plugins);
  REQUIRE(loaded.workflow);
  return find_question(run, *loaded.workflow);
}

bool has(const OutgoingResponse& page, const std::string& text) { return page.body.find(text) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("the key of an approval is of its run and its project, and nothing near it is one") {
  const std::string key = approval_key(token_of_service, RunKey{1});
  CHECK(key.size() == 32);
  CHECK(key.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(key == approval_key(token_of_service, RunKey{1}));
  CHECK(key != approval_key(token_of_service, RunKey{2}));
  CHECK(key != approval_key(token_of_service + "0", RunKey{1}));
  CHECK(is_approval_key(key, token_of_service, RunKey{1}));
  for (const std::string& wrong :
       {std::string(), key.substr(1), key + "0", approval_key(token_of_service, RunKey{2}), token_of_service})
    CHECK_MESSAGE(!is_approval_key(wrong, token_of_service, RunKey{1}), wrong);
}

TEST_CASE("without a token no key opens an approval and no link is made") {
  CHECK_FALSE(is_approval_key(approval_key("", RunKey{1}), "", RunKey{1}));
  CHECK(ApprovalLinks{"http://127.0.0.1:8710", ""}.to(RunKey{1}).empty());
  CHECK(ApprovalLinks{"", token_of_service}.to(RunKey{1}).empty());
  CHECK(ApprovalLinks{"http://127.0.0.1:8710", token_of_service}.to(RunKey{1}) ==
        "http://127.0.0.1:8710/approve/" + render(RunKey{1}) + "?key=" + approval_key(token_of_service, RunKey{1}));
}

TEST_CASE("what a run asks is the message of the step that waits, since when and until when") {
  const auto question = question_of(asking());
  REQUIRE(question);
  CHECK(render(question->step) == "0/0");
  CHECK(question->message == "One <now>?");
  CHECK(question->asked == at(1));
  CHECK(question->until == at(1 + 30 * 60));  // the timeout of the step
  StoredRun expiring = asking();
  std::get<StepWaiting>(expiring.events.back().what).until = at(60);
  CHECK(question_of(expiring)->until == at(60));
}

TEST_CASE("a run that was answered, or has ended, asks nothing, and one that goes on asks the next") {
  const auto answered = event(2, AnswerGiven{{0, 0}, true});
  CHECK_FALSE(question_of(asking({answered})));
  StoredRun ended = asking();
  ended.head.outcome = RunOutcome::cancelled;
  CHECK_FALSE(question_of(ended));
  const auto next = question_of(asking({answered, event(2, StepSucceeded{{0, 0}}), event(3, StepStarted{{0, 1}}),
                                        event(3, StepWaiting{{0, 1}, {}, "Two?"})}));
  REQUIRE(next);
  CHECK(next->message == "Two?");
  CHECK_FALSE(next->until);
}

TEST_CASE("a page shows what others wrote as text") {
  CHECK(in_markup("<a href=\"x\" title='y'>&</a>") == "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
  RunHead head = asking().head;
  head.location = "<loc>";
  const OutgoingResponse page = question_page(*question_of(asking()), head, "\"Ask\" <b>", "Europe/London");
  CHECK(page.status == 200);
  CHECK(has(page, "<title>&quot;Ask&quot; &lt;b&gt;</title>"));
  CHECK(has(page, "One &lt;now&gt;?"));
  CHECK(has(page, "&lt;loc&gt;"));
  CHECK(has(page, "2026-01-01 00:30 (Europe/London)"));
  CHECK_FALSE(has(page, "<now>"));
  CHECK(has(answered_page(*question_of(asking()), true, "<i>Ann"), "&lt;i&gt;Ann"));
  CHECK(has(notice_page(409, "<u>", "<s>"), "&lt;s&gt;"));
}

TEST_CASE("nothing that others wrote turns the order of the words of a page, or hides in it") {
  RunHead head = asking().head;
  head.location = "a\u202eb\u2066c\u200bd";
  const OutgoingResponse page = question_page(*question_of(asking()), head, "\u202eksA", "Europe/London");
  CHECK(has(page, "a\\u202eb\\u2066c\\u200bd"));
  CHECK(has(page, "<title>\\u202eksA</title>"));
  CHECK_FALSE(has(page, "\u202e"));
}

TEST_CASE("a form says who, what and about which question") {
  const auto form =
      read_form("step=0%2F0&asked=2026-01-01T00%3A00%3A01Z&who=+Ann%0AB+&comment=a%0D%0Ab%26c&answer=approve");
  REQUIRE(form);
  CHECK(form->yes);
  CHECK(form->name == "Ann B");
  CHECK(form->comment == "a\nb&c");
  CHECK(form->answers(*question_of(asking())));
  CHECK_FALSE(read_form("step=0%2F0&asked=2026-01-01T00%3A00%3A02Z&answer=reject")->answers(*question_of(asking())));
  CHECK_FALSE(read_form("step=0%2F1&asked=2026-01-01T00%3A00%3A01Z&answer=reject")->answers(*question_of(asking())));
  CHECK_FALSE(read_form("step=0%2F0&answer=reject")->yes);
  CHECK(read_form("step=0%2F0&answer=reject&who=++")->name == "");
}

TEST_CASE("what is not the whole form of the page is no answer") {
  for (const char* body :
       {"", "answer=approve", "step=0%2F0", "step=0%2F0&answer=yes", "step=0%2F0&answer=approve&who=%FF"})
    CHECK_MESSAGE(!read_form(body), body);
}

TEST_SUITE_END();
