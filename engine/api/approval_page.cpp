#include "api/approval_page.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/markup.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "http/answers.hpp"
#include "http/http_message.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_name = 100;

constexpr std::string_view style = R"(
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 1.25rem; }
main { max-width: 36rem; margin: 0 auto; }
h1 { font-size: 1.25rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
.message { font-size: 1.125rem; white-space: pre-wrap; overflow-wrap: anywhere; border-left: .25rem solid; padding-left: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1rem 0; }
dt { opacity: .75; }
ul { padding-left: 1.25rem; }
li { overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; margin-top: 1rem; }
input, textarea { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; }
.answers { display: flex; gap: 1rem; margin-top: 1.5rem; }
.answers button { flex: 1; padding: .8rem; font: inherit; font-weight: 600; }
[hidden] { display: none; }
)";

/// As people see it: nothing in it turns the order of the words around it.
std::string shown(std::string_view text) { return in_markup(printable(text, true)); }

OutgoingResponse page(int status, std::string_view title, const std::string& content) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>" + shown(title) + "</title>\n<style>" + std::string(style) + "</style>\n</head>\n<body>\n";
  html += "<main>\n<h1>" + shown(title) + "</h1>\n" + content + "</main>\n</body>\n</html>\n";
  OutgoingResponse response = text_answer(status, "text/html; charset=utf-8", std::move(html));
  response.headers.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("X-Frame-Options", "DENY");
  return response;
}

std::string paragraph(std::string_view text, std::string_view kind = "") {
  const std::string named = kind.empty() ? "" : " class=\"" + std::string(kind) + "\"";
  return "<p" + named + ">" + shown(text) + "</p>\n";
}

std::string said_to_it(const Value& facts) {
  const Value* notes = facts.find("notes");
  std::string content;
  for (const Value& note : notes != nullptr && notes->is_list() ? notes->list() : Value::List())
    content += paragraph(note.is_text() ? note.text() : "");
  return content;
}

std::string fact(std::string_view name, std::string_view value) {
  if (value.empty()) return "";
  return "<dt>" + std::string(name) + "</dt><dd>" + shown(value) + "</dd>\n";
}

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + in_markup(value) + "\">\n";
}

/// What a yes would allow, as far as that is known.
std::string allowed(const Value& facts) {
  const Value* count = facts.find("count");
  const Value* changes = facts.find("changes");
  if (count == nullptr || !count->is(Kind::integer) || changes == nullptr || !changes->is_list()) return "";
  const auto all = static_cast<std::size_t>(count->integer());
  if (all == 0) return paragraph("This would allow no change.") + said_to_it(facts);
  std::string content = paragraph("This would allow " + counted(all, "change") + ":") + "<ul>\n";
  for (const Value& change : changes->list())
    content += "<li>" + shown(change.is_text() ? change.text() : "") + "</li>\n";
  content += "</ul>\n";
  if (all > changes->list().size())
    content += paragraph("and " + std::to_string(all - changes->list().size()) + " more");
  return content + said_to_it(facts);
}

/// "2026-11-23 09:00 (Europe/London)".
std::string render_for_people(Timestamp time, const std::string& zone) {
  const auto civil = civil_time(time, zone);
  if (!civil) return render(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04lld-%02d-%02d %02d:%02d", static_cast<long long>(civil->year), civil->month,
                civil->day, civil->hour, civil->minute);
  return std::string(text) + " (" + zone + ")";
}

/// As forms are sent, a line ends with CR LF.
std::string with_plain_line_ends(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string name_in(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < ' '; }, ' ');
  return shortened(trim(text), longest_name);
}

}  // namespace

OutgoingResponse question_page(const ApprovalQuestion& question, const RunHead& run, const std::string& workflow,
                               const std::string& zone) {
  std::string content = paragraph(question.message, "message") + allowed(question.facts) + "<dl>\n";
  content += fact("Until", question.until ? render_for_people(*question.until, zone) : "");
  content += fact("Asked", render_for_people(question.asked, zone)) + fact("Location", run.location);
  content += fact("Run", render(run.key)) + "</dl>\n<form method=\"post\">\n";
  content += hidden("step", render(question.step)) + hidden("asked", render(question.asked));
  // The Enter key in a field presses the first button of the form: this one does nothing.
  content += "<button disabled hidden></button>\n";
  content += "<label for=\"who\">Your name</label>\n<input id=\"who\" name=\"who\" autocomplete=\"name\">\n";
  content +=
      "<label for=\"comment\">Comment</label>\n<textarea id=\"comment\" name=\"comment\" rows=\"3\"></textarea>\n";
  content += "<div class=\"answers\">\n<button name=\"answer\" value=\"approve\">Approve</button>\n";
  content += "<button name=\"answer\" value=\"reject\">Reject</button>\n</div>\n</form>\n";
  return page(200, workflow, content);
}

OutgoingResponse answered_page(const ApprovalQuestion& question, bool yes, const std::string& name) {
  const std::string_view then = yes ? "The run goes on." : "For the run, this step has failed.";
  const std::string by = name.empty() ? "by this link" : "by this link, with the name " + name;
  return page(200, yes ? "Approved" : "Rejected",
              paragraph(question.message, "message") + paragraph(then) + paragraph("Written down as said " + by));
}

OutgoingResponse notice_page(int status, std::string_view title, std::string_view sentence, bool again) {
  const std::string way = again ? "<p><a href=\"\">See what the run asks now</a></p>\n" : "";
  return page(status, title, paragraph(sentence) + way);
}

OutgoingResponse no_approval_page() {
  return notice_page(404, "Nothing is asked here",
                     "The link is wrong or not whole, or what it led to is kept no longer.");
}

bool ApprovalForm::answers(const ApprovalQuestion& question) const {
  return step == render(question.step) && asked == render(question.asked);
}

std::optional<ApprovalForm> read_form(std::string_view body) {
  ApprovalForm form;
  std::string answer;
  for (auto& [name, value] : decode_query(body)) {
    if (!valid_utf8(value)) return std::nullopt;
    if (name == "answer") answer = value;
    if (name == "who") form.name = value;
    if (name == "comment") form.comment = std::string(trim(with_plain_line_ends(value)));
    if (name == "step") form.step = value;
    if (name == "asked") form.asked = value;
  }
  if (form.step.empty() || (answer != "approve" && answer != "reject")) return std::nullopt;
  form.yes = answer == "approve";
  form.name = name_in(std::move(form.name));
  return form;
}

}  // namespace millrace
