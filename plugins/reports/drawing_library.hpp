#pragma once

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <pango/pangocairo.h>

#include <string>

namespace millrace::reports {

/// The functions of Cairo and Pango that draw, each with the type that its own header gives it.
///
/// The library is not linked with them: some twenty others come along, and most reports are tables of text
/// (docs/decisions/0046). They are loaded when the first drawing needs them.
class DrawingLibrary {
 public:
  /// Finds what is named below. REQUIRES: `library` is what dlopen gave for Pango's half of Cairo, which brings along
  /// all the others.
  explicit DrawingLibrary(void* library) noexcept : library_(library) {}
  DrawingLibrary(const DrawingLibrary&) = delete;
  DrawingLibrary& operator=(const DrawingLibrary&) = delete;

  const char* missing() const noexcept { return missing_; }  ///< a function that they lack; null: none

 private:
  /// What stands at an address has the type of whoever takes it.
  struct Symbol {
    void* address;
    template <class Function>
    operator Function*() const noexcept {
      return reinterpret_cast<Function*>(address);
    }
  };
  Symbol find(const char* name) noexcept;

  void* library_;  // before the functions: they are found in it
  const char* missing_ = nullptr;

 public:
  const decltype(&::cairo_pdf_surface_create_for_stream) cairo_pdf_surface_create_for_stream =
      find("cairo_pdf_surface_create_for_stream");
  const decltype(&::cairo_pdf_surface_set_size) cairo_pdf_surface_set_size = find("cairo_pdf_surface_set_size");
  const decltype(&::cairo_pdf_surface_set_metadata) cairo_pdf_surface_set_metadata =
      find("cairo_pdf_surface_set_metadata");
  const decltype(&::cairo_pdf_surface_add_outline) cairo_pdf_surface_add_outline =
      find("cairo_pdf_surface_add_outline");
  const decltype(&::cairo_svg_surface_create_for_stream) cairo_svg_surface_create_for_stream =
      find("cairo_svg_surface_create_for_stream");
  const decltype(&::cairo_image_surface_create_from_png_stream) cairo_image_surface_create_from_png_stream =
      find("cairo_image_surface_create_from_png_stream");
  const decltype(&::cairo_image_surface_get_width) cairo_image_surface_get_width =
      find("cairo_image_surface_get_width");
  const decltype(&::cairo_image_surface_get_height) cairo_image_surface_get_height =
      find("cairo_image_surface_get_height");
  const decltype(&::cairo_surface_status) cairo_surface_status = find("cairo_surface_status");
  const decltype(&::cairo_surface_finish) cairo_surface_finish = find("cairo_surface_finish");
  const decltype(&::cairo_surface_destroy) cairo_surface_destroy = find("cairo_surface_destroy");
  const decltype(&::cairo_create) cairo_create = find("cairo_create");
  const decltype(&::cairo_destroy) cairo_destroy = find("cairo_destroy");
  const decltype(&::cairo_status) cairo_status = find("cairo_status");
  const decltype(&::cairo_status_to_string) cairo_status_to_string = find("cairo_status_to_string");
  const decltype(&::cairo_save) cairo_save = find("cairo_save");
  const decltype(&::cairo_restore) cairo_restore = find("cairo_restore");
  const decltype(&::cairo_translate) cairo_translate = find("cairo_translate");
  const decltype(&::cairo_scale) cairo_scale = find("cairo_scale");
  const decltype(&::cairo_show_page) cairo_show_page = find("cairo_show_page");
  const decltype(&::cairo_tag_begin) cairo_tag_begin = find("cairo_tag_begin");
  const decltype(&::cairo_tag_end) cairo_tag_end = find("cairo_tag_end");
  const decltype(&::cairo_new_path) cairo_new_path = find("cairo_new_path");
  const decltype(&::cairo_move_to) cairo_move_to = find("cairo_move_to");
  const decltype(&::cairo_line_to) cairo_line_to = find("cairo_line_to");
  const decltype(&::cairo_arc) cairo_arc = find("cairo_arc");
  const decltype(&::cairo_close_path) cairo_close_path = find("cairo_close_path");
  const decltype(&::cairo_rectangle) cairo_rectangle = find("cairo_rectangle");
  const decltype(&::cairo_fill) cairo_fill = find("cairo_fill");
  const decltype(&::cairo_stroke) cairo_stroke = find("cairo_stroke");
  const decltype(&::cairo_set_line_width) cairo_set_line_width = find("cairo_set_line_width");
  const decltype(&::cairo_set_line_join) cairo_set_line_join = find("cairo_set_line_join");
  const decltype(&::cairo_set_line_cap) cairo_set_line_cap = find("cairo_set_line_cap");
  const decltype(&::cairo_set_source_rgb) cairo_set_source_rgb = find("cairo_set_source_rgb");
  const decltype(&::cairo_set_source_surface) cairo_set_source_surface = find("cairo_set_source_surface");
  const decltype(&::cairo_paint) cairo_paint = find("cairo_paint");
  const decltype(&::cairo_set_scaled_font) cairo_set_scaled_font = find("cairo_set_scaled_font");
  const decltype(&::cairo_scaled_font_text_to_glyphs) cairo_scaled_font_text_to_glyphs =
      find("cairo_scaled_font_text_to_glyphs");
  const decltype(&::cairo_scaled_font_glyph_extents) cairo_scaled_font_glyph_extents =
      find("cairo_scaled_font_glyph_extents");
  const decltype(&::cairo_glyph_free) cairo_glyph_free = find("cairo_glyph_free");
  const decltype(&::cairo_show_text_glyphs) cairo_show_text_glyphs = find("cairo_show_text_glyphs");
  const decltype(&::pango_cairo_font_map_new_for_font_type) pango_cairo_font_map_new_for_font_type =
      find("pango_cairo_font_map_new_for_font_type");
  const decltype(&::pango_cairo_font_get_scaled_font) pango_cairo_font_get_scaled_font =
      find("pango_cairo_font_get_scaled_font");
  const decltype(&::pango_cairo_show_layout) pango_cairo_show_layout = find("pango_cairo_show_layout");
  const decltype(&::pango_font_map_create_context) pango_font_map_create_context =
      find("pango_font_map_create_context");
  const decltype(&::pango_font_map_load_font) pango_font_map_load_font = find("pango_font_map_load_font");
  const decltype(&::pango_font_map_list_families) pango_font_map_list_families = find("pango_font_map_list_families");
  const decltype(&::pango_cairo_update_context) pango_cairo_update_context = find("pango_cairo_update_context");
  const decltype(&::pango_context_set_round_glyph_positions) pango_context_set_round_glyph_positions =
      find("pango_context_set_round_glyph_positions");
  const decltype(&::pango_context_set_language) pango_context_set_language = find("pango_context_set_language");
  const decltype(&::pango_language_from_string) pango_language_from_string = find("pango_language_from_string");
  const decltype(&::pango_font_description_new) pango_font_description_new = find("pango_font_description_new");
  const decltype(&::pango_font_description_free) pango_font_description_free = find("pango_font_description_free");
  const decltype(&::pango_font_description_set_family) pango_font_description_set_family =
      find("pango_font_description_set_family");
  const decltype(&::pango_font_description_set_absolute_size) pango_font_description_set_absolute_size =
      find("pango_font_description_set_absolute_size");
  const decltype(&::pango_font_description_set_weight) pango_font_description_set_weight =
      find("pango_font_description_set_weight");
  const decltype(&::pango_font_get_metrics) pango_font_get_metrics = find("pango_font_get_metrics");
  const decltype(&::pango_font_metrics_get_ascent) pango_font_metrics_get_ascent =
      find("pango_font_metrics_get_ascent");
  const decltype(&::pango_font_metrics_unref) pango_font_metrics_unref = find("pango_font_metrics_unref");
  const decltype(&::pango_layout_new) pango_layout_new = find("pango_layout_new");
  const decltype(&::pango_layout_set_text) pango_layout_set_text = find("pango_layout_set_text");
  const decltype(&::pango_layout_set_font_description) pango_layout_set_font_description =
      find("pango_layout_set_font_description");
  const decltype(&::pango_layout_set_width) pango_layout_set_width = find("pango_layout_set_width");
  const decltype(&::pango_layout_set_height) pango_layout_set_height = find("pango_layout_set_height");
  const decltype(&::pango_layout_set_wrap) pango_layout_set_wrap = find("pango_layout_set_wrap");
  const decltype(&::pango_layout_set_ellipsize) pango_layout_set_ellipsize = find("pango_layout_set_ellipsize");
  const decltype(&::pango_layout_set_alignment) pango_layout_set_alignment = find("pango_layout_set_alignment");
  const decltype(&::pango_layout_set_spacing) pango_layout_set_spacing = find("pango_layout_set_spacing");
  const decltype(&::pango_layout_get_size) pango_layout_get_size = find("pango_layout_get_size");
  const decltype(&::pango_layout_get_baseline) pango_layout_get_baseline = find("pango_layout_get_baseline");
  const decltype(&::pango_layout_get_unknown_glyphs_count) pango_layout_get_unknown_glyphs_count =
      find("pango_layout_get_unknown_glyphs_count");
  const decltype(&::pango_layout_get_direction) pango_layout_get_direction = find("pango_layout_get_direction");
  const decltype(&::pango_layout_is_ellipsized) pango_layout_is_ellipsized = find("pango_layout_is_ellipsized");
  const decltype(&::pango_layout_get_line_count) pango_layout_get_line_count = find("pango_layout_get_line_count");
  const decltype(&::pango_layout_get_line_readonly) pango_layout_get_line_readonly =
      find("pango_layout_get_line_readonly");
  const decltype(&::g_object_unref) g_object_unref = find("g_object_unref");
  const decltype(&::g_free) g_free = find("g_free");
};

/// Loaded once in the process, which takes milliseconds, and never unloaded. Throws job::Failure, which names the
/// package that is missing. May be called from any thread.
const DrawingLibrary& drawing_library();

}  // namespace millrace::reports
