#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/documents.hpp"
#include "lsp/framing.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"
#include "value/value.hpp"

namespace millrace::lsp {

/// Looks at the project in a folder, as it is on the disk now.
using OpenProject = std::function<std::shared_ptr<const ProjectView>(const std::filesystem::path& root)>;

/// A text that is to be checked.
struct Check {
  std::string uri;
  std::shared_ptr<const SourceText> source;
  std::shared_ptr<const ProjectView> view;
  std::vector<Finding> findings = {};

  /// From any thread, one check at a time.
  void run();
};

/// A language server between two streams of bytes: what the client says is heard, and taken step by step. It holds the
/// texts that are open and nothing else; every answer is a function of a text, a place in it and the project.
///
/// A check takes longer than an answer, so whoever has the server does it where no answer waits for it. Nothing is done
/// that a newer message makes vain: a request that was called off before its turn is not answered otherwise, and what
/// was found in a text that is another by now is not told. One thread.
class Server {
 public:
  /// `send` gets each message for the client, without its frame. `folder` is the project where a client names none.
  Server(OpenProject open, std::filesystem::path folder, std::function<void(const std::string& message)> send);

  /// Takes bytes of the client. Malformed messages are answered as JSON-RPC says, once each.
  void hear(std::string_view bytes);
  /// Takes the next message; false where there is none.
  bool step();
  bool has_messages() const noexcept { return !queue_.empty(); }
  /// The newest text of a file that was not checked yet, the longest waiting file first.
  std::optional<Check> next_check();
  /// Tells what was found.
  void take(Check done);

  /// The client has said `exit`, or what it says cannot be followed any more.
  bool finished() const noexcept { return finished_; }
  /// As the protocol has it: 0 where `shutdown` came before `exit`.
  int exit_code() const noexcept { return shut_down_ ? 0 : 1; }

 private:
  struct Outcome {
    std::optional<Value> result = {};
    int error = 0;
    std::string message = {};
  };
  void take(const Value& message);
  void call_off(const Value& id);
  Outcome answer(const std::string& method, const Value& params);
  Value initialize(const Value& params);
  void notice(const std::string& method, const Value& params);
  void reply(const Value& id, const Outcome& outcome);
  void notify(std::string_view method, Value params);

  std::function<void(const std::string&)> send_;
  FrameReader frames_;
  std::deque<Value> queue_;
  Documents documents_;
  bool initialized_ = false;
  bool shut_down_ = false;
  bool finished_ = false;
  bool watches_ = false;  ///< the client can be asked to watch files
};

}  // namespace millrace::lsp
