#include "running_sandbox.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.hpp"
#include "base/text.hpp"
#include "value/json.hpp"

namespace millrace::test {
namespace {

/// Starts the program; `output` is the end of a pipe that gets what it prints, which nobody wants where it is null. It
/// dies with the test.
pid_t start(const std::vector<std::string>& options, int* output) {
  std::vector<std::string> words = {SANDBOX_PROGRAM};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int ends[2] = {-1, -1};
  if (output) {
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    *output = ends[0];
  } else {
    ends[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
    REQUIRE(ends[1] >= 0);
  }
  const pid_t process = fork();
  REQUIRE(process >= 0);
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    if (!output) dup2(ends[1], STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  return process;
}

int exit_code_of(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string read_line(int file) {
  std::string line;
  char letter = 0;
  while (read(file, &letter, 1) == 1 && letter != '\n') line += letter;
  return line;
}

}  // namespace

Value Reply::at(std::string_view path) const {
  const Value* here = &body;
  for (const std::string& part : split(path, '.')) {
    if (here->is_list()) {
      const std::size_t index = std::stoul(part);
      here = index < here->list().size() ? &here->list()[index] : nullptr;
    } else {
      here = here->find(part);
    }
    if (!here) return {};
  }
  return *here;
}

RunningSandbox::RunningSandbox(std::vector<std::string> options) : client_(open_http_client(loop_)) {
  options.insert(options.begin(), {"--listen", "127.0.0.1:0"});
  process_ = start(options, &output_);
  const std::string line = read_line(output_);
  const std::string greeting = "sandbox listening on http://127.0.0.1:";
  REQUIRE_MESSAGE(line.starts_with(greeting), line);
  port_ = std::stoi(line.substr(greeting.size()));
}

RunningSandbox::~RunningSandbox() {
  if (process_ != 0) end();
}

int RunningSandbox::end() {
  kill(process_, SIGTERM);
  const int code = exit_code_of(process_);
  close(output_);
  process_ = 0;
  return code;
}

Reply RunningSandbox::ask(const std::string& method, const std::string& path, const Value& body) {
  HttpHeaders headers = usual_headers();
  if (body.is_null()) return ask_with(headers, method, path);
  headers.add("Content-Type", "application/json");
  return ask_with(headers, method, path, body.is_text() ? body.text() : encode_json(body));
}

Reply RunningSandbox::ask_with(const HttpHeaders& headers, const std::string& method, const std::string& path,
                               const std::string& body) {
  OutgoingRequest request;
  request.method = method;
  request.url = url() + path;
  request.headers = headers;
  request.body = body;
  request.deadline = Deadline::in(std::chrono::seconds(20));
  request.private_addresses = true;
  const Result<IncomingResponse> response = test::ask(loop_, client_->send(std::move(request)));
  Reply reply;
  if (!response) {
    reply.problem = response.error().message;
    return reply;
  }
  reply.status = response->status;
  reply.headers = response->headers;
  const Result<Value> json = parse_json(response->body);
  reply.body = json ? *json : Value(response->body);
  return reply;
}

HttpHeaders usual_headers(const std::string& token) {
  HttpHeaders headers;
  headers.add("Authorization", "Bearer " + token);
  headers.add("Version", "2021-07-28");
  return headers;
}

int run_sandbox(const std::vector<std::string>& options) { return exit_code_of(start(options, nullptr)); }

}  // namespace millrace::test
