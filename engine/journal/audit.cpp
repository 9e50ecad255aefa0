#include "journal/audit.hpp"

#include <algorithm>
#include <utility>

#include "crypto/base64.hpp"
#include "journal/audit_chain.hpp"
#include "journal/layout.hpp"
#include "journal/run_rows.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_faults = 1000;
/// Layouts of before had no chain.
constexpr int layout_that_chains = 4;
constexpr std::int64_t day_of_lines = 24 * 60 * 60;
/// Where people do little, the line behind those that were pruned is so much younger.
constexpr std::int64_t quiet_days = 7;

Error unreadable(const Database& database) {
  return {ErrorCode::unavailable, "the audit cannot be read: " + database.error().message};
}

Result<Database> open_audit(const std::filesystem::path& store) {
  std::error_code problem;
  if (!std::filesystem::exists(store, problem))
    return Error{ErrorCode::not_found, "there is no store yet: " + store.string()};
  Database database = TRY(Database::open(store.string(), SQLITE_OPEN_READWRITE, ""));
  TRY(prepare_for_reading(database, store.string()));
  if (database.ask_integer("PRAGMA user_version").value_or(0) >= layout_that_chains) return database;
  return Error{ErrorCode::not_found,
               store.string() + " is of before the audit was chained; the next service chains it"};
}

AuditEntry entry_in(const Statement& rows) {
  return {rows.integer(0),
          {moment(rows.integer(1)), rows.text(2), rows.text(3), rows.text(4), rows.text(5)},
          std::string(rows.bytes(6))};
}

std::string lines_between(std::int64_t first, std::int64_t last) {
  if (first == last) return "line " + std::to_string(first) + " is missing";
  return "the lines " + std::to_string(first) + " to " + std::to_string(last) + " are missing";
}

/// What the newest line about that says was pruned.
struct Pruning {
  std::string words;
  std::int64_t line = 0;  ///< 0: nothing was
  Timestamp at;
};

/// Follows the chain from its base.
class Look {
 public:
  Look(Database& database, AuditReport& report) : database_(database), report_(report) {}

  Status over_all() {
    TRY(find_base());
    Statement rows = database_.prepare(
        "SELECT id, at, who, what, about, detail, hash,"
        // What is of another type has the same bytes, and no filter finds it.
        " typeof(at) = 'integer' AND typeof(who) = 'text' AND typeof(what) = 'text' AND typeof(about) = 'text'"
        " AND typeof(detail) = 'text' FROM audit LEFT JOIN audit_chain ON number = id ORDER BY id");
    if (!rows) return unreadable(database_);
    int outcome = SQLITE_ROW;
    while ((outcome = rows.step()) == SQLITE_ROW) look_at(entry_in(rows), rows.integer(7) != 0);
    if (outcome != SQLITE_DONE) return unreadable(database_);
    const auto last = database_.ask_integer("SELECT max(number) FROM audit_chain").value_or(0);
    if (last > next_ - 1) add(lines_between(next_, last));
    check_base();
    return Done{};
  }

  /// The epoch that the line belongs to; nothing where it is not there any more.
  std::optional<std::int64_t> epoch_of(std::int64_t number) const {
    if (is_gone(number)) return std::nullopt;
    const auto after = std::upper_bound(epochs_.begin(), epochs_.end(), number,
                                        [](std::int64_t at, const auto& epoch) { return at < epoch.first; });
    return std::prev(after)->second;
  }
  bool knows_epoch(std::int64_t epoch) const {
    return std::any_of(epochs_.begin(), epochs_.end(), [epoch](const auto& each) { return each.second == epoch; });
  }
  std::int64_t newest_epoch() const { return epochs_.back().second; }
  bool is_gone(std::int64_t number) const { return number < base_; }  // of the last one the hash is kept

  /// Whether the line that was the newest one then, and is gone, was old enough for that, or one too many.
  bool was_to_go(Timestamp newest_then) const {
    return pruning_.line > 0 && (were_too_many() || newest_then < kept_since(1));
  }
  /// Whether lines are gone that need not have been old: the one behind them is young, no head is of after them and old
  /// enough, and none vouches for the line that says so. A line is written after each head of a line before it.
  bool seems_taken(std::int64_t held_up_to, std::optional<Timestamp> oldest,
                   std::optional<Timestamp> head_of_last) const {
    if (pruning_.line <= held_up_to || were_too_many() || (oldest && *oldest < kept_since(1))) return false;
    return std::max(behind_base_, head_of_last.value_or(behind_base_)) > kept_since(quiet_days);
  }
  std::int64_t last_gone() const { return base_; }

  void add(std::string fault) {
    if (report_.faults.size() < most_faults) report_.faults.push_back(std::move(fault));
  }

 private:
  Status find_base() {
    Statement base = database_.prepare("SELECT number, hash FROM audit_chain ORDER BY number LIMIT 1");
    if (!base) return unreadable(database_);
    if (base.step() != SQLITE_ROW) {
      add("there are no hashes");
      return Done{};
    }
    base_ = base.integer(0);
    before_ = base_hash_ = std::string(base.bytes(1));
    report_.head.number = base_;
    report_.head.hash = base_hash_;
    next_ = base_ + 1;
    return Done{};
  }

  bool were_too_many() const { return pruning_.line - 1 - base_ >= AuditBudget().lines; }
  /// So many days after the time from which lines had to be kept when it was pruned, which is not later than now.
  Timestamp kept_since(std::int64_t days) const {
    const std::int64_t now = std::min(pruning_.at, report_.head.at).seconds;
    return Timestamp{now - (AuditBudget().days - days) * day_of_lines, 0};
  }

  void look_at(const AuditEntry& entry, bool is_as_written) {
    const std::string number = std::to_string(entry.number);
    if (entry.number <= base_)
      return add("line " + number + " was put in: the lines begin with " + std::to_string(base_ + 1));
    if (entry.number > next_) add(lines_between(next_, entry.number - 1));
    const AuditLine& line = entry.line;
    const std::string hash =
        audit_hash(before_, entry.number, nanoseconds(line.at), line.who, line.what, line.about, line.detail);
    if (entry.hash.empty()) {
      add("line " + number + " was put in: it has no hash");
    } else if (entry.number == next_ && (entry.hash != hash || !is_as_written)) {
      add("line " + number + " is not what was written, or not in its place");
    }
    if (entry.hash == hash) take_word_of(entry);
    if (report_.lines++ == 0) report_.first = entry.number;
    if (entry.number == base_ + 1) behind_base_ = line.at;
    // What was found to be changed is found once: the lines behind it are held to what was written.
    before_ = entry.hash.empty() ? hash : entry.hash;
    next_ = std::max(next_, entry.number + 1);
    report_.head.number = entry.number;
    report_.head.hash = entry.hash;
  }

  void take_word_of(const AuditEntry& entry) {
    const AuditLine& line = entry.line;
    if (line.what == "restore" && line.about == "store") epochs_.emplace_back(entry.number, line.at.seconds);
    if (line.what == "prune" && line.about == "audit") pruning_ = {line.detail, entry.number, line.at};
  }

  /// What is gone is told by the newest line about that, or nothing is gone.
  void check_base() {
    const std::string first = audit_hash("", 0, report_.head.store, "", "", "", "");
    epochs_.front().second = base_ == 0 ? 0 : epoch_in_words(pruning_.words);
    const std::string said = pruned_words(base_, base_hash_, epochs_.front().second);
    if (base_ == 0 ? base_hash_ != first : pruning_.words != said)
      add("the lines up to " + std::to_string(base_) + " are gone, and no line says that they were pruned");
  }

  Database& database_;
  AuditReport& report_;
  std::int64_t base_ = 0, next_ = 1;
  std::string before_, base_hash_;
  Pruning pruning_;
  Timestamp behind_base_;  // when the oldest line that is there was written
  std::vector<std::pair<std::int64_t, std::int64_t>> epochs_ = {{0, 0}};  // where each begins, and its name
};

/// Why the head is not believed; empty where it is.
std::string doubt(const AuditHead& head, const HeadKeys& keys) {
  const bool known = std::find(keys.trusted.begin(), keys.trusted.end(), head.key) != keys.trusted.end();
  if (head.signature.empty()) return keys.all_signed ? "is signed by nobody" : "";
  return known || keys.trusted.empty() ? "" : "is signed by another key, " + encode_base64(head.key);
}

/// Holds heads against what a look has found, one after the other.
class Holding {
 public:
  Holding(Look& look, const HeadKeys& keys, AuditReport& report) : look_(look), keys_(keys), report_(report) {}

  /// `hash`: of the head's line, where there is one.
  void hold(const AuditHead& head, const std::optional<std::string>& hash) {
    const std::string when = render(head.at), why = doubt(head, keys_);
    if (!why.empty()) return look_.add("the head of " + when + " " + why);
    if (head.store != report_.head.store) return look_.add("the head of " + when + " is of another store");
    if (look_.is_gone(head.number)) return hold_gone(head);
    if (head.epoch < look_.newest_epoch() && look_.epoch_of(head.number) != head.epoch) return hold_lost(head);
    if (!look_.knows_epoch(head.epoch)) {
      return look_.add("the head of " + when +
                       " is of a time that this store has not come to: an earlier state was put in its place");
    }
    if (head.number > report_.head.number) {
      return look_.add("the lines " + std::to_string(report_.head.number + 1) + " to " + std::to_string(head.number) +
                       " were there at " + when + ", and are cut off");
    }
    if (!hash) return;  // its line is missing, which was told
    if (*hash != head.hash)
      return look_.add("up to line " + std::to_string(head.number) + " something is not what it was at " + when);
    agree(head);
  }

  /// What only all of them together tell.
  void conclude(std::size_t heads) {
    HeldHeads& held = report_.held;
    if (held.agreeing == 0 && heads > 0 && report_.faults.empty() && held.lost == 0)
      look_.add("no head that was given vouches for a line that is there: all are of lines that were pruned");
    if (held.lost > 0 && lost_epoch_ >= agreeing_epoch_) {
      look_.add(
          "lines were cut off, as if with a restore, and no head of after it vouches for that; if it was one, "
          "keep the head below, and give it with the others");
    }
    if (held.agreeing == 0 || !look_.seems_taken(held.up_to, oldest_, head_of_last_)) return;
    look_.add("the lines up to " + std::to_string(look_.last_gone()) +
              " are gone, as if they had been pruned, but what was written next is not so old, and no head vouches for "
              "that; if little was done at that time, keep the head below, and give it with the others");
  }

 private:
  void hold_gone(const AuditHead& head) {
    ++report_.held.pruned;
    if (look_.was_to_go(head.at)) return;
    look_.add("line " + std::to_string(head.number) + " was the newest one at " + render(head.at) +
              ", and is gone, although nothing of then was old enough to be pruned");
  }

  void hold_lost(const AuditHead& head) {
    HeldHeads& held = report_.held;
    ++held.lost;
    held.last_lost = std::max(held.last_lost.value_or(head.at), head.at);
    lost_epoch_ = std::max(lost_epoch_, head.epoch);
  }

  void agree(const AuditHead& head) {
    HeldHeads& held = report_.held;
    ++held.agreeing;
    held.vouched += head.signature.empty() || keys_.trusted.empty() ? 0 : 1;
    held.up_to = std::max(held.up_to, head.number);
    agreeing_epoch_ = std::max(agreeing_epoch_, head.epoch);
    oldest_ = std::min(oldest_.value_or(head.at), head.at);
    if (head.number == look_.last_gone()) head_of_last_ = std::max(head_of_last_.value_or(head.at), head.at);
  }

  Look& look_;
  const HeadKeys& keys_;
  AuditReport& report_;
  std::int64_t lost_epoch_ = -1, agreeing_epoch_ = -1;  // the latest of each; -1: there is none
  std::optional<Timestamp> oldest_, head_of_last_;
};

Status hold_against(Database& database, Look& look, const std::vector<AuditHead>& heads, const HeadKeys& keys,
                    AuditReport& report) {
  Statement find = database.prepare("SELECT hash FROM audit_chain WHERE number = ?");
  if (!find) return unreadable(database);
  Holding holding(look, keys, report);
  for (const AuditHead& head : heads) {
    std::optional<std::string> hash;
    if (find.bind(1, head.number).step() == SQLITE_ROW) hash = std::string(find.bytes(0));
    find.reset();
    holding.hold(head, hash);
  }
  holding.conclude(heads.size());
  return Done{};
}

std::string condition(const AuditFilter& filter) {
  std::string sql = " WHERE 1";
  const std::pair<bool, const char*> parts[] = {{!filter.who.empty(), " AND who = ?1"},
                                                {!filter.what.empty(), " AND what = ?2"},
                                                {!filter.about.empty(), " AND about = ?3"},
                                                {filter.since.has_value(), " AND at >= ?4"},
                                                {filter.before.has_value(), " AND at < ?5"}};
  for (const auto& [is_asked, part] : parts) sql += is_asked ? part : "";
  return sql;
}

}  // namespace

Result<AuditHead> read_audit_head(const std::filesystem::path& store, Timestamp now) {
  Database database = TRY(open_audit(store));
  return head_of_audit(database, now);
}

Result<AuditReport> verify_audit(const std::filesystem::path& store, const std::vector<AuditHead>& heads, Timestamp now,
                                 const HeadKeys& keys) {
  Database database = TRY(open_audit(store));
  if (!database.run("BEGIN")) return unreadable(database);  // one state of it, whatever is written meanwhile
  AuditReport report;
  report.head.store = database.ask_integer("SELECT store FROM position").value_or(0);
  report.head.at = now;
  Look look(database, report);
  TRY(look.over_all());
  report.head.epoch = look.newest_epoch();
  TRY(hold_against(database, look, heads, keys, report));
  return report;
}

Status each_audit_line(const std::filesystem::path& store, const AuditFilter& filter,
                       const std::function<void(const AuditEntry&)>& take) {
  auto opened = open_audit(store);
  if (!opened && opened.error().code == ErrorCode::not_found) return Done{};
  Database database = TRY(std::move(opened));
  Statement rows =
      database.prepare(("SELECT * FROM (SELECT id, at, who, what, about, detail, hash FROM audit LEFT JOIN audit_chain"
                        " ON number = id" +
                        condition(filter) + " ORDER BY id DESC LIMIT ?6) ORDER BY id")
                           .c_str());
  if (!rows) return unreadable(database);
  if (!filter.who.empty()) rows.bind_text(1, filter.who);
  if (!filter.what.empty()) rows.bind_text(2, filter.what);
  if (!filter.about.empty()) rows.bind_text(3, filter.about);
  if (filter.since) rows.bind(4, nanoseconds(*filter.since));
  if (filter.before) rows.bind(5, nanoseconds(*filter.before));
  rows.bind(6, filter.limit > 0 ? filter.limit : std::int64_t{-1});
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) take(entry_in(rows));
  if (outcome != SQLITE_DONE) return unreadable(database);
  return Done{};
}

}  // namespace millrace
