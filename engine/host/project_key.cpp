#include "host/project_key.hpp"

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"

namespace millrace {

namespace {

constexpr unsigned key_mode = 0600;
constexpr std::size_t shortest_key = 32;

std::filesystem::path key_file(const std::filesystem::path& folder, const char* name) {
  return folder / "state" / name;
}

}  // namespace

Result<std::string> read_project_key(const std::filesystem::path& folder, const char* name) {
  const std::string file = key_file(folder, name).string();
  const auto text = TRY(read_private_file(file, Others::may_not_read));
  if (!text) return Error{ErrorCode::not_found, "there is no " + file};
  return std::string(trim(*text));
}

Result<std::string> open_project_key(const std::filesystem::path& folder, const char* name) {
  const std::filesystem::path file = key_file(folder, name);
  TRY(keep_folder_private(file.parent_path().string()));
  const auto there = read_project_key(folder, name);
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  if (there && there->size() >= shortest_key) return there;
  const std::string key = hex(TRY(random_bytes(32))) + "\n";
  if (there) {  // too short for a key
    TRY(replace_file(file.string(), key, key_mode));
  } else {
    TRY(put_new_file(file.string(), key, key_mode));
  }
  return read_project_key(folder, name);  // of whoever came first
}

Result<std::string> audit_seed(const std::filesystem::path& folder) {
  return sha256("millrace audit heads\n" + TRY(open_project_key(folder, audit_key)));
}

}  // namespace millrace
