#pragma once

#include <optional>
#include <string_view>

namespace millrace::reports {

/// Red, green and blue from 0 to 1, as screens have them (sRGB).
struct Colour {
  double red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

inline constexpr Colour white{1, 1, 1};
inline constexpr Colour ink{0.11, 0.13, 0.16};        ///< of text
inline constexpr Colour quiet_ink{0.36, 0.40, 0.45};  ///< of what stands beside it: captions, heads, feet
inline constexpr Colour hair{0.85, 0.87, 0.89};       ///< of lines that only guide the eye

/// Reads "#0a5" and "#00aa55".
std::optional<Colour> parse_colour(std::string_view text);

/// How well one colour is read on the other, 1 to 21, as WCAG 2 counts it: text wants 4.5, large text and shapes 3.
double contrast(Colour one, Colour other);

/// White or ink, whichever is read better on `paper`: 4.5 at the least, whatever `paper` is.
Colour ink_on(Colour paper);

/// The colour itself, darkened as far as it takes to be read on white with that contrast.
Colour dark_enough(Colour colour, double wanted);

/// `share` of the colour, the rest white.
Colour tint(Colour colour, double share);

/// The colour of a chart's series: the brand's own for the first one, then some that go with any. All are read on
/// white.
Colour series_colour(Colour brand, std::size_t number);

}  // namespace millrace::reports
