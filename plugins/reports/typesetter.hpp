#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canvas.hpp"
#include "drawing_library.hpp"

namespace millrace::reports {

/// Sets text for one drawing: with Pango, and, where there are a hundred thousand plain cells, glyph by glyph.
class Typesetter {
 public:
  Typesetter(cairo_t* onto, std::string_view language);
  ~Typesetter();
  Typesetter(const Typesetter&) = delete;
  Typesetter& operator=(const Typesetter&) = delete;

  Size measure(std::string_view text, const Pen& pen, const Fit& fit);
  Size write(std::string_view text, const Pen& pen, Point place, const Fit& fit);
  std::size_t bytes_in(std::string_view text, const Pen& pen, double width, int lines);
  std::optional<double> plain_width(std::string_view text, const Pen& pen);
  void gather(std::string_view text, const Pen& pen, Point place);
  void write_gathered();

  const Losses& losses() const { return losses_; }

 private:
  /// A font whose plain letters are known by number.
  struct PlainFont {
    struct Letter {
      unsigned long glyph = 0;  ///< 0: there is none
      double advance = 0;
      bool looked_up = false;
    };
    static constexpr unsigned plain_letters = 0x250;  ///< Latin with its usual marks

    PangoFont* owner = nullptr;
    cairo_scaled_font_t* font = nullptr;  ///< belongs to it
    double ascent = 0;
    std::array<Letter, plain_letters> letters;
  };
  struct Gathered {
    const PlainFont* font = nullptr;
    Colour colour;
    std::string text;
    std::vector<cairo_glyph_t> glyphs;
    std::vector<cairo_text_cluster_t> clusters;
  };

  /// Puts text into the layout. Gives its size.
  Size lay_out(std::string_view text, const Pen& pen, const Fit& fit);
  void note_losses(std::string_view text, bool again);
  PlainFont& plain_font(const Pen& pen);
  const PlainFont::Letter& look_up(PlainFont& font, std::string_view letter);
  PangoFontDescription* description(const Pen& pen);

  const DrawingLibrary& library_;
  cairo_t* onto_;
  PangoFontMap* map_;
  PangoContext* context_;
  PangoLayout* layout_;
  std::map<std::pair<double, bool>, PangoFontDescription*> descriptions_;
  std::map<std::pair<double, bool>, std::unique_ptr<PlainFont>> plain_fonts_;
  Gathered gathered_;
  Losses losses_;
};

/// Text that can stand in one paragraph of a page: no line breaks, no control characters.
std::string paragraph_of(std::string_view text);

/// The same, with no more than is ever shown at once.
std::string one_paragraph(std::string_view text);

}  // namespace millrace::reports
