#include <utility>

#include "api/approval_page.hpp"
#include "api/routes.hpp"
#include "base/text.hpp"
#include "http/answers.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

constexpr std::size_t largest_form = 64u << 10;
constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view by_link = "link";  // who answers, for the audit
constexpr std::string_view nothing_done = "Nothing was answered";

bool is_form(const IncomingRequest& request) {
  const std::string* type = request.headers.find("Content-Type");
  return type != nullptr && lower(trim(type->substr(0, type->find(';')))) == form_type;
}

/// What a stored run asks, if anything. Who can no longer answer is not asked.
struct Asking {
  std::string workflow;
  std::optional<ApprovalQuestion> question;
};
Result<Asking> what_is_asked(const Api& api, const StoredRun& run) {
  const LoadedWorkflow loaded = load_version(run.head.workflow, run.text, api.world.catalog);
  if (!loaded.workflow)
    return Error{ErrorCode::conflict, "The version of the workflow that the run began with cannot be read any more."};
  Asking asking;
  asking.workflow = loaded.workflow->name.empty() ? run.head.workflow : loaded.workflow->name;
  asking.question = find_question(run, *loaded.workflow);
  if (asking.question && asking.question->until && api.world.clock.now() >= *asking.question->until)
    asking.question.reset();
  return asking;
}

OutgoingResponse nothing_asked_page(int status) {
  return notice_page(
      status, status == 200 ? "Nothing is asked" : nothing_done,
      "The run does not wait for an approval: somebody has answered, its time is over, or it has ended.");
}

/// Whoever has the link types any name: it is a part of what he says.
std::string said_in(const ApprovalForm& form) {
  if (form.name.empty() || form.comment.empty()) return form.name + form.comment;
  return form.name + ": " + form.comment;
}

/// Why the form answers nothing that the run asks now.
std::optional<OutgoingResponse> unanswerable(const std::optional<ApprovalForm>& form, const Asking& asking) {
  if (!form) return notice_page(400, nothing_done, "The form is not whole. Open the link again.");
  if (!asking.question) return nothing_asked_page(409);
  if (form->answers(*asking.question)) return std::nullopt;
  return notice_page(409, nothing_done, "The run asks something else by now than what you have read.", true);
}

Task<OutgoingResponse> answer_form(std::shared_ptr<Api> api, RunKey run, Asking asking, std::string body) {
  const auto form = read_form(body);
  if (auto refused = unanswerable(form, asking)) co_return std::move(*refused);
  Approval said;
  said.yes = form->yes;
  said.comment = said_in(*form);
  said.step = form->step;
  const auto told = co_await api->world.service.approve(run, std::move(said), std::string(by_link));
  if (told) co_return answered_page(*asking.question, form->yes, form->name);
  if (told.error().code == ErrorCode::conflict) co_return nothing_asked_page(409);
  co_return notice_page(status_of(told.error().code), nothing_done, told.error().message);
}

/// What the run asks as a page, and its form's answer.
Task<OutgoingResponse> answer_approval(std::shared_ptr<Api> api, Asked asked) {
  IncomingRequest& request = asked.request;
  const bool sends = request.method == "POST";
  if (sends && request.body.size() > largest_form) co_return notice_page(413, nothing_done, "The comment is too long.");
  if (sends && !is_form(request)) co_return notice_page(415, nothing_done, "Only the form of this page is taken.");
  const auto run = parse_run_key(asked.places[0]);
  if (!run) co_return no_approval_page();
  const auto stored = co_await api->world.store.history().read_run(*run);
  if (!stored && stored.error().code == ErrorCode::not_found) co_return no_approval_page();
  if (!stored) co_return notice_page(status_of(stored.error().code), "Not now", stored.error().message);
  auto asking = what_is_asked(*api, *stored);
  if (!asking) co_return notice_page(409, "Nothing can be answered", asking.error().message);
  if (sends) {
    OutgoingResponse response = co_await answer_form(std::move(api), *run, std::move(*asking), std::move(request.body));
    co_return response;
  }
  if (!asking->question) co_return nothing_asked_page(200);
  const std::string& zone = stored->head.zone.empty() ? api->world.project.timezone : stored->head.zone;
  co_return question_page(*asking->question, stored->head, asking->workflow, zone);
}

constexpr Route approval_table[] = {
    {"GET",
     "/approve/{run...}",
     Access::approval_key,
     answer_approval,
     {.does = "What a run asks, as a page with a form.",
      .query = "`key`, from the link",
      .answers = "a page",
      .refuses = "409 its version cannot be read any more"}},
    {"POST",
     "/approve/{run...}",
     Access::approval_key,
     answer_approval,
     {.does = "The page's form.",
      .query = "`key`, from the link",
      .body = "a form",
      .answers = "a page",
      .refuses = "400 a form that is not whole; 409 the run does not ask, or asks something else by now; 413 a "
                 "comment that is too long; 415 no form"}},
};

}  // namespace

std::span<const Route> approval_routes() { return approval_table; }

}  // namespace millrace
