#pragma once

#include <doctest/doctest.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "http/http_client.hpp"
#include "value/json.hpp"
#include "value/value.hpp"

namespace millrace::test {

inline const std::string location_tags = "/locations/loc_main/tags";

inline Value parsed_json(const std::string& json) {
  const Result<Value> value = parse_json(json);
  REQUIRE_MESSAGE(value, json);
  return *value;
}

struct Reply {
  int status = 0;  ///< 0 where no whole answer came; then `problem` says why
  HttpHeaders headers;
  Value body;  ///< text where it was not JSON
  std::string problem;

  /// The member at a path such as "results.tags.0._id"; null where there is none.
  Value at(std::string_view path) const;
};

/// The real program, on a port of its own, ended with the test.
class RunningSandbox {
 public:
  explicit RunningSandbox(std::vector<std::string> options = {});
  ~RunningSandbox();
  RunningSandbox(const RunningSandbox&) = delete;
  RunningSandbox& operator=(const RunningSandbox&) = delete;

  /// Sends a request with the token for everything and the right version; a body that is text is sent as it is.
  Reply ask(const std::string& method, const std::string& path, const Value& body = {});
  /// Sends exactly these headers.
  Reply ask_with(const HttpHeaders& headers, const std::string& method, const std::string& path,
                 const std::string& body = "");
  /// Sends SIGTERM and gives the exit code; -1 where a signal ended it.
  int end();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  Loop& loop() { return loop_; }

 private:
  Loop loop_;
  std::unique_ptr<HttpClient> client_;
  pid_t process_ = 0;
  int output_ = -1;
  int port_ = 0;
};

HttpHeaders usual_headers(const std::string& token = "sandbox-token");

/// Runs the program to its end; gives its exit code.
int run_sandbox(const std::vector<std::string>& options);

}  // namespace millrace::test
