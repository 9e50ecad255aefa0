#include "typesetter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "../support/job.hpp"

namespace millrace::reports {

namespace {

/// The first of these that is there; what it lacks comes from whatever font has it.
constexpr const char* families = "Noto Sans,Open Sans,DejaVu Sans,sans-serif";
constexpr std::size_t longest_paragraph = 2000;  // bytes

double points(int units) { return static_cast<double>(units) / PANGO_SCALE; }
int units(double points) { return static_cast<int>(std::lround(points * PANGO_SCALE)); }

/// The bytes of a letter by the first of them. REQUIRES: UTF-8, as JSON is.
std::size_t letter_size(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// A map of its own for each drawing: what was drawn before leaves nothing behind, and other threads have theirs.
PangoFontMap* open_fonts(const DrawingLibrary& library) {
  PangoFontMap* map = library.pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
  if (map == nullptr) throw job::Failure{"unavailable", "cannot draw a report: Cairo lacks FreeType"};
  PangoFontFamily** families_here = nullptr;
  int count = 0;
  library.pango_font_map_list_families(map, &families_here, &count);
  library.g_free(families_here);
  constexpr int aliases = 4;  // "Sans", "Serif", "Monospace" and "System-ui" are told always
  if (count > aliases) return map;
  // Pango would end the process.
  library.g_object_unref(map);
  throw job::Failure{"unavailable", "cannot draw a report: no font can be read; install the package fonts-dejavu-core"};
}

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x20 || byte == 0x7F;
}

/// Numbers that Unicode gives to no letter ever: U+FDD0 to U+FDEF, and the last two of each plane. Cairo refuses them.
bool is_no_letter(std::string_view letter) {
  if (letter.size() < 3) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(letter[at]); };
  if (letter.size() == 3 && byte(0) == 0xEF && byte(1) == 0xB7) return byte(2) >= 0x90 && byte(2) <= 0xAF;
  const bool last_of_plane = letter.size() == 3 ? byte(0) == 0xEF : (byte(1) & 0x0F) == 0x0F;
  const std::size_t end = letter.size() - 1;
  return last_of_plane && byte(end - 1) == 0xBF && byte(end) >= 0xBE;
}

}  // namespace

namespace {

std::string paragraph_of_bytes(std::string_view text, std::size_t most) {
  constexpr std::string_view line_separators[] = {"\u2028", "\u2029", "\u0085"};
  std::string result;
  result.reserve(std::min(text.size(), most));
  for (std::size_t at = 0; at < text.size(); at += letter_size(text[at])) {
    if (result.size() >= most) return result + "…";
    const std::string_view letter = text.substr(at, letter_size(text[at]));
    const bool separates =
        std::find(std::begin(line_separators), std::end(line_separators), letter) != std::end(line_separators);
    if (separates || letter == "\n" || letter == "\t" || letter == "\r") {
      result += ' ';
    } else if (is_control(letter.front()) || is_no_letter(letter)) {
      result += "\uFFFD";
    } else {
      result += letter;
    }
  }
  return result;
}

}  // namespace

std::string paragraph_of(std::string_view text) { return paragraph_of_bytes(text, text.size() + 1); }

std::string one_paragraph(std::string_view text) { return paragraph_of_bytes(text, longest_paragraph); }

Typesetter::Typesetter(cairo_t* onto, std::string_view language)
    : library_(drawing_library()), onto_(onto), map_(open_fonts(library_)) {
  context_ = library_.pango_font_map_create_context(map_);
  library_.pango_cairo_update_context(onto, context_);
  library_.pango_context_set_round_glyph_positions(context_, 0);
  library_.pango_context_set_language(context_, library_.pango_language_from_string(std::string(language).c_str()));
  layout_ = library_.pango_layout_new(context_);
  library_.pango_layout_set_wrap(layout_, PANGO_WRAP_WORD_CHAR);
  library_.pango_layout_set_ellipsize(layout_, PANGO_ELLIPSIZE_END);
}

Typesetter::~Typesetter() {
  for (auto& [size, font] : plain_fonts_) library_.g_object_unref(font->owner);
  for (auto& [size, description] : descriptions_) library_.pango_font_description_free(description);
  library_.g_object_unref(layout_);
  library_.g_object_unref(context_);
  library_.g_object_unref(map_);
}

PangoFontDescription* Typesetter::description(const Pen& pen) {
  PangoFontDescription*& known = descriptions_[{pen.size, pen.bold}];
  if (known == nullptr) {
    known = library_.pango_font_description_new();
    library_.pango_font_description_set_family(known, families);
    library_.pango_font_description_set_absolute_size(known, pen.size * PANGO_SCALE);
    library_.pango_font_description_set_weight(known, pen.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  }
  return known;
}

Size Typesetter::lay_out(std::string_view text, const Pen& pen, const Fit& fit) {
  const std::string paragraph = one_paragraph(text);
  library_.pango_layout_set_font_description(layout_, description(pen));
  library_.pango_layout_set_text(layout_, paragraph.data(), static_cast<int>(paragraph.size()));
  const bool limited = fit.width != no_limit;
  library_.pango_layout_set_width(layout_, limited ? units(std::max(fit.width, pen.size)) : -1);
  library_.pango_layout_set_height(layout_, -fit.most_lines);
  // For Pango the left side of text that reads from the right is the right one.
  const bool from_right = library_.pango_layout_get_direction(layout_, 0) == PANGO_DIRECTION_RTL;
  const bool to_right = fit.side == Side::right;
  library_.pango_layout_set_alignment(layout_, fit.side == Side::centre ? PANGO_ALIGN_CENTER
                                               : to_right != from_right ? PANGO_ALIGN_RIGHT
                                                                        : PANGO_ALIGN_LEFT);
  int width = 0, height = 0;
  library_.pango_layout_get_size(layout_, &width, &height);
  return {points(width), points(height)};
}

Size Typesetter::measure(std::string_view text, const Pen& pen, const Fit& fit) { return lay_out(text, pen, fit); }

Size Typesetter::write(std::string_view text, const Pen& pen, Point place, const Fit& fit) {
  if (text.empty()) return {};
  const Size size = lay_out(text, pen, fit);
  const bool limited = fit.width != no_limit;
  if (!limited && fit.side == Side::right) place.x -= size.width;
  if (!limited && fit.side == Side::centre) place.x -= size.width / 2;
  library_.cairo_set_source_rgb(onto_, pen.colour.red, pen.colour.green, pen.colour.blue);
  // On the line on which plain letters stand, whatever font has these.
  const double baseline = points(library_.pango_layout_get_baseline(layout_));
  library_.cairo_move_to(onto_, place.x, place.y + plain_font(pen).ascent - baseline);
  library_.pango_cairo_show_layout(onto_, layout_);
  note_losses(text, fit.again);
  return size;
}

std::size_t Typesetter::bytes_in(std::string_view text, const Pen& pen, double width, int lines) {
  std::string_view part = text.substr(0, longest_paragraph);
  while (part.size() < text.size() && (static_cast<unsigned char>(text[part.size()]) & 0xC0) == 0x80)
    part.remove_suffix(1);
  const bool all = part.size() == text.size();
  lay_out(part, pen, {width, Side::left, static_cast<int>(longest_paragraph)});
  // The last line of a part would go on.
  const int whole = library_.pango_layout_get_line_count(layout_) - (all ? 0 : 1);
  if (all && whole <= lines) return text.size();
  const int end = std::max(std::min(whole, lines), 1);
  const PangoLayoutLine* const next = library_.pango_layout_get_line_readonly(layout_, end);
  return next == nullptr ? part.size() : static_cast<std::size_t>(next->start_index);
}

void Typesetter::note_losses(std::string_view text, bool again) {
  constexpr std::size_t most_texts = 3, longest = 40;
  const auto glyphs = static_cast<std::size_t>(library_.pango_layout_get_unknown_glyphs_count(layout_));
  const bool ended = !again && library_.pango_layout_is_ellipsized(layout_) != 0;
  if (glyphs == 0 && !ended) return;
  losses_.glyphs += glyphs;
  std::string shown = one_paragraph(text);
  std::size_t end = 0;
  while (end < shown.size() && end < longest) end += letter_size(shown[end]);
  if (end < shown.size()) shown = shown.substr(0, end) + "…";
  const bool told = std::find(losses_.texts.begin(), losses_.texts.end(), shown) != losses_.texts.end();
  if (glyphs > 0 && !told && losses_.texts.size() < most_texts) losses_.texts.push_back(shown);
  if (ended) losses_.ended.insert(std::move(shown));
}

Typesetter::PlainFont& Typesetter::plain_font(const Pen& pen) {
  std::unique_ptr<PlainFont>& known = plain_fonts_[{pen.size, pen.bold}];
  if (known) return *known;
  known = std::make_unique<PlainFont>();
  known->owner = library_.pango_font_map_load_font(map_, context_, description(pen));
  known->font = library_.pango_cairo_font_get_scaled_font(reinterpret_cast<PangoCairoFont*>(known->owner));
  PangoFontMetrics* metrics = library_.pango_font_get_metrics(known->owner, nullptr);
  known->ascent = points(library_.pango_font_metrics_get_ascent(metrics));
  library_.pango_font_metrics_unref(metrics);
  return *known;
}

const Typesetter::PlainFont::Letter& Typesetter::look_up(PlainFont& font, std::string_view letter) {
  static constexpr PlainFont::Letter none;
  const auto first = static_cast<unsigned char>(letter.front());
  unsigned number = letter.size() == 1 ? first : PlainFont::plain_letters;
  if (letter.size() == 2) number = (first & 0x1Fu) << 6 | (static_cast<unsigned char>(letter[1]) & 0x3Fu);
  if (number < 0x20 || number == 0x7F || number >= PlainFont::plain_letters) return none;
  PlainFont::Letter& known = font.letters[number];
  if (known.looked_up) return known;
  known.looked_up = true;
  cairo_glyph_t* glyphs = nullptr;
  int count = 0;
  library_.cairo_scaled_font_text_to_glyphs(font.font, 0, 0, letter.data(), static_cast<int>(letter.size()), &glyphs,
                                            &count, nullptr, nullptr, nullptr);
  if (count == 1) {
    cairo_text_extents_t extents;
    library_.cairo_scaled_font_glyph_extents(font.font, glyphs, 1, &extents);
    known.glyph = glyphs->index;
    known.advance = extents.x_advance;
  }
  library_.cairo_glyph_free(glyphs);
  return known;
}

std::optional<double> Typesetter::plain_width(std::string_view text, const Pen& pen) {
  PlainFont& font = plain_font(pen);
  double width = 0;
  for (std::size_t at = 0; at < text.size(); at += letter_size(text[at])) {
    const PlainFont::Letter& letter = look_up(font, text.substr(at, letter_size(text[at])));
    if (letter.glyph == 0) return std::nullopt;
    width += letter.advance;
  }
  return width;
}

void Typesetter::gather(std::string_view text, const Pen& pen, Point place) {
  PlainFont& font = plain_font(pen);
  Gathered& all = gathered_;
  if (all.font != &font || !(all.colour == pen.colour)) write_gathered();
  all.font = &font;
  all.colour = pen.colour;
  for (std::size_t at = 0; at < text.size(); at += letter_size(text[at])) {
    const std::size_t size = letter_size(text[at]);
    const PlainFont::Letter& letter = look_up(font, text.substr(at, size));
    all.glyphs.push_back({letter.glyph, place.x, place.y + font.ascent});
    all.clusters.push_back({static_cast<int>(size), 1});
    place.x += letter.advance;
  }
  all.text += text;
}

void Typesetter::write_gathered() {
  Gathered& all = gathered_;
  if (all.glyphs.empty()) return;
  library_.cairo_set_source_rgb(onto_, all.colour.red, all.colour.green, all.colour.blue);
  library_.cairo_set_scaled_font(onto_, all.font->font);
  library_.cairo_show_text_glyphs(onto_, all.text.data(), static_cast<int>(all.text.size()), all.glyphs.data(),
                                  static_cast<int>(all.glyphs.size()), all.clusters.data(),
                                  static_cast<int>(all.clusters.size()), cairo_text_cluster_flags_t{});
  all.text.clear();
  all.glyphs.clear();
  all.clusters.clear();
}

}  // namespace millrace::reports
