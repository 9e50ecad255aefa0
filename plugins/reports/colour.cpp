#include "colour.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace::reports {

namespace {

std::optional<int> digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return std::nullopt;
}

double linear(double part) { return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4); }

double luminance(Colour colour) {
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  if ((text.size() != 4 && text.size() != 7) || text.front() != '#') return std::nullopt;
  const std::size_t each = text.size() == 4 ? 1 : 2;
  std::array<double, 3> parts{};
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const auto high = digit(text[1 + part * each]), low = digit(text[part * each + each]);
    if (!high || !low) return std::nullopt;
    parts[part] = (*high * 16 + *low) / 255.0;
  }
  return Colour{parts[0], parts[1], parts[2]};
}

double contrast(Colour one, Colour other) {
  const double a = luminance(one) + 0.05, b = luminance(other) + 0.05;
  return std::max(a, b) / std::min(a, b);
}

Colour ink_on(Colour paper) { return contrast(white, paper) >= contrast(ink, paper) ? white : ink; }

Colour dark_enough(Colour colour, double wanted) {
  constexpr double step = 0.95;
  while (contrast(colour, white) < wanted) colour = {colour.red * step, colour.green * step, colour.blue * step};
  return colour;
}

Colour tint(Colour colour, double share) {
  const auto mixed = [share](double part) { return part * share + 1 - share; };
  return {mixed(colour.red), mixed(colour.green), mixed(colour.blue)};
}

Colour series_colour(Colour brand, std::size_t number) {
  constexpr std::array<Colour, 6> others = {Colour{0.28, 0.33, 0.41}, Colour{0.71, 0.33, 0.04},
                                            Colour{0.06, 0.46, 0.43}, Colour{0.43, 0.16, 0.85},
                                            Colour{0.75, 0.07, 0.24}, Colour{0.35, 0.4, 0.05}};
  constexpr double of_shapes_and_their_labels = 4.5;
  return number == 0 ? dark_enough(brand, of_shapes_and_their_labels) : others[(number - 1) % others.size()];
}

}  // namespace millrace::reports
