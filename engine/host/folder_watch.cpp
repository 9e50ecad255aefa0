#include "host/folder_watch.hpp"

#include <sys/stat.h>

#include <utility>

#include "workflow/fetched_revocations.hpp"
#include "workflow/list.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

FolderWatch::FolderWatch(std::filesystem::path folder)
    : folder_(std::move(folder)), workflows_(workflows()), project_(project()) {}

bool FolderWatch::changed() {
  Stamps now = workflows();
  if (now == workflows_) return false;
  workflows_ = std::move(now);
  return true;
}

bool FolderWatch::project_changed() {
  Stamps now = project();
  if (now == project_) return false;
  project_ = std::move(now);
  return true;
}

void FolderWatch::look(const std::filesystem::path& file, Stamps& stamps) {
  struct stat about = {};
  if (::stat(file.c_str(), &about) != 0) return;
  stamps[file.string()] = {about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

FolderWatch::Stamps FolderWatch::workflows() const {
  Stamps stamps;
  for (const WorkflowFile& file : list_workflow_files(folder_)) look(file.path, stamps);
  for (const WorkflowFile& file : list_second_files(folder_)) look(file.path, stamps);
  return stamps;
}

FolderWatch::Stamps FolderWatch::project() const {
  Stamps stamps;
  for (const std::string_view file :
       {std::string_view("millrace.yaml"), plugin_lock_file, revoked_file, fetched_revocations_file})
    look(folder_ / file, stamps);
  return stamps;
}

}  // namespace millrace
