#include "base/mail_address.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_local = 64, longest_address = 254, longest_mail_name = 200;

bool is_plain_letter(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// What stands before the "@" (RFC 5322, dot-atom).
bool good_local(std::string_view local) {
  if (local.empty() || local.size() > longest_local || local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char c) {
    return is_plain_letter(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  });
}

bool good_domain(std::string_view domain) {
  if (domain.starts_with('[') && domain.ends_with(']') && domain.size() > 2) {
    const std::string_view inside = domain.substr(1, domain.size() - 2);
    return std::all_of(inside.begin(), inside.end(), [](char c) { return is_plain_letter(c) || c == '.' || c == ':'; });
  }
  const std::vector<std::string> labels = split(domain, '.');
  return std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_plain_letter(c) || c == '-'; });
  });
}

std::string without_quotes(std::string_view name) {
  name = trim(name);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return std::string(trim(name));
}

}  // namespace

Result<MailAddress> parse_mail_address(std::string_view text) {
  const auto refused = [&text](const std::string& why) {
    return Error{ErrorCode::invalid,
                 "\"" + printable(shortened(std::string(text), 100)) + "\" is no mail address: " + why};
  };
  if (!valid_utf8(text) || printable(std::string(text)) != text)
    return refused("it holds a line end, or another character that nobody sees");
  text = trim(text);
  MailAddress found;
  const std::size_t open = text.rfind('<');
  if (open != std::string_view::npos) {
    if (!text.ends_with('>')) return refused("what stands behind \"<\" does not end with \">\"");
    found.name = without_quotes(text.substr(0, open));
    text = text.substr(open + 1, text.size() - open - 2);
  }
  if (found.name.size() > longest_mail_name) return refused("its name is longer than 200 bytes");
  if (found.name.find_first_of("<>") != std::string::npos) return refused("it holds two addresses");
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return refused("it needs an \"@\"");
  if (text.find(',') != std::string_view::npos || text.find(';') != std::string_view::npos)
    return refused("several are a list, [a@example.com, b@example.com]");
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return refused("letters beyond ASCII are not spoken by every server: write the domain as xn--...");
  if (text.size() > longest_address || !good_local(text.substr(0, at)) || !good_domain(text.substr(at + 1)))
    return refused("it is not of the form ops@example.com");
  found.address = text;
  return found;
}

}  // namespace millrace
