#include "journal/audit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/signature.hpp"
#include "journal/audit_chain.hpp"
#include "journal/layout.hpp"
#include "journal/run_rows.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::string_view head_word = "millrace-audit-head";
constexpr std::size_t most_faults = 1000;
/// Layouts of before had no chain.
constexpr int layout_that_chains = 4;

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

/// Follows the chain from its base.
class Look {
 public:
  Look(Database& database, AuditReport& report) : database_(database), report_(report) {}

  Status over_all() {
    TRY(find_base());
    Statement rows = database_.prepare(
        "SELECT id, at, who, what, about, detail, hash FROM audit LEFT JOIN audit_chain ON number = id ORDER BY id");
    if (!rows) return unreadable(database_);
    int outcome = SQLITE_ROW;
    while ((outcome = rows.step()) == SQLITE_ROW) look_at(entry_in(rows));
    if (outcome != SQLITE_DONE) return unreadable(database_);
    const auto last = database_.ask_integer("SELECT max(number) FROM audit_chain").value_or(0);
    if (last > next_ - 1) add(lines_between(next_, last));
    check_base();
    return Done{};
  }

  /// The epoch that the line belongs to; nothing where it is not there any more.
  std::optional<std::int64_t> epoch_of(std::int64_t number) const {
    if (number <= base_) return std::nullopt;
    const auto after = std::upper_bound(epochs_.begin(), epochs_.end(), number,
                                        [](std::int64_t at, const auto& epoch) { return at < epoch.first; });
    return std::prev(after)->second;
  }
  bool knows_epoch(std::int64_t epoch) const {
    return std::any_of(epochs_.begin(), epochs_.end(), [epoch](const auto& each) { return each.second == epoch; });
  }
  std::int64_t newest_epoch() const { return epochs_.back().second; }
  bool is_pruned(std::int64_t number) const { return number <= base_; }

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

  void look_at(const AuditEntry& entry) {
    const std::string number = std::to_string(entry.number);
    if (entry.number > next_) add(lines_between(next_, entry.number - 1));
    const AuditLine& line = entry.line;
    const std::string hash =
        audit_hash(before_, entry.number, nanoseconds(line.at), line.who, line.what, line.about, line.detail);
    if (entry.hash.empty()) {
      add("line " + number + " was put in: it has no hash");
    } else if (entry.number == next_ && entry.hash != hash) {
      add("line " + number + " is not what was written, or not in its place");
    }
    if (line.what == "restore" && line.about == "store") epochs_.emplace_back(entry.number, line.at.seconds);
    if (line.what == "prune" && line.about == "audit") pruned_ = line.detail;
    if (report_.lines++ == 0) report_.first = entry.number;
    // What was found to be changed is found once: the lines behind it are held to what was written.
    before_ = entry.hash.empty() ? hash : entry.hash;
    next_ = std::max(next_, entry.number + 1);
    report_.head.number = entry.number;
    report_.head.hash = entry.hash;
  }

  /// What is gone is told by the newest line about that, or nothing is gone.
  void check_base() {
    const std::string first = audit_hash("", 0, report_.head.store, "", "", "", "");
    epochs_.front().second = base_ == 0 ? 0 : epoch_in_words(pruned_);
    const std::string said = pruned_words(base_, base_hash_, epochs_.front().second);
    if (base_ == 0 ? base_hash_ != first : pruned_ != said)
      add("the lines up to " + std::to_string(base_) + " are gone, and no line says that they were pruned");
  }

  Database& database_;
  AuditReport& report_;
  std::int64_t base_ = 0, next_ = 1;
  std::string before_, base_hash_, pruned_;
  std::vector<std::pair<std::int64_t, std::int64_t>> epochs_ = {{0, 0}};  // where each begins, and its name
};

/// Why the head is not believed; empty where it is.
std::string doubt(const AuditHead& head, const HeadKeys& keys) {
  const bool known = std::find(keys.trusted.begin(), keys.trusted.end(), head.key) != keys.trusted.end();
  if (head.signature.empty()) return keys.all_signed ? "is signed by nobody" : "";
  return known || keys.trusted.empty() ? "" : "is signed by another key, " + encode_base64(head.key);
}

Status hold_against(Database& database, Look& look, const std::vector<AuditHead>& heads, const HeadKeys& keys,
                    AuditReport& report) {
  Statement find = database.prepare("SELECT hash FROM audit_chain WHERE number = ?");
  if (!find) return unreadable(database);
  for (const AuditHead& head : heads) {
    const std::string number = std::to_string(head.number), when = render(head.at), why = doubt(head, keys);
    if (!why.empty()) {
      look.add("the head of " + when + " " + why);
      continue;
    }
    if (head.store != report.head.store) {
      look.add("the head of " + when + " is of another store");
      continue;
    }
    const bool earlier = head.epoch < look.newest_epoch() && look.epoch_of(head.number) != head.epoch;
    if (earlier && !look.is_pruned(head.number)) {
      ++report.held.lost;
      report.held.last_lost = std::max(report.held.last_lost.value_or(head.at), head.at);
      continue;
    }
    if (!look.knows_epoch(head.epoch) && !look.is_pruned(head.number)) {
      look.add("the head of " + when +
               " is of a time that this store has not come to: an earlier state was put in its place");
      continue;
    }
    if (head.number < 0 || head.number > report.head.number) {
      look.add("the lines " + std::to_string(report.head.number + 1) + " to " + number + " were there at " + when +
               ", and are cut off");
      continue;
    }
    const bool found = find.bind(1, head.number).step() == SQLITE_ROW;
    const bool same = found && find.bytes(0) == head.hash;
    find.reset();
    if (!found) continue;  // pruned, or missing, which was told
    if (!same) look.add("up to line " + number + " something is not what it was at " + when);
    if (!same) continue;
    ++report.held.agreeing;
    report.held.vouched += head.signature.empty() || keys.trusted.empty() ? 0 : 1;
    report.held.up_to = std::max(report.held.up_to, head.number);
  }
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

template <class Number>
bool read_number(const std::string& word, Number& number, int base = 10) {
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  return failed == std::errc() && end == word.data() + word.size();
}

}  // namespace

namespace {

std::string encode_unsigned(const AuditHead& head) {
  std::array<char, 8> store = {};
  for (std::size_t at = 0; at < store.size(); ++at)
    store.at(at) = static_cast<char>(static_cast<std::uint64_t>(head.store) >> (56 - 8 * at) & 0xff);
  return std::string(head_word) + " " + hex({store.data(), store.size()}) + " " + std::to_string(head.epoch) + " " +
         std::to_string(head.number) + " " + hex(head.hash) + " " + render(head.at);
}

Status read_signature(const std::vector<std::string>& words, AuditHead& head) {
  const auto key = decode_base64(words[6]), signature = decode_base64(words[7]);
  const std::string said = join(std::vector<std::string>(words.begin(), words.begin() + 6), " ");
  if (!key || !signature || !ed25519_signed(*key, said, *signature))
    return Error{ErrorCode::invalid, "this head of an audit is not what its signer wrote: " + shortened(said, 60)};
  head.key = *key;
  head.signature = *signature;
  return Done{};
}

}  // namespace

std::string encode(const AuditHead& head) {
  const std::string text = encode_unsigned(head);
  if (head.signature.empty()) return text;
  return text + " " + encode_base64(head.key) + " " + encode_base64(head.signature);
}

void sign(AuditHead& head, std::string_view seed) {
  head.key = ed25519_public_key(seed);
  head.signature = ed25519_sign(seed, encode_unsigned(head));
}

Result<AuditHead> parse_audit_head(std::string_view line) {
  const Error none = {ErrorCode::invalid, "this is no head of an audit: " + shortened(line, 60)};
  const std::vector<std::string> words = split(trim(line), ' ');
  if ((words.size() != 6 && words.size() != 8) || words[0] != head_word) return none;
  AuditHead head;
  std::uint64_t store = 0;
  if (words[1].size() != 16 || !read_number(words[1], store, 16) || !read_number(words[2], head.epoch) ||
      !read_number(words[3], head.number) || words[4].size() != 64)
    return none;
  head.store = static_cast<std::int64_t>(store);
  for (std::size_t at = 0; at < words[4].size(); at += 2) {
    unsigned byte = 0;
    if (!read_number(words[4].substr(at, 2), byte, 16)) return none;
    head.hash += static_cast<char>(byte);
  }
  const auto at = parse_timestamp(words[5]);
  if (!at) return none;
  head.at = *at;
  if (words.size() == 8) TRY(read_signature(words, head));
  return head;
}

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
