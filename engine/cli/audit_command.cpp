#include <algorithm>
#include <cstdio>
#include <utility>

#include "api/run_json.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "crypto/base64.hpp"
#include "crypto/signature.hpp"
#include "host/host.hpp"
#include "host/project_key.hpp"
#include "journal/audit.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

int refuse_audit(const Error& error) {
  complain(error);
  return error.code == ErrorCode::not_found ? int(exit_cannot_start) : exit_code_of(error);
}

/// The first moment of a month in UTC, and of the next one.
Result<std::pair<Timestamp, Timestamp>> month_named(const std::string& name) {
  const auto first = parse_timestamp(name + "-01T00:00:00Z");
  if (!first || name.size() != 7) return Error{ErrorCode::invalid, "\"" + name + "\" is no month: write 2026-11"};
  CivilTime next = TRY(civil_time(*first, "UTC"));
  ++next.month;
  return std::pair(*first, TRY(instant(next, "UTC")));
}

Result<AuditFilter> audit_filter(const AuditOptions& options) {
  AuditFilter filter;
  filter.about = options.about;
  filter.who = options.who;
  filter.what = options.what;
  if (!options.since.empty()) filter.since = TRY(since_named(options.since, now_utc()));
  if (options.month.empty()) return filter;
  const auto [first, end] = TRY(month_named(options.month));
  filter.since = std::max(filter.since.value_or(first), first);
  filter.before = end;
  return filter;
}

Value encode(const AuditEntry& entry) {
  return Value::object({{"number", entry.number},
                        {"at", render(entry.line.at)},
                        {"who", entry.line.who},
                        {"what", entry.line.what},
                        {"about", entry.line.about},
                        {"detail", entry.line.detail},
                        {"hash", hex(entry.hash)}});
}

std::string line_of(const AuditEntry& entry, const std::string& zone) {
  const AuditLine& line = entry.line;
  std::string text = std::to_string(entry.number) + "  " + render_in(zone, line.at) + "  " + line.who + "  " +
                     line.what + "  " + line.about;
  return row(text + (line.detail.empty() ? "" : "  " + line.detail));
}

/// What is given in place of a file: the head itself.
Result<std::string> text_with_heads(const std::string& given) {
  return given.starts_with("millrace-audit-head ") ? Result<std::string>(given) : read_input(given);
}

/// Heads of files that may hold other lines, too, as a service's log does, which quotes them; `unread`: what begins
/// like one and is none.
Result<std::vector<AuditHead>> read_heads(const std::vector<std::string>& files, std::vector<std::string>& unread) {
  std::vector<AuditHead> heads;
  for (const std::string& file : files) {
    const std::string text = TRY(text_with_heads(file));
    const std::size_t so_far = heads.size() + unread.size();
    for (const std::string& line : split(text, '\n')) {
      const std::size_t at = line.find("millrace-audit-head");
      if (at == std::string::npos) continue;
      auto head = parse_audit_head(std::string_view(line).substr(at, line.find('"', at) - at));
      if (head) heads.push_back(std::move(*head));
      if (!head) unread.push_back(file + ": " + head.error().message);
    }
    if (heads.size() + unread.size() == so_far) unread.push_back(file + ": there is no head of an audit in it");
  }
  return heads;
}

/// Those that `--key` names, else the project's own.
Result<HeadKeys> keys_to_trust(const AuditOptions& options, const Result<std::string>& seed) {
  HeadKeys keys;
  for (const std::string& text : options.keys) {
    const auto key = decode_base64(text);
    if (!key || key->size() != 32)
      return Error{ErrorCode::invalid,
                   "\"" + text + "\" is no key: it is the word before the last of a head that is signed"};
    keys.trusted.push_back(*key);
  }
  keys.all_signed = !keys.trusted.empty();
  if (keys.trusted.empty() && seed) keys.trusted.push_back(ed25519_public_key(*seed));
  return keys;
}

std::string audit_text(const AuditReport& report, std::size_t heads, const std::string& zone) {
  const auto lines = [](std::int64_t count) { return counted(static_cast<std::size_t>(count), "line"); };
  std::string text;
  for (const std::string& fault : report.faults) text += row("error: " + fault);
  text += lines(report.lines) + (report.faults.empty() ? ", none changed, none missing\n" : "\n");
  if (heads == 0) {
    text +=
        "  no head that was kept elsewhere was given (--heads), so lines that were cut off at the end or the "
        "beginning, "
        "and a chain that was made anew, are not seen\n";
  } else if (report.held.agreeing > 0) {
    text += "  held outside: " + counted(static_cast<std::size_t>(report.held.agreeing), "head") +
            ", the last of line " + std::to_string(report.held.up_to) +
            ": up to there nothing was changed or cut off unseen\n";
    if (report.held.vouched > 0)
      text +=
          "  signed by a key that is trusted: " + counted(static_cast<std::size_t>(report.held.vouched), "head") + "\n";
    text += "  " + lines(report.head.number - report.held.up_to) + " since then that nobody outside vouches for\n";
  }
  if (report.held.pruned > 0) {
    text += "  of lines that were pruned, so not held against anything: " +
            counted(static_cast<std::size_t>(report.held.pruned), "head") + "\n";
  }
  if (report.held.lost > 0 && report.held.last_lost) {
    text += "  lost with a restore: " + counted(static_cast<std::size_t>(report.held.lost), "head") + ", the last of " +
            render_in(zone, *report.held.last_lost) + "\n";
  }
  return text + encode(report.head) + "\n";
}

Value encode(const AuditReport& report, const std::vector<std::string>& unread) {
  const Value held = Value::object({{"agreeing", report.held.agreeing},
                                    {"signed", report.held.vouched},
                                    {"up_to", report.held.up_to},
                                    {"unheld", report.head.number - report.held.up_to},
                                    {"pruned", report.held.pruned},
                                    {"lost", report.held.lost},
                                    {"unread", list_of(unread)}});
  return Value::object({{"entries", report.lines},
                        {"first", report.first},
                        {"last", report.head.number},
                        {"head", encode(report.head)},
                        {"held", held},
                        {"faults", list_of(report.faults)}});
}

/// Writes the lines to stdout, or into a file that is new.
Status export_lines(const std::filesystem::path& store, const AuditFilter& filter, const std::string& file) {
  std::string text;
  TRY(each_audit_line(store, filter, [&](const AuditEntry& entry) {
    text += encode_json(encode(entry)) + "\n";
    if (!file.empty() || text.size() < 65536) return;
    print_rows(text);
    text.clear();
  }));
  if (file.empty()) return print_rows(text), Done{};
  if (TRY(put_new_file(file, text, 0600))) return Done{};
  return Error{ErrorCode::conflict, "there is a " + file + " already"};
}

}  // namespace

int audit_list_command(const Session& session, const AuditOptions& options) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  auto filter = audit_filter(options);
  if (!filter) return refuse_audit(filter.error());
  filter->limit = options.limit;
  std::vector<AuditEntry> entries;
  const auto read = each_audit_line(store_file(session.folder, *project), *filter,
                                    [&entries](const AuditEntry& entry) { entries.push_back(entry); });
  if (!read) return refuse_audit(read.error());
  Value::List list;
  std::string text = entries.empty() ? "no lines\n" : "";
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    list.push_back(encode(*entry));
    text += line_of(*entry, project->timezone);
  }
  print_answer(session, Value::object({{"audit", Value(std::move(list))}}), text);
  return exit_done;
}

int audit_verify_command(const Session& session, const AuditOptions& options) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  std::vector<std::string> unread;
  const auto heads = read_heads(options.heads, unread);
  if (!heads) return refuse_audit(heads.error());
  const auto seed = audit_seed(session.folder);
  if (!seed) complain(seed.error().within("nobody signs the audit's heads"));
  const auto keys = keys_to_trust(options, seed);
  if (!keys) return complain(keys.error()), exit_usage;
  auto report = verify_audit(store_file(session.folder, *project), *heads, now_utc(), *keys);
  if (!report) return refuse_audit(report.error());
  if (seed) sign(report->head, *seed);
  print_answer(session, encode(*report, unread), audit_text(*report, heads->size(), project->timezone));
  for (const std::string& line : unread) complain(line);
  return report->faults.empty() && unread.empty() ? exit_done : exit_failed;
}

int audit_export_command(const Session& session, const AuditOptions& options) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const auto filter = audit_filter(options);
  if (!filter) return refuse_audit(filter.error());
  if (!note_act(session, *project, {"export", "audit", options.month})) return exit_cannot_start;
  const auto written = export_lines(store_file(session.folder, *project), *filter, options.file);
  return written ? int(exit_done) : refuse_audit(written.error());
}

}  // namespace millrace
