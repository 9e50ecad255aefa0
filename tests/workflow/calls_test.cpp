#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "temporary_folder.hpp"
#include "workflow/case_findings.hpp"

using namespace millrace;

namespace {

/// How often each file of a folder is opened from now on: "a.yaml 1, b.yaml 2".
class Openings {
 public:
  explicit Openings(const std::filesystem::path& folder) : watch_(::inotify_init1(IN_NONBLOCK)) {
    REQUIRE(::inotify_add_watch(watch_, folder.c_str(), IN_OPEN | IN_CLOSE) >= 0);
  }
  ~Openings() { ::close(watch_); }
  Openings(const Openings&) = delete;
  Openings& operator=(const Openings&) = delete;

  std::string counted() {
    std::map<std::string, int> times;
    alignas(inotify_event) std::array<char, 1 << 16> heard;
    for (ssize_t size = 0; (size = ::read(watch_, heard.data(), heard.size())) > 0;) {
      for (const char* at = heard.data(); at < heard.data() + size;) {
        inotify_event event;
        std::memcpy(&event, at, sizeof event);
        if ((event.mask & IN_OPEN) != 0 && event.len > 0) ++times[at + sizeof event];
        at += sizeof event + event.len;
      }
    }
    std::vector<std::string> words;
    for (const auto& [name, count] : times) words.push_back(name + " " + std::to_string(count));
    return join(words, ", ");
  }

 private:
  int watch_;
};

std::string calling(const std::string& workflow) {
  std::string text = "version: 1\nactions:\n";
  for (const char* id : {"a", "b", "c", "d"}) text += std::string("  - id: ") + id + "\n    call: " + workflow + "\n";
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a workflow that many steps call is read once, and so are those that it calls") {
  const test::TemporaryFolder folder;
  folder.write("workflows/second.yaml", calling("third"));
  folder.write("workflows/third.yaml", calling("fourth"));
  folder.write("workflows/fourth.yaml", "version: 1\nactions: [{id: made, set: {size: 1}}]\n");
  Project project;
  project.root = folder.path();
  Openings openings(folder.path() / "workflows");
  const auto opened_by_check = [&](const std::string& text) {
    const LoadedWorkflow loaded = load_workflow(test::source_of(text), test::test_catalog());
    REQUIRE(loaded.workflow);
    CHECK(test::rendered(check_workflow(*loaded.workflow, test::test_catalog(), &project)).empty());
    return openings.counted();
  };
  CHECK(opened_by_check(calling("second")) == "fourth.yaml 1, second.yaml 1, third.yaml 1");
  // Whether they do what the caller permits is another question.
  CHECK(opened_by_check(calling("second") + "permissions: {files: none}\n") ==
        "fourth.yaml 2, second.yaml 2, third.yaml 2");
}

TEST_SUITE_END();
