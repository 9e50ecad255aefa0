#include "host/audit_keeping.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "host/project_key.hpp"
#include "journal/audit.hpp"
#include "service/records.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr Duration look_for_uses = std::chrono::seconds(1);
constexpr int looks_between_heads = 60;

/// Lines of the file stay as they are: it may be read elsewhere as it grows.
Status append_line(const std::string& file, const std::string& line) {
  const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640));
  const std::string text = line + "\n";
  const bool written =
      opened && ::write(opened.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written) return Done{};
  return Error{ErrorCode::unavailable, "cannot write the audit's head into " + file + ": " + std::strerror(errno)};
}

/// The first 48 bits, which a gauge holds exactly.
double short_form(const std::string& hash) {
  double number = 0;
  for (std::size_t at = 0; at < 6 && at < hash.size(); ++at)
    number = number * 256 + static_cast<unsigned char>(hash[at]);
  return number;
}

/// How far the audit had come when that was told last: in the log, and in each of the files.
struct ToldHeads {
  std::int64_t in_log = -1;
  std::map<std::string, std::int64_t> in_files;
};

/// How far the audit has come, and what kept that from being written into the files.
struct Look {
  std::optional<AuditHead> head;  ///< nothing: `doctor` tells what is wrong with the store
  std::string unsigned_why;       ///< empty: it is signed, or nobody is told
  std::vector<std::string> unwritten;
};

/// The files may lie on another machine's disk, which takes its time.
Look look_at_audit(const std::filesystem::path& store, const std::vector<std::string>& files, Timestamp now,
                   ToldHeads& told, const std::filesystem::path& folder) {
  Look look;
  auto head = read_audit_head(store, now);
  if (!head) return look;
  look.head = *head;
  const auto is_news = [&](const std::string& file) {
    return !told.in_files.contains(file) || told.in_files[file] != head->number;
  };
  if (head->number == told.in_log && std::none_of(files.begin(), files.end(), is_news)) return look;
  if (const auto seed = audit_seed(folder)) {
    sign(*look.head, *seed);
  } else {
    look.unsigned_why = "the audit's head is signed by nobody: " + seed.error().message;
  }
  for (const std::string& file : files) {
    if (!is_news(file)) continue;
    const Status written = append_line(file, encode(*look.head));
    if (written) told.in_files[file] = head->number;
    if (!written) look.unwritten.push_back(written.error().message);
  }
  return look;
}

/// What is held nowhere else protects from nobody who can write the store.
Task<void> tell_unwritten(Host& host, const std::vector<std::string>& unwritten, Timestamp now) {
  std::string about = audit_heads_alarm, problem = join(unwritten, "; ");
  const auto told = co_await keep_alarm(host.store->journal(), std::move(about), std::move(problem), now);
  if (!told) log(LogLevel::warning, "an alarm could not be written: " + told.error().message);
}

Task<void> tell_head(Host& host, Metrics& metrics, ToldHeads& told) {
  std::vector<std::string> files;
  for (const std::string& file : host.project.audit_heads) files.push_back((host.folder / file).string());
  const auto store = store_file(host.folder, host.project);
  const Timestamp now = now_utc();
  std::function<Look()> job = [&files, &store, &host, now, &told] {
    return look_at_audit(store, files, now, told, host.folder);
  };
  const Look look = co_await on_worker<Look>(host.loop, job);
  for (const std::string& problem : look.unwritten) log(LogLevel::warning, problem);
  if (!look.unsigned_why.empty()) log(LogLevel::warning, look.unsigned_why);
  if (!look.head) co_return;
  co_await tell_unwritten(host, look.unwritten, now);
  metrics.series("millrace_audit_entries").set(static_cast<double>(look.head->number));
  metrics.series("millrace_audit_head").set(short_form(look.head->hash));
  if (look.head->number != told.in_log) log(LogLevel::info, encode(*look.head));
  told.in_log = look.head->number;
}

Task<Status> write_uses(Host& host, Store& store, bool all, std::string how) {
  Journal& journal = store.journal();
  for (Entry& first : host.secret_uses.take_first_uses()) {
    first.waits_for_room = true;
    const auto written = co_await journal.commit(std::move(first));
    const bool known = !written && written.error().code == ErrorCode::conflict;
    if (!written && !known) co_return written.error();
  }
  Entry entry;
  entry.audit = host.secret_uses.take_counts(now_utc(), all, how);
  if (entry.audit.empty()) co_return Done{};
  entry.waits_for_room = true;
  const auto written = co_await journal.commit(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

}  // namespace

Task<void> write_secret_uses(Host& host, bool all) {
  const auto written = co_await write_uses(host, *host.store, all, "");
  if (!written) log(LogLevel::warning, "uses of secrets could not be written down: " + written.error().message);
}

Task<void> write_uses_of_plan(Host& host) {
  std::error_code failed;
  const auto file = store_file(host.folder, host.project);
  if (!host.secret_uses.any() || !std::filesystem::exists(file, failed)) co_return;
  StoreOptions options;
  options.role = StoreOptions::Role::guest;
  auto store = open_store(host.loop, file, options);
  Status written = Done{};
  if (!store) written = store.error();
  if (store) written = co_await write_uses(host, **store, true, " by a plan");
  if (store) {
    const Status closed = co_await (*store)->close();
    if (written && !closed) written = closed;
  }
  if (!written) log(LogLevel::warning, "uses of secrets could not be written down: " + written.error().message);
}

Task<void> keep_audit(Host& host, Metrics& metrics) {
  ToldHeads told;
  for (int look = 0;; ++look) {
    co_await write_secret_uses(host, false);
    if (look % looks_between_heads == 0) co_await tell_head(host, metrics, told);
    const bool undisturbed = co_await sleep_for(look_for_uses);
    if (!undisturbed) co_return;
  }
}

}  // namespace millrace
