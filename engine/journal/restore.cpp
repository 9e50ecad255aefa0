#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/private_files.hpp"
#include "journal/audit_chain.hpp"
#include "journal/layout.hpp"
#include "journal/store.hpp"
#include "journal/store_files.hpp"
#include "journal/store_writer.hpp"
#include "journal/upkeep.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Error failed(const Database& database, const std::filesystem::path& file) {
  return {ErrorCode::unavailable, "cannot write " + file.string() + ": " + database.error().message};
}

/// Nothing of what was unfinished goes on by itself: it may have gone on after the backup was made.
Status mark_as_restored(const std::filesystem::path& file, Timestamp now, const AuditLine& line) {
  Database database = TRY(Database::open(file.string(), SQLITE_OPEN_READWRITE, ""));
  TRY(prepare_for_writing(database, file.string()));
  const std::string since = encode_json(Value::object({{"since", render(now)}}));
  if (!database.run("BEGIN IMMEDIATE")) return failed(database, file);
  Statement mark = database.prepare(
      "INSERT OR REPLACE INTO states(owner, key, value, sum)"
      " VALUES('engine', 'restored', ?1, record_sum('engine', 'restored', ?1))");
  const std::string note = "'may already have happened: it was unfinished when the backup was made'";
  std::string with_note = summed_runs.columns;
  with_note.replace(with_note.find("note"), 4, note);
  // The sum of a damaged row would hide the damage.
  const std::string tell = "UPDATE runs SET note = " + note + ", sum = record_sum(" + with_note +
                           ") WHERE outcome IN (0, 4) AND " + sound(summed_runs);
  // The ids that came after the backup was made are not in it.
  const char* forget = "DELETE FROM states WHERE owner = 'engine' AND key = 'ids_since'";
  const bool marked = mark && mark.bind_text(1, since).run() && database.run(tell.c_str()) && database.run(forget) &&
                      add_audit_line(database, line) && database.run("COMMIT");
  return marked ? Status(Done{}) : failed(database, file);
}

Error exists_already(const std::filesystem::path& present) {
  return {ErrorCode::conflict, present.string() + " exists; move it away first, so that nothing is overwritten"};
}

Status check_backup(Database& backup, const std::filesystem::path& file) {
  TRY(prepare_for_reading(backup, file.string()));
  if (backup.ask_integer("PRAGMA user_version").value_or(0) == 0)
    return Error{ErrorCode::invalid, file.string() + " holds nothing of Millrace"};
  Statement check = backup.prepare("PRAGMA quick_check(1)");
  if (!check || check.step() != SQLITE_ROW || check.text(0) != "ok")
    return Error{ErrorCode::invalid, file.string() + " is damaged, so it is not restored"};
  return Done{};
}

}  // namespace

Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& file, Timestamp now) {
  std::error_code problem;
  if (!std::filesystem::exists(backup, problem))
    return Error{ErrorCode::not_found, "there is no file " + backup.string()};
  for (const char* part : {"", "-wal", "-shm"}) {
    const std::filesystem::path present = file.string() + part;
    if (std::filesystem::exists(present, problem)) return exists_already(present);
  }
  Database source = TRY(Database::open(backup.string(), SQLITE_OPEN_READWRITE, ""));
  TRY(check_backup(source, backup));
  const auto folder = file.parent_path();
  TRY(make_private_folder(folder.string()));
  // Complete before it has its name: what is interrupted leaves no store that looks whole.
  const std::filesystem::path unfinished = file.string() + "-restoring";
  std::filesystem::remove(unfinished, problem);
  TRY(copy_database(source, unfinished));
  TRY(mark_as_restored(
      unfinished, now,
      {now, "os:" + name_of_user(::geteuid()), "restore", "store", "from " + backup.filename().string()}));
  std::filesystem::remove(mark_file(file), problem);  // of the store that was there before
  // A link takes no name that somebody has given a store meanwhile.
  const bool placed = ::link(unfinished.c_str(), file.c_str()) == 0;
  const int reason = errno;
  std::filesystem::remove(unfinished, problem);
  if (placed) return Done{};
  if (reason == EEXIST) return exists_already(file);
  return Error{ErrorCode::unavailable, "cannot make " + file.string() + ": " + std::strerror(reason)};
}

}  // namespace millrace
