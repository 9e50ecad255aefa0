#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/http_connection.hpp"

namespace millrace {

/// The connections of a server, in the order in which they had their last answer, or came: so the first of those that
/// are not being answered is the one that has waited longest, and gives way where there are too many. Loop thread only.
class Clients {
 public:
  struct Client {
    Client(Loop& loop, boost::asio::ip::tcp::socket socket, const HttpRules& rules, std::string place)
        : connection(loop, std::move(socket), rules, place), from(std::move(place)) {}

    HttpConnection connection;
    std::string from;  ///< what counts as one address
    bool loopback = false;
    bool counted = true;  ///< it has not given way
  };
  using Place = std::list<Client>::iterator;

  explicit Clients(const HttpServerLimits& limits) : limits_(limits) {}

  /// Whether another connection from there can be taken, now that others have given way where they had to.
  bool has_room_for(const boost::asio::ip::address& from);
  /// The one that has waited longest gives way, wherever it comes from. False where all are being answered.
  bool make_way();

  Place add(const boost::asio::ip::address& from, Loop& loop, boost::asio::ip::tcp::socket socket,
            const HttpRules& rules);
  void remove(Place client);
  /// It waits for its next request from now on.
  void was_answered(Place client) { all_.splice(all_.end(), all_, client); }

  std::size_t size() const noexcept { return all_.size(); }
  bool empty() const noexcept { return all_.empty(); }
  template <class Visit>
  void each(Visit visit) {
    for (Client& client : all_) visit(client.connection);
  }

 private:
  template <class May>
  bool give_way(May may);
  void count_out(Client& client);

  const HttpServerLimits limits_;
  std::list<Client> all_;
  std::size_t counted_ = 0;
  std::unordered_map<std::string, int> of_address_;
};

}  // namespace millrace
