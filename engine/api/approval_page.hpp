#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/approval_question.hpp"
#include "http/http_server.hpp"
#include "journal/journal.hpp"

namespace millrace {

// What people see who follow the link to an approval: plain HTML that needs no script and loads nothing.

/// What is asked, with the form that answers it. `workflow` is its name, `zone` that of the times.
OutgoingResponse question_page(const ApprovalQuestion& question, const RunHead& run, const std::string& workflow,
                               const std::string& zone);

/// That the answer is written down.
OutgoingResponse answered_page(const ApprovalQuestion& question, bool yes, const std::string& name);

/// That nothing can be, or was, answered. With `again` the page leads to what the run asks now.
OutgoingResponse notice_page(int status, std::string_view title, std::string_view sentence, bool again = false);

/// The same for whoever has no right to the run and whoever asks for one that is not there.
OutgoingResponse no_approval_page();

/// The form as it was sent. `step` and `asked` tell which question the person saw.
struct ApprovalForm {
  bool yes = false;
  std::string name;  ///< that was typed, no proof of anything; empty: none was
  std::string comment;
  std::string step, asked;

  bool answers(const ApprovalQuestion& question) const;
};

/// Nothing where it is not our form.
std::optional<ApprovalForm> read_form(std::string_view body);

}  // namespace millrace
