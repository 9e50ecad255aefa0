#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "plugin/frame_socket.hpp"
#include "plugin/launch.hpp"
#include "plugin/plugin_call.hpp"
#include "plugin/process_watch.hpp"
#include "plugin/said.hpp"

namespace millrace {

/// One process of a plugin that runs apart, and the calls under way in it. What it says is put to the calls just as
/// what a library in this program says. Loop thread only.
class PluginProcess : public std::enable_shared_from_this<PluginProcess> {
 public:
  static Result<std::shared_ptr<PluginProcess>> start(Loop& loop, const Launch& order);
  /// The same with one that was started already.
  static std::shared_ptr<PluginProcess> with(Loop& loop, const Launch& order, const Launched& launched);
  ~PluginProcess();  ///< ends it at once; its calls have to have ended

  /// Returns when its library is open; else with the reason why that will never be.
  Task<Status> ready();
  Status ready_now();  ///< the same without the loop

  /// Takes `call` to its end. REQUIRES: it is ready.
  void begin(const std::shared_ptr<PluginCall>& call, const std::string& capability, const std::string& input);
  void cancel(const PluginCall& call);
  /// The call has ended, or nobody waits for it any more. Whether the process was its end.
  bool forget(const PluginCall& call);

  /// It gets no more calls, and ends with those it has, or a minute later.
  void retire();
  /// It is ended, and its calls with it. `why`: "it is asked for no longer".
  void end_now(std::string_view why);
  /// Whether its library wants times as milliseconds. REQUIRES: it is ready.
  bool times_in_milliseconds() const noexcept { return times_in_milliseconds_; }
  bool takes_calls() const noexcept { return !gone_ && !retiring_; }
  /// How it ended: "crashed (signal 11)". REQUIRES: it has ended.
  const std::string& end() const noexcept { return end_; }
  /// Whether it takes so much memory that another should take its place.
  bool is_large() const { return watch_.is_large(ProcessSize::of(process_)); }

 private:
  PluginProcess(Loop& loop, const Launch& order, const Launched& launched);
  bool hear(const frames::Head& head, std::string_view body);
  bool hear_of_call(const frames::Head& head, frames::Parts& parts);
  bool hear_question(const frames::Head& head, frames::Parts& parts);
  void hear_log(frames::Parts& parts);
  void complain(const std::string& complaint);
  void say(LogLevel level, const std::string& line);
  std::shared_ptr<Reply> reply_to(std::uint64_t call, std::uint64_t question, std::size_t bytes);
  bool asks_much() const noexcept;
  void give_up_loading();
  void send_zone(const std::string& zone);
  void lost(std::string_view rule);
  void look_at_size();

  const std::string name_;
  const pid_t process_;
  ProcessWatch watch_;
  std::optional<FrameSocket> socket_;
  std::map<std::uint64_t, std::shared_ptr<PluginCall>> calls_;  // by the number of their handle
  std::set<std::uint64_t> taken_along_;                         // calls that ended with the process
  std::set<std::string> zones_;                                 // which it knows
  std::size_t questions_ = 0, question_bytes_ = 0;              // not answered yet
  int lines_ = 0;                                               // of the log, since `quiet_`
  Deadline quiet_;
  bool ready_ = false, times_in_milliseconds_ = false, retiring_ = false, gone_ = false;
  std::optional<Error> refusal_;
  std::string end_;
  News opened_;  // or ended
};

}  // namespace millrace
