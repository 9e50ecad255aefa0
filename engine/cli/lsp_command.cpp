#include "cli/lsp_command.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "async/workers.hpp"
#include "base/descriptor.hpp"
#include "lsp/server.hpp"
#include "secret/secrets.hpp"
#include "secret/vault.hpp"
#include "trigger/verification.hpp"
#include "workflow/list.hpp"
#include "yaml/files.hpp"

namespace millrace {

namespace {

/// The text of a file; nothing where it cannot be had.
std::shared_ptr<const SourceText> text_in(const WorkflowFile& file) {
  auto read = read_source(file.path, file.shown_as);
  auto* source = std::get_if<std::shared_ptr<const SourceText>>(&read);
  return source != nullptr ? std::move(*source) : nullptr;
}

/// Those that the vault has; what they stand for is not looked at.
void add_kept_secrets(const std::filesystem::path& root, std::set<std::string>& names) {
  Vault vault(root);
  const auto state = vault.state();
  if (!state || !state->there) return;
  if (const auto entries = vault.list()) {
    for (const VaultEntry& entry : *entries) names.insert(entry.name);
  }
}

std::shared_ptr<const lsp::ProjectView> look_at_project(const std::filesystem::path& root) {
  const Session session = {root};
  auto view = std::make_shared<lsp::ProjectView>();
  view->root = root;
  view->catalog = std::make_shared<const Catalog>(look_at_catalog(session));
  LoadedProject loaded = load_project(root);
  if (loaded.project && loaded.project->has_file) view->project = std::move(*loaded.project);
  view->workflows = list_workflow_files(root);
  std::set<std::string> names;
  if (const auto text = text_in({root / "millrace.yaml", "millrace.yaml"})) lsp::add_named_secrets(text->text, names);
  for (const WorkflowFile& file : view->workflows) {
    const auto text = text_in(file);
    if (text == nullptr) continue;
    lsp::add_named_secrets(text->text, names);
    LoadedWorkflow other = load_workflow(text, *view->catalog);
    if (other.workflow) view->others.push_back(std::make_shared<const Workflow>(std::move(*other.workflow)));
  }
  add_kept_secrets(root, names);
  view->secrets = {names.begin(), names.end()};
  const std::shared_ptr<Secrets> secrets = open_secrets(root);
  view->missing_secrets = [secrets](const Workflow& workflow) { return missing_secrets(workflow, *secrets); };
  return view;
}

/// False where nobody takes it any more.
bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Does one check after the other beside whoever waits for answers.
class Checks {
 public:
  Checks() : ended_(::eventfd(0, EFD_CLOEXEC)), worker_(1) {}

  bool busy() const noexcept { return job_ != nullptr; }
  /// Becomes readable when the check has ended.
  int descriptor() const noexcept { return ended_.number(); }

  void begin(lsp::Check check) {
    job_ = std::make_shared<lsp::Check>(std::move(check));
    worker_.add([job = job_, ended = ended_.number()] {
      job->run();
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t told = ::write(ended, &one, sizeof one);
    });
  }
  lsp::Check take() {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t heard = ::read(ended_.number(), &times, sizeof times);
    return std::move(*std::exchange(job_, nullptr));
  }

 private:
  Descriptor ended_;
  std::shared_ptr<lsp::Check> job_;
  Workers worker_;
};

}  // namespace

int lsp_command(const Session& session) {
  bool heard = true;
  lsp::Server server(look_at_project, std::filesystem::absolute(session.folder).lexically_normal(),
                     [&heard](const std::string& message) { heard = heard && write_all(lsp::framed(message)); });
  Checks checks;
  std::array<char, 64u << 10> buffer{};
  while (heard && !server.finished()) {
    if (!checks.busy() && !server.has_messages()) {
      if (auto check = server.next_check()) checks.begin(std::move(*check));
    }
    std::array<pollfd, 2> waited = {{{STDIN_FILENO, POLLIN, 0}, {checks.descriptor(), POLLIN, 0}}};
    if (::poll(waited.data(), waited.size(), server.has_messages() ? 0 : -1) < 0 && errno != EINTR) break;
    if (waited[1].revents != 0) server.take(checks.take());
    if (waited[0].revents != 0) {
      const ssize_t read = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (read == 0 || (read < 0 && errno != EINTR)) break;
      if (read > 0) server.hear({buffer.data(), static_cast<std::size_t>(read)});
    } else {
      server.step();
    }
  }
  // Whoever has said all at once and left is answered all the same.
  while (heard && !server.finished() && server.step()) {
  }
  return server.exit_code();
}

}  // namespace millrace
