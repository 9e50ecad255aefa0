#include "http/clients.hpp"

#include <utility>

namespace millrace {

namespace {

/// An IPv4 address, however it is written; the first half of an IPv6 address, which is what one customer has.
std::string place_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_v4().to_string();
  const auto six = address.to_v6();
  if (six.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, six).to_string();
  const auto bytes = six.to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

bool is_loopback(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

}  // namespace

bool Clients::has_room_for(const boost::asio::ip::address& from) {
  const std::string place = place_of(from);
  const auto known = of_address_.find(place);
  const int there = known == of_address_.end() ? 0 : known->second;
  if (limits_.max_connections_of_address > 0 && there >= limits_.max_connections_of_address)
    return give_way([&place](const Client& client) { return client.from == place; });
  const bool loopback = is_loopback(from);
  const int most = limits_.max_connections - (loopback ? 0 : limits_.kept_for_loopback);
  if (std::cmp_less(counted_, most)) return true;
  return give_way([loopback](const Client& client) { return loopback || !client.loopback; });
}

template <class May>
bool Clients::give_way(May may) {
  if (!limits_.idle_gives_way) return false;
  for (Client& client : all_) {
    if (!client.counted || !may(client) || !client.connection.give_way()) continue;
    count_out(client);
    return true;
  }
  return false;
}

bool Clients::make_way() {
  return give_way([](const Client&) { return true; });
}

Clients::Place Clients::add(const boost::asio::ip::address& from, Loop& loop, boost::asio::ip::tcp::socket socket,
                            const HttpRules& rules) {
  const Place client = all_.emplace(all_.end(), loop, std::move(socket), rules, place_of(from));
  client->loopback = is_loopback(from);
  ++counted_;
  ++of_address_[client->from];
  return client;
}

void Clients::remove(Place client) {
  if (client->counted) count_out(*client);
  all_.erase(client);
}

void Clients::count_out(Client& client) {
  client.counted = false;
  --counted_;
  const auto of = of_address_.find(client.from);
  if (--of->second == 0) of_address_.erase(of);
}

}  // namespace millrace
